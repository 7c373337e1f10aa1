"""Event trust: what each event means, who owns it, how much arrived, and whether numbers may be built on it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from typing import Any

from dashboards.engine.asked_days import asked_days, last_day
from dashboards.engine.event_facts import broken_rules, facts_of, gaps, per_event, prepare
from dashboards.engine.event_uses import EventUses
from dashboards.engine.scope import Result, Scope
from dashboards.engine.trust import verdict

NEW_DAYS = 7  # a violation first seen so many days before the end is new
PLAN = {
    name: name
    for name in (
        *("status", "owner", "description", "area", "feature", "version", "question", "trigger"),
        *("review_by", "replacement", "counts_as_active", "value_event", "planned_for"),
        *("live_from", "deprecated_from", "removed_from", "seen_as"),
    )
} | {"planned_on": "platforms"}


def answer(scope: Scope) -> Result:
    """One row per event, planned or seen; the lists of a row are only filled where one event is asked for."""
    event = scope.params["event"]
    names = list(event.names) if event else []
    first, until = asked_days(scope)
    through = _earlier(last_day(scope), until - timedelta(days=1) if until else None)
    prepare(scope, names, first, until)
    seen, broken = per_event(scope), broken_rules(scope)
    plan = _plan(scope, names, seen)
    new = _new_violations(scope, names)
    uses = EventUses(scope)
    rows = []
    for entry in plan:
        name = entry["event"]
        counts = seen.get(name, {})
        rules = broken.get(name, [])
        facts = facts_of(entry, counts, rules, first, through)
        said = verdict(facts)
        if said.word == "no":
            said = verdict(facts_of(entry, counts, rules, first, through, uses.labels(name)[:12]))
        events, violations = counts.get("events") or 0, counts.get("violations") or 0
        rows.append(
            {
                **{key: value for key, value in entry.items() if key != "seen_as"},
                "first_seen": counts.get("first_seen"),
                "last_seen": counts.get("last_seen"),
                "events": events,
                "violations": violations,
                "violation_share": violations / events if events else None,
                "verdict": said.word,
                "why": said.why,
                "trusted_since": said.since if said.word in ("yes", "with_care") else None,
                "untrusted_since": said.since if said.word == "no" else None,
                "new_violations": new.get(name, 0),
                "planned_on": json.loads(entry["planned_on"]) if entry["planned_on"] else [],
            }
        )
    summary = _summary(rows, first)
    if names:
        _details(scope, rows, plan)
        known = [day for day in (counts["first_on"] for counts in seen.values()) if day]
        summary |= {
            "first_on": min(known, default=None),
            "through": through,
            "releases": _releases(scope, through),
            "gaps": gaps(scope),
        }
    rows.sort(key=lambda row: (-row["events"], row["event"]))
    return Result(rows, summary)


def _plan(scope: Scope, names: list[str], seen: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Each event of the plan, and what arrived beside it."""
    rows = scope.run(
        f"""
        select event_name as event, {", ".join(f"{column} as {name}" for name, column in PLAN.items())}
        from marts.dim_events
        where len($names::varchar[]) = 0 or event_name in (select unnest($names::varchar[]))
        """,  # noqa: S608 - the columns are ours
        {"names": names},
    )
    known = {row["event"] for row in rows}
    return rows + [
        {**dict.fromkeys(PLAN), "event": name, "status": "unplanned"}
        for name in seen
        if name not in known
    ]


def _new_violations(scope: Scope, names: list[str]) -> dict[str, int]:
    """How many rules each event began to break in the last days."""
    rows = scope.run(
        """
        select event_name, count(distinct (rule, property)) as broken
        from marts.fct_event_violations
        where mode != 'observe' and first_seen_at >= $since
            and (len($names::varchar[]) = 0 or event_name in (select unnest($names::varchar[])))
        group by event_name
        """,
        {"since": scope.as_of - timedelta(days=NEW_DAYS), "names": names},
    )
    return {row["event_name"]: row["broken"] for row in rows}


def _details(scope: Scope, rows: list[dict[str, Any]], plan: list[dict[str, Any]]) -> None:
    """Sources, platforms, versions and spellings of the asked events, the most frequent first."""
    for column, expression in (
        ("sources", "source"),
        ("platforms", "coalesce(platform, '')"),
        ("versions", "coalesce(event_version, '')"),
        ("spellings", "source || ': ' || source_event_name"),
    ):
        found = scope.run(
            f"""
            select
                event_name,
                {expression} as name,
                min(source) as source,
                sum(events)::bigint as events,
                sum(violating_events)::bigint as violations,
                min(local_date) as first_on,
                max(local_date) as last_on
            from event_slices
            group by all
            order by events desc, name
            """  # noqa: S608 - the expressions are ours
        )
        for row in rows:
            row[column] = [
                {key: value for key, value in part.items() if key != "event_name"}
                for part in found
                if part["event_name"] == row["event"]
            ]
    spelled = {entry["event"]: json.loads(entry["seen_as"] or "[]") for entry in plan}
    for row in rows:
        arrived = {part["name"] for part in row["spellings"]}
        row["unseen_spellings"] = [
            f"{item['source']}: {item['seen_as']}"
            for item in spelled[row["event"]]
            if f"{item['source']}: {item['seen_as']}" not in arrived
            and not (
                item["source"] == "*"
                and any(name.endswith(f": {item['seen_as']}") for name in arrived)
            )
        ]
        row["missing_platforms"] = sorted(
            set(row["planned_on"]) - {part["name"] for part in row["platforms"]}
        )


def _releases(scope: Scope, through: date | None) -> list[dict[str, Any]]:
    """The latest releases, newest first; one that several tools know is one."""
    return scope.run(
        """
        select release, min(released_on) as released_on
        from marts.dim_releases
        where $through::date is null or released_on <= $through
        group by all
        order by released_on desc, release
        limit 8
        """,
        {"through": through},
    )


def _summary(rows: list[dict[str, Any]], first: date | None) -> dict[str, Any]:
    events = sum(row["events"] for row in rows)
    violations = sum(row["violations"] for row in rows)
    owned = sum(row["events"] for row in rows if row["owner"])
    return {
        "event_names": len(rows),
        "unplanned": sum(row["status"] == "unplanned" for row in rows),
        "events": events,
        "violations": violations,
        "violation_share": violations / events if events else None,
        "owned_share": owned / events if events else None,
        "since": first,
        "verdicts": dict(Counter(row["verdict"] for row in rows)),
        "areas": _areas(rows),
    }


def _areas(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Health of each area: events that are planned and valid, names with an owner, ended names that still arrive (K6)."""
    areas: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["status"] != "system":
            areas.setdefault(row["area"] or "", []).append(row)
    found = []
    for area, members in sorted(areas.items(), key=lambda item: (not item[0], item[0])):
        events = sum(row["events"] for row in members)
        valid = sum(
            row["events"] - row["violations"] for row in members if row["status"] != "unplanned"
        )
        found.append(
            {
                "area": area or None,
                "event_names": len(members),
                "events": events,
                "valid_share": valid / events if events else None,
                "owned": sum(bool(row["owner"]) for row in members),
                "ended_but_seen": sum(
                    row["status"] in ("deprecated", "removed") and row["events"] > 0
                    for row in members
                ),
                "not_trusted": sum(row["verdict"] == "no" for row in members),
                "new_violations": sum(row["new_violations"] for row in members),
            }
        )
    return found


def _earlier(one: date | None, other: date | None) -> date | None:
    known = [day for day in (one, other) if day]
    return min(known) if known else None
