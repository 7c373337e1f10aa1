"""A published version made of a list of events, with the marts that the engine relies on.

The tables have the columns that the dbt project promises; the real pipeline replaces this fixture in the end-to-end tests.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from dashboards import ledger
from dashboards.answer import Answer
from dashboards.ask import ask
from dashboards.published import Published, open_version

# Four people, UTC. u2's first session spans midnight, u3 comes back after exactly seven days, u4 buys before viewing.
HISTORY = [
    ("u1", "signup", "2024-03-04T10:00:00"),
    ("u1", "view", "2024-03-04T10:05:00"),
    ("u1", "buy", "2024-03-04T10:20:00"),
    ("u1", "view", "2024-03-05T09:00:00"),
    ("u2", "signup", "2024-03-04T23:50:00"),
    ("u2", "view", "2024-03-05T00:10:00"),
    ("u2", "buy", "2024-03-06T12:00:00"),
    ("u3", "signup", "2024-03-05T08:00:00"),
    ("u3", "view", "2024-03-12T08:00:00"),
    ("u4", "signup", "2024-03-06T08:00:00"),
    ("u4", "buy", "2024-03-06T08:00:30"),
    ("u4", "view", "2024-03-06T08:01:00"),
]
RANGE = {"from": "2024-03-04", "to": "2024-03-13"}
AS_OF = "2024-03-13"

RESTATED = {
    "metric": "active_people",
    "subject": "",
    "unit": "people",
    "period": "day",
    "period_start": "2024-03-05",
    "old": 2,
    "new": 3,
    "cause": "late_events",
    "detail": "arrived later: late.ndjson (events · default)",
    "version": "v1",
    "previous_version": "v0",
    "at": "2024-03-13T06:00:00",
    "measured_from": "fct_events",
}

SCHEMA = """
create schema marts; create schema kpis;
create table marts.fct_events (
    event_id varchar, source varchar, project varchar, event_name varchar, source_event_name varchar, feature varchar,
    area varchar, plan_status varchar, is_active_event boolean, is_value_event boolean, is_internal boolean,
    left_out_because varchar, account_key ubigint,
    actor_id varchar, source_actor_id varchar, person_key ubigint, session_id ubigint, occurred_at timestamp,
    received_at timestamp, local_at timestamp, local_date date, properties varchar, person_properties varchar,
    platform varchar, country varchar, violations varchar, load_id bigint, kept_1 varchar, kept_2 varchar);
create table marts.dim_kept_properties (property varchar, json_pointer varchar, place integer, kept_as varchar);
create table marts.dim_settings (
    company varchar, timezone varchar, week_start integer, session_timeout_minutes integer, minimum_group_size integer,
    identity_scope varchar, unplanned_counts_as_active boolean, pm_titles varchar, vendor_sessions varchar);
create table marts.dim_data_through (data_through_at timestamp, built_from_loads bigint);
create table marts.dim_persons (person_key ubigint, first_seen_at timestamp, last_seen_at timestamp, is_internal boolean, person_properties varchar);
create table marts.dim_accounts (
    account_key ubigint, account_id varchar, group_type varchar, plan varchar, segment varchar, currency varchar,
    revenue double, mrr double);
create table marts.dim_events (
    event_name varchar, status varchar, owner varchar, description varchar, question varchar, area varchar, feature varchar,
    counts_as_active boolean, value_event boolean, version integer, review_by date, replacement varchar, seen_as varchar,
    trigger varchar, planned_for date, live_from date, deprecated_from date, removed_from date, platforms varchar);
create table marts.fct_event_days (
    event_name varchar, source varchar, project varchar, local_date date, events bigint, violating_events bigint,
    first_at timestamp, last_at timestamp);
create table marts.fct_person_days (
    person_key ubigint, local_date date, events bigint, first_at timestamp, last_at timestamp,
    first_date date, previous_date date);
create table marts.fct_person_day_firsts (
    person_key ubigint, local_date date, previous_date date, first_at timestamp, platform varchar, country varchar,
    feature varchar, area varchar, source varchar, project varchar, kept_1 varchar, kept_2 varchar);
create table marts.fct_person_event_days (
    person_key ubigint, event_name varchar, local_date date, events bigint, previous_date date);
create table marts.fct_person_periods (unit varchar, local_date date, first_date date, previous_date date, people bigint);
create table marts.fct_event_slices (
    event_name varchar, source_event_name varchar, source varchar, project varchar, platform varchar,
    event_version varchar, local_date date, events bigint, violating_events bigint, flagged_events bigint,
    first_at timestamp, last_at timestamp);
create table marts.fct_left_out (
    left_out_because varchar, rule varchar, person_key ubigint, event_name varchar, source varchar, project varchar,
    local_date date, events bigint);
create table marts.fct_event_violations (
    event_name varchar, property varchar, rule varchar, source varchar, project varchar, event_version varchar,
    platform varchar, mode varchar, detail varchar, events bigint, first_seen_at timestamp, last_seen_at timestamp,
    example_event_id varchar, example_event_ids varchar);
create table marts.fct_event_violation_days (
    event_name varchar, property varchar, rule varchar, mode varchar, source varchar, project varchar,
    event_version varchar, platform varchar, local_date date, events bigint);
create table marts.dim_event_properties (
    event_name varchar, property varchar, is_declared boolean, type varchar, is_required boolean, is_nullable boolean,
    allowed varchar, pattern varchar, minimum double, maximum double, unit varchar, sources varchar, is_shared boolean,
    pii_class varchar, description varchar, violations bigint);
create table marts.dim_releases (source varchar, project varchar, release varchar, feature varchar, released_on date);
create table marts.fct_question_subjects (
    project varchar, ask_id varchar, kind varchar, name varchar, person_id varchar, role varchar, question varchar,
    is_interactive boolean, asked_at timestamp);
create table marts.dim_features (feature varchar, name varchar, area varchar, owner varchar, description varchar);
create table marts.fct_sessions (
    session_id ubigint, person_key ubigint, source varchar, project varchar, started_at timestamp, ended_at timestamp,
    events bigint, local_date date, is_internal boolean, rule varchar, counted_events bigint,
    counted_from_at timestamp, counted_to_at timestamp, counted_from_local_at timestamp);
create table marts.fct_session_paths (
    session_id ubigint, person_key ubigint, source varchar, project varchar, counted_from_at timestamp,
    counted_to_at timestamp, event_1 varchar, event_2 varchar, event_3 varchar, events varchar[],
    previous_at timestamp, previous_1_at timestamp, previous_2_at timestamp, previous_3_at timestamp);
create table marts.fct_survey_responses (
    response_id varchar, source varchar, project varchar, survey_type varchar, wave varchar, respondent_id varchar,
    score bigint, is_nps boolean, responded_at timestamp, local_date date, properties varchar, comment_redacted varchar);
create table marts.fct_survey_people (
    source varchar, project varchar, respondent_id varchar, last_sent_at timestamp, last_responded_at timestamp,
    last_bounced_at timestamp, unsubscribed_at timestamp);
create table marts.fct_tickets (
    ticket_id varchar, source varchar, project varchar, status varchar, priority varchar, channel varchar,
    requester_id varchar, organization_id varchar, tags varchar, subject_redacted varchar, area varchar, owner varchar,
    routing_rule varchar, is_solved boolean, tells_replies boolean, created_at timestamp, updated_at timestamp,
    first_reply_minutes double, solved_at timestamp, resolution_minutes double, reopens bigint, satisfaction varchar);
create table marts.dim_experiments (
    experiment_id varchar, project varchar, name varchar, area varchar, owner varchar, status varchar, type varchar,
    hypothesis varchar, control varchar, variants varchar, primary_metric varchar, secondary_metrics varchar,
    guardrails varchar, randomization_unit varchar, start_date date, end_date date, hypothesis_written_at timestamp,
    planned_sample_size bigint, planned_duration_days bigint, decision varchar, learning varchar,
    prior_experiments varchar, duplicate_of varchar, source varchar, decided_on date);
create table marts.fct_feature_releases (
    item_id varchar, source varchar, project varchar, item_key varchar, title_redacted varchar,
    owner_person_id varchar, area varchar, release_id varchar, release varchar, released_on date,
    released_at timestamp, created_at timestamp);
create table marts.fct_releases (
    release_id varchar, source varchar, project varchar, project_key varchar, release varchar, release_key varchar,
    feature varchar, planned_by varchar, checklist_items bigint, checklist_items_done bigint,
    is_checklist_complete boolean, planned_on date, released_on date, released_at timestamp);
create table marts.dim_roadmap_items (
    roadmap_item_id varchar, item_id varchar, source varchar, project varchar, title_redacted varchar,
    area varchar, owner varchar, status varchar, stage varchar, timeframe varchar, start_on date, end_on date,
    release varchar, reach double, is_reach_stated boolean, is_reach_counted boolean, reach_kind varchar,
    reach_name varchar, impact double, confidence double, effort_months double, rice_per_person double,
    rice double, rice_problem varchar, feedback_links bigint, experiment_links bigint,
    known_experiment_links bigint, metric_links bigint, created_at timestamp, updated_at timestamp);
create table marts.fct_experiment_links (
    experiment_id varchar, project varchar, prior_id varchar, prior_experiment_id varchar, prior_project varchar,
    kind varchar, grade varchar, verdict varchar, written_on date, prior_ended_on date);
create table marts.fct_exposures (experiment_id varchar, project varchar, unit_id varchar, variant varchar, exposed_at timestamp);
create table marts.fct_outcomes (
    experiment_id varchar, project varchar, unit_id varchar, metric varchar, value double, occurred_at timestamp);
create table marts.fct_loads (
    load_id bigint, source varchar, project varchar, table_name varchar, file_name varchar, content_hash varchar,
    state varchar, records_seen bigint, loaded bigint, duplicate bigint, superseded bigint, quarantined bigint,
    filtered bigint, first_event_at timestamp, last_event_at timestamp, first_upload_at timestamp,
    last_upload_at timestamp, committed_at timestamp);
create table marts.fct_question_asks (ask_id varchar, person_id varchar, question varchar, asked_at timestamp);
create table marts.dim_kpi_targets (kpi varchar, variant varchar, per varchar, at_least double, at_most double);
create table marts.fct_record_times (source varchar, project varchar, last_event_at timestamp);
create table marts.dim_people (person_id varchar, role varchar, area varchar);
create table marts.dim_tools (
    tool varchar, name varchar, kind varchar, category varchar, is_core boolean, rollout_on date,
    usage_sources bigint);
create table marts.fct_time_entries (
    evidence varchar, person_id varchar, title_redacted varchar, work_project varchar, category varchar,
    seconds bigint, start_at timestamp);
create table marts.fct_question_episodes (
    question varchar, role varchar, person_id varchar, has_ticket boolean, asked_at timestamp,
    answered_at timestamp);
create table marts.fct_function_spans (
    came_from varchar, function_name varchar, is_handoff boolean, days_waited double, entered_at timestamp);
create table marts.fct_tool_use_days (tool varchar, person_id varchar, local_date date);
create table marts.fct_work_items (item_id varchar, project varchar, project_key varchar, item_key varchar, has_history boolean);
create table marts.fct_rollout_people (tool varchar, person_id varchar, area varchar, rollout_on date, end_on date);
"""

TYPES = {
    (table, column.split()[0]): column.split()[1]
    for table, body in re.findall(r"create table marts\.(\w+) \(([^;]+)\);", SCHEMA)
    for column in (part.strip() for part in body.split(","))
}

SAID = ("platform", "country", "feature", "area", "source", "project")
DAY_FIRSTS = f"""
insert into marts.fct_person_day_firsts by name
select
    days.person_key, days.local_date, days.previous_date, days.first_at,
    {", ".join(f"min_by(struct_pack(x := coalesce(properties ->> '/{name}', {name})), event_id).x as {name}" for name in SAID)},
    {", ".join(f"min_by(struct_pack(x := {name}), event_id).x as {name}" for name in ("kept_1", "kept_2"))}
from marts.fct_person_days as days
inner join marts.fct_events as events on days.person_key = events.person_key and days.first_at = events.occurred_at
where left_out_because is null and is_active_event
group by days.person_key, days.local_date, days.previous_date, days.first_at
"""

EVENT_DAYS = """
insert into marts.fct_person_event_days
select
    person_key, event_name, local_date, count(*),
    lag(local_date) over (partition by person_key, event_name order by local_date)
from marts.fct_events
where left_out_because is null
group by person_key, event_name, local_date
"""

# The weeks and months of active days, each told by its first day; weeks begin `$later` days after Monday.
DAY_NAMES = ("local_date", "first_date", "previous_date")
PERIODS = f"""
insert into marts.fct_person_periods
with periods as (
    select 'month' as unit, {", ".join(f"date_trunc('month', {day})::date as {day}" for day in DAY_NAMES)} from marts.fct_person_days
    union all
    select 'week', {", ".join(f"date_trunc('week', {day} - $later::integer)::date + $later::integer" for day in DAY_NAMES)} from marts.fct_person_days
)
select *, count(*) from periods where previous_date is null or previous_date < local_date group by all
"""


@dataclass
class World:
    """What a test puts into a version. An event is (user, name, instant in UTC[, properties[, more columns]])."""

    events: list[tuple[Any, ...]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    definitions: dict[str, Any] = field(default_factory=dict)
    data_through: str | None = None
    ledger: list[dict[str, Any]] = field(default_factory=list)
    inactive: frozenset[str] = frozenset()
    kept: tuple[str, ...] = ()  # properties with a column of their own


def moment(text: str) -> datetime:
    """An instant of a test, UTC when it carries no offset, as naive UTC."""
    value = datetime.fromisoformat(text)
    return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)


def publish(folder: Path, world: World, version: str = "v1") -> Path:
    """Write `published/<version>` and CURRENT; gives the published folder."""
    target = folder / "published" / version
    target.mkdir(parents=True)
    zone = ZoneInfo(world.settings.get("timezone", "UTC"))
    settings = {
        "company": "test",
        "timezone": "UTC",
        "week_start": 1,
        "session_timeout_minutes": 30,
        "minimum_group_size": 1,
        **world.settings,
    }
    tables = {name: list(rows) for name, rows in world.tables.items()}
    tables["dim_settings"] = [settings]
    events = [_event(n, event, zone, world) for n, event in enumerate(world.events)]
    tables["fct_sessions"] = _sessions(events, settings)
    tables["fct_session_paths"] = _session_paths(events, tables["fct_sessions"])
    tables["fct_events"] = events
    last = max((e["occurred_at"] for e in events), default=None)
    tables["dim_data_through"] = [
        {
            "data_through_at": moment(world.data_through) if world.data_through else last,
            "built_from_loads": 1,
        }
    ]
    _derive(tables, events)
    tables["dim_kept_properties"] = [
        {"property": name, "json_pointer": f"/{name}", "place": n, "kept_as": f"kept_{n}"}
        for n, name in enumerate(world.kept, 1)
    ]
    _write(target / "warehouse.duckdb", tables)
    definitions = {
        "version": version,
        "tests": {"passed": 3, "failed": 0, "warned": []},
        "gates": [],
        "models": {},
        "event_lineage": {"fct_events": {"layer": "marts", "parents": [], "takes": {}}},
        "sources": [],
        "held": None,
    }
    (target / "definitions.json").write_text(json.dumps({**definitions, **world.definitions}))
    write_ledger(target, world.ledger)
    (folder / "published" / "CURRENT").write_text(version)
    return folder / "published"


def write_ledger(folder: Path, rows: list[dict[str, Any]]) -> None:
    """The ledger beside the marts; a version without restatements has none here, like one from before the ledger."""
    if not rows:
        return
    with duckdb.connect() as con:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in ledger.COLUMNS.items())
        con.execute(f"create table told ({columns})")
        for row in rows:
            marks = ", ".join("?" * len(row))
            names = ", ".join(f'"{name}"' for name in row)
            con.execute(f"insert into told ({names}) values ({marks})", list(row.values()))
        con.execute(f"copy told to '{folder / ledger.FILE}' (format parquet)")


@functools.cache
def _empty() -> bytes:
    """An empty database with every mart, made once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.duckdb"
        with duckdb.connect(str(path)) as con:
            con.execute(SCHEMA)
        return path.read_bytes()


def _write(path: Path, tables: dict[str, list[dict[str, Any]]]) -> None:
    path.write_bytes(_empty())
    with duckdb.connect(str(path)) as con:
        con.execute("begin")
        for name, rows in tables.items():
            shapes: dict[tuple[str, ...], list[list[Any]]] = {}
            for row in rows:
                shapes.setdefault(tuple(row), []).append(list(row.values()))
            for columns, values in shapes.items():
                marks = ", ".join(f"unnest(?::{TYPES[name, column]}[])" for column in columns)
                lists = [list(column) for column in zip(*values, strict=True)]
                con.execute(
                    f"insert into marts.{name} ({', '.join(columns)}) select {marks}", lists
                )
        for row in tables["dim_kept_properties"]:
            con.execute(
                f"update marts.fct_events set {row['kept_as']} = json_extract_string(properties, ?)",
                [row["json_pointer"]],
            )
        con.execute(DAY_FIRSTS)
        con.execute(EVENT_DAYS)
        con.execute(PERIODS, {"later": tables["dim_settings"][0]["week_start"] - 1})
        con.execute("commit")
        con.execute("checkpoint")


def _event(n: int, event: tuple[Any, ...], zone: ZoneInfo, world: World) -> dict[str, Any]:
    user, name, text, *rest = event
    at = moment(text)
    local = at.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    row = {
        "event_id": f"e{n:06d}",
        "source": "events",
        "project": "default",
        "event_name": name,
        "source_event_name": name,
        "plan_status": "unplanned",
        "is_active_event": name not in world.inactive,
        "is_value_event": False,
        "is_internal": False,
        "actor_id": f"events|default|u:{user}",
        "source_actor_id": user,
        "person_key": sum(byte * 256**place for place, byte in enumerate(str(user).encode()[:7])),
        "session_id": n,
        "occurred_at": at,
        "received_at": at,
        "local_at": local,
        "local_date": local.date(),
        "properties": json.dumps(rest[0] if rest else {}),
        "person_properties": None,
        "violations": "",
        "load_id": 1,
    }
    row |= rest[1] if len(rest) > 1 else {}
    return {"left_out_because": "internal" if row["is_internal"] else None, **row}


def _sessions(events: list[dict[str, Any]], settings: dict[str, Any]) -> list[dict[str, Any]]:
    """A5: a gap of more than the timeout begins a session; a gap of exactly the timeout does not; system events have none.

    In a project of `vendor_sessions` the property `session_id` makes the session of an event that has one.
    """
    vendor = {
        (one["source"], one["project"])
        for one in json.loads(settings.get("vendor_sessions") or "[]")
    }
    timeout = settings["session_timeout_minutes"] * 60
    last: dict[tuple[Any, ...], datetime] = {}
    current: dict[tuple[Any, ...], int] = {}
    told: dict[tuple[Any, ...], int] = {}
    found: dict[int, dict[str, Any]] = {}
    for n, event in enumerate(sorted(events, key=lambda e: e["occurred_at"]), 1):
        whose = (event["person_key"], event["source"], event["project"])
        at = event["occurred_at"]
        if event["plan_status"] == "system":
            event["session_id"] = None
            continue
        own = None
        if (event["source"], event["project"]) in vendor:
            own = json.loads(event["properties"]).get("session_id")
        if own is not None:
            event["session_id"] = told.setdefault((*whose, own), n)
        else:
            if whose not in last or (at - last[whose]).total_seconds() > timeout:
                current[whose] = n
            last[whose] = at
            event["session_id"] = current[whose]
        session = found.setdefault(
            event["session_id"],
            {
                key: event[key]
                for key in (
                    "session_id",
                    "person_key",
                    "source",
                    "project",
                    "local_date",
                    "is_internal",
                )
            }
            | {"started_at": at, "events": 0, "rule": "gap" if own is None else "vendor"}
            | {"counted_events": 0, "counted_from_at": None, "counted_to_at": None}
            | {"counted_from_local_at": None},
        )
        session |= {"ended_at": at, "events": session["events"] + 1}
        if event["left_out_because"] is None:
            if not session["counted_events"]:
                session |= {"counted_from_at": at, "counted_from_local_at": event["local_at"]}
            session |= {"counted_to_at": at, "counted_events": session["counted_events"] + 1}
    return list(found.values())


def _derive(tables: dict[str, list[dict[str, Any]]], events: list[dict[str, Any]]) -> None:
    """The small marts that follow from the events, where a test does not give them."""
    if "dim_persons" not in tables:
        people: dict[int, dict[str, Any]] = {}
        for e in events:
            person = people.setdefault(
                e["person_key"],
                {
                    "person_key": e["person_key"],
                    "is_internal": e["is_internal"],
                    "first_seen_at": e["occurred_at"],
                },
            )
            person["last_seen_at"] = e["occurred_at"]
        tables["dim_persons"] = list(people.values())
    tables.setdefault(
        "fct_left_out",
        [
            {
                "left_out_because": e["left_out_because"],
                "rule": "user_id" if e["is_internal"] else e["left_out_because"],
                **{key: e[key] for key in ("person_key", "event_name", "source", "project")},
                "local_date": e["local_date"],
                "events": 1,
            }
            for e in events
            if e["left_out_because"]
        ],
    )
    tables.setdefault("fct_person_days", _person_days(events))
    if "fct_event_days" not in tables:
        tables["fct_event_days"] = [
            {name: value for name, value in day.items() if name != "rules"}
            for day in _counted(events, ("event_name", "source", "project", "local_date"))
        ]
    if "fct_event_slices" not in tables:
        slices = _counted(
            events,
            ("event_name", "source_event_name", "source", "project", "platform", "local_date"),
        )
        tables["fct_event_slices"] = [
            {name: value for name, value in day.items() if name != "rules"}
            | {"flagged_events": sum(not rules.endswith(":observe") for rules in day["rules"])}
            for day in slices
        ]
    if "fct_event_violation_days" not in tables:
        _violations(tables, events)


def _person_days(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The active days of each person."""
    active: dict[tuple[int, Any], list[datetime]] = {}
    for e in events:
        if e["is_active_event"] and e["left_out_because"] is None:
            active.setdefault((e["person_key"], e["local_date"]), []).append(e["occurred_at"])
    days: dict[int, list[Any]] = {}
    for person, day in sorted(active):
        days.setdefault(person, []).append(day)
    return [
        {
            "person_key": person,
            "local_date": day,
            "events": len(active[person, day]),
            "first_at": min(active[person, day]),
            "last_at": max(active[person, day]),
            "first_date": own[0],
            "previous_date": before,
        }
        for person, own in days.items()
        for before, day in zip([None, *own], own, strict=False)
    ]


def _session_paths(
    events: list[dict[str, Any]], sessions: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """How each session begins, and the last one of the person that began the same."""
    inside: dict[int, list[dict[str, Any]]] = {}
    for event in sorted(events, key=lambda e: (e["occurred_at"], e["event_id"])):
        if event["session_id"] is not None and not event["left_out_because"]:
            inside.setdefault(event["session_id"], []).append(event)
    paths = []
    before: dict[tuple[Any, ...], datetime] = {}
    begun = [session for session in sessions if session["counted_events"]]
    for session in sorted(begun, key=lambda s: (s["counted_from_at"], s["session_id"])):
        names = (event["event_name"] for event in inside[session["session_id"]])
        runs = [name for name, _ in itertools.groupby(names)]
        steps = [*runs, None, None, None][:3]
        path = {key: session[key] for key in ("session_id", "person_key", "source", "project", "counted_from_at", "counted_to_at")}  # fmt: skip
        path["events"] = runs
        for n, column in enumerate(("previous_at", "previous_1_at", "previous_2_at", "previous_3_at")):  # fmt: skip
            same = (session["person_key"], *steps[:n])
            path[column] = before.get(same)
            before[same] = session["counted_from_at"]
        paths.append(path | {f"event_{n}": name for n, name in enumerate(steps, 1)})
    return paths


def _counted(events: list[dict[str, Any]], grain: tuple[str, ...]) -> list[dict[str, Any]]:
    days: dict[tuple[Any, ...], dict[str, Any]] = {}
    for e in events:
        key = tuple(e.get(name) for name in grain)
        day = days.setdefault(
            key, dict(zip(grain, key, strict=True)) | {"events": 0, "violating_events": 0, "rules": []}
        )  # fmt: skip
        day["rules"] += [e["violations"]] if e["violations"] else []
        day["events"] += 1
        day["violating_events"] += bool(e["violations"])
        day["first_at"] = min(day.get("first_at", e["occurred_at"]), e["occurred_at"])
        day["last_at"] = max(day.get("last_at", e["occurred_at"]), e["occurred_at"])
    return list(days.values())


def _violations(tables: dict[str, list[dict[str, Any]]], events: list[dict[str, Any]]) -> None:
    """The rules of each event by day and over all; `rule:property` says which property, `rule:property:mode` how it is taken."""
    places = ("event_name", "source", "project", "event_version", "platform")
    days: dict[tuple[Any, ...], dict[str, Any]] = {}
    whole: dict[tuple[Any, ...], dict[str, Any]] = {}
    for e in events:
        for broken in e["violations"].split(",") if e["violations"] else ():
            rule, prop, mode = (*broken.split(":"), "", "")[:3]
            row = {name: e.get(name) for name in places}
            row |= {"rule": rule, "property": prop or None, "mode": mode or "warn"}
            key = tuple(row.values())
            day = days.setdefault(
                (*key, e["local_date"]), row | {"local_date": e["local_date"], "events": 0}
            )
            day["events"] += 1
            of = whole.setdefault(key, row | {"events": 0, "first_seen_at": e["occurred_at"]})
            of["events"] += 1
            of["first_seen_at"] = min(of["first_seen_at"], e["occurred_at"])
            of["last_seen_at"] = max(of.get("last_seen_at", e["occurred_at"]), e["occurred_at"])
            of["example_event_ids"] = json.dumps(
                [*json.loads(of.get("example_event_ids", "[]")), e["event_id"]][:5]
            )
    tables["fct_event_violation_days"] = list(days.values())
    tables.setdefault("fct_event_violations", list(whole.values()))


@dataclass(frozen=True)
class Asker:
    """Ask a question of one open version."""

    published: Published

    def __call__(self, question: str, as_of: str | None = None, **params: Any) -> Answer:
        if "from_" in params:
            params["from"] = params.pop("from_")
        return ask(self.published, question, params, as_of)


def _opener(root: Path):
    made = iter(range(1000))

    @contextmanager
    def opened(
        events: list[tuple[Any, ...]] | None = None, version: str = "v1", **more: Any
    ) -> Iterator[Asker]:
        world = World(events=list(events or []), **more)
        folder = publish(root / f"world{next(made)}", world, version)
        with open_version(folder) as published:
            yield Asker(published)

    return opened


@pytest.fixture
def world(tmp_path: Path):
    """Open a version made of these events: `with world(events) as asks: asks("retention", ...)`."""
    return _opener(tmp_path)


@pytest.fixture(scope="session")
def asked_world(tmp_path_factory: pytest.TempPathFactory):
    """The same for a version that many tests ask: to make and open one costs as much as four answers."""
    return _opener(tmp_path_factory.mktemp("worlds"))


@pytest.fixture(scope="session")
def history(asked_world) -> Iterator[Asker]:
    """The twelve events of the acceptance history, of which u3's sign-up arrived late."""
    with asked_world(HISTORY, ledger=[RESTATED]) as asks:
        yield asks


@pytest.fixture(scope="session")
def publish_world():
    """Write a version made of these events and give the published folder."""

    def written(folder: Path, version: str = "v1", **world: Any) -> Path:
        return publish(folder, World(**world), version)

    return written
