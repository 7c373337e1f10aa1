"""A number of a closed period never changes silently: what a second run restates, and how the cause is told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboards.answer import Answer
from dashboards.ask import ask
from dashboards.published import open_version
from orchestration import versions
from orchestration.commands.run import restated as lines_of_run
from orchestration.ingest import ingest_files, last_load, replaced
from orchestration.pipeline import Outcome
from orchestration.publish import Receipt, publish, rollback
from orchestration.restatements.inputs import Inputs

# --- one second run of a real pipeline -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Restated:
    """A workspace whose second run restated numbers in three ways, as it was right after that run."""

    workspace: Any
    outcome: Outcome
    replaced: list[str]
    first_hash: str
    answer: Answer

    def row(self, metric: str, day: str) -> dict[str, Any]:
        (found,) = [
            row
            for row in self.answer.rows
            if row["metric"] == metric and str(row["period_start"]) == day
        ]
        return found


@pytest.fixture(scope="module")
def restated(kept, events) -> Restated:
    """The good workspace got a file again with another content, late events three days old, and a merge.

    The data of its first version reaches to 3 March 11:00: 1 and 2 March are closed.
    """
    workspace, copy = kept
    shutil.rmtree(workspace.root)
    shutil.copytree(copy, workspace.root)
    first_hash = workspace.content_hash()
    sixty = events(60)
    # Case 6: five events of 1 March are gone, one is of somebody else.
    gone = {3, 5, 7, 9, 11}
    changed = workspace.land("first.ndjson", [e for n, e in enumerate(sixty) if n not in gone])
    before = last_load(workspace.settings)
    ingest_files(workspace.settings, [changed], "events", "default")
    told = replaced(workspace.settings, before)
    # Case 65: events of 2 March arrive with those of 5 March.
    late = [{**e, "event_id": f"late{n}", "user_id": "u9"} for n, e in enumerate(sixty[30:34])]
    newest = [
        {**e, "event_id": f"new{n}", "time": "2024-03-05T10:00:00Z"}
        for n, e in enumerate(sixty[:2])
    ]
    workspace.land("late.ndjson", [*late, *newest])
    # Case 63: u4 turns out to be u3.
    merged = {
        "event": "merged",
        "user_id": "u4",
        "same_as": "u3",
        "event_id": "m",
        "time": "2024-03-05T11:00:00Z",
    }
    workspace.land("merge.ndjson", [merged])
    outcome = workspace.run()
    assert outcome.status == "published", outcome
    with open_version(workspace.published) as published:
        return Restated(workspace, outcome, told, first_hash, ask(published, "restatements"))


def test_case_006_a_redelivery_shows_what_it_changes(restated: Restated) -> None:
    assert restated.replaced == ["events/default first.ndjson: 55 rows of events replace 60"]
    row = restated.row("events", "2024-03-01")
    assert (row["old"], row["new"], row["change"]) == (24, 19, -5)
    assert row["cause"] == "redelivery"
    assert row["detail"] == "delivered again: first.ndjson (events · default)"
    assert (row["version"], row["previous_version"]) == ("v000002", "v000001")
    assert lines_of_run(restated.outcome)[-1].endswith(
        "productops ask restatements --param version=v000002"
    )
    told = [entry for entry in restated.outcome.restated if entry["metric"] == "events"]
    assert [(e["period_start"], e["old"], e["new"]) for e in told] == [
        ("2024-03-01", 24, 19),
        ("2024-03-02", 24, 28),
    ]


def test_case_065_late_events_restate_their_closed_day_and_the_delta_is_kept(
    restated: Restated,
) -> None:
    row = restated.row("events", "2024-03-02")
    assert (row["old"], row["new"]) == (24, 28)
    # The file that was delivered again also holds events of this day.
    assert row["cause"] == "redelivery,late_events"
    assert "arrived later: late.ndjson (events · default)" in row["detail"]
    days = {str(row["period_start"]) for row in restated.answer.rows}
    assert days == {"2024-03-01", "2024-03-02"}, "a day that was not over is not restated"
    with open_version(restated.workspace.published) as published:
        got = published.query(
            "select count(*) as n from marts.fct_events where local_date = '2024-03-02'"
        )
    assert got["n"][0] == 28, "the day was recomputed"


def test_case_063_a_later_merge_restates_people_and_says_so(restated: Restated) -> None:
    row = restated.row("active_people", "2024-03-01")
    assert (row["old"], row["new"]) == (5, 4)
    assert "merge" in row["cause"].split(",")
    assert "1 id belongs to another person now" in row["detail"]


def test_the_ledger_stays_out_of_the_content_and_survives_what_comes_after(
    restated: Restated, tmp_path: Path
) -> None:
    workspace = restated.workspace
    ledger = (workspace.published / "v000002" / "restatements.parquet").read_bytes()
    again = workspace.run()
    assert (again.status, again.version, again.restated) == ("unchanged", "v000002", [])
    assert (workspace.published / "v000002" / "restatements.parquet").read_bytes() == ledger

    assert rollback(workspace.published) == "v000003"
    assert workspace.content_hash() == restated.first_hash, (
        "the ledger is no part of what the marts say"
    )
    with open_version(workspace.published) as published:
        rows = ask(published, "restatements").rows
        back = [row for row in rows if row["version"] == "v000003"]
    assert len(rows) == len(back) + len(restated.answer.rows), "what was told stays told"
    assert {row["cause"] for row in back} == {"rollback"}
    day = next(
        r for r in back if r["metric"] == "events" and str(r["period_start"]) == "2024-03-02"
    )
    assert (day["old"], day["new"]) == (28, 24)
    # 3 March was over in v000002 and is not in v000001: there is no number of it any more.
    open_again = [row for row in back if str(row["period_start"]) == "2024-03-03"]
    assert open_again and all(row["new"] is None for row in open_again)
    versions.sweep(workspace.published, keep=1, grace_seconds=0)
    with open_version(workspace.published) as published:
        assert len(ask(published, "restatements").rows) == len(rows)


# --- the comparison, on small files ----------------------------------------------------------------------------------

DAY_1 = date(2024, 3, 1)


@dataclass(frozen=True)
class State:
    """A version in small: who did something on which day, out of which load, and one KPI."""

    # (actor, person, day of March, load)
    events: tuple[tuple[str, int, int, int], ...]
    loads: tuple[tuple[int, str, str], ...] = ((1, "a.ndjson", "live"),)
    through: str = "2024-03-04 10:00"
    zone: str = "UTC"
    kpi: tuple[float, str, bool] = (0.5, "on_target", True)
    # (actor, person, from which day of March on); as the map of ids that versions publish
    spans: tuple[tuple[str, int, int], ...] = ()
    inputs: Inputs = field(default=Inputs({"settings.yml": "1"}, {"marts/fct_events.sql": "1"}))


BASE = State(tuple((f"d{n}", n, day, 1) for n in range(4) for day in (1, 2, 3, 4)))


def build(file: Path, state: State) -> Path:
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as con:
        con.execute("create schema marts; create schema kpis")
        con.execute(
            "create table marts.fct_events (actor_id varchar, person_key ubigint, local_date date, load_id bigint, source varchar)"
        )
        for actor, person, day, load in state.events:
            con.execute(
                "insert into marts.fct_events values (?, ?, ?, ?, 'events')",
                [actor, person, DAY_1 + timedelta(days=day - 1), load],
            )
        con.execute(
            "create table marts.fct_loads (load_id bigint, source varchar, project varchar, file_name varchar,"
            " state varchar, first_event_at timestamp, last_event_at timestamp)"
        )
        for load, name, what in state.loads:
            source, _, file_name = name.rpartition(":")
            con.execute(
                "insert into marts.fct_loads values (?, ?, 'default', ?, ?, '2024-03-01', '2024-03-04')",
                [load, source or "events", file_name, what],
            )
        con.execute(
            "create table marts.dim_actor_persons (actor_id varchar, trace varchar, person_key ubigint, from_at timestamp)"
        )
        for actor, person, day in state.spans:
            con.execute(
                "insert into marts.dim_actor_persons values (?, '', ?, ?)",
                [actor, person, DAY_1 + timedelta(days=day - 1)],
            )
        if not state.spans:
            con.execute("drop table marts.dim_actor_persons")
        con.execute(f"create table marts.dim_settings as select '{state.zone}' as timezone")
        con.execute(
            f"create table marts.dim_data_through as select timestamp '{state.through}' as data_through_at"
        )
        value, status, reportable = state.kpi
        con.execute(
            f"""
            create table kpis.kpi_x as
            select 'K1' as kpi, 'within_15m' as variant, 'month' as period, date '2024-02-01' as period_start,
                {value}::double as "value", 'share' as unit, '{status}' as status, {reportable} as reportable
            """
        )
        con.execute(
            """
            create table marts.fct_period_numbers as
            select 'events' as metric, '' as subject, 'events' as unit, 'day' as period, local_date as period_start,
                count(*)::double as "value", 'fct_events' as measured_from
            from marts.fct_events group by all
            union all
            select 'active_people', '', 'people', 'day', local_date, count(distinct person_key)::double, 'fct_events'
            from marts.fct_events group by all
            union all
            select 'source_events', source, 'events', 'day', local_date, count(*)::double, 'fct_events'
            from marts.fct_events group by all
            union all
            select 'people', '', 'people', 'total', first_on, count(*)::double, 'fct_events'
            from (select person_key, min(local_date) as first_on from marts.fct_events group by all) group by all
            """
        )
    return file


MODELS = {
    "models": {
        "dim_data_through": {"sources": ["events", "mixpanel", "okta"]},
        "kpi_x": {"sources": ["okta"]},  # it asks the model above for the time only
    }
}
Publish = Callable[[State], Receipt]


@pytest.fixture
def publishes(tmp_path: Path) -> Iterator[Publish]:
    """Publish one state after the other into one folder."""

    def published(state: State) -> Receipt:
        file = build(tmp_path / "warehouse.duckdb", state)
        return publish(file, tmp_path / "published", MODELS, inputs=state.inputs)

    yield published


def told(receipt: Receipt) -> dict[tuple[str, str], tuple[float | None, float | None, str]]:
    return {
        (e.difference.metric, e.difference.period_start.isoformat()): (
            e.difference.old,
            e.difference.new,
            e.cause,
        )
        for e in receipt.restated
    }


def test_a_first_version_restates_nothing_and_the_same_again_publishes_nothing(
    publishes: Publish,
) -> None:
    assert publishes(BASE).restated == ()
    again = publishes(BASE)
    assert (again.published, again.restated) == (False, ())


def test_a_day_that_was_not_over_and_what_comes_after_it_are_not_restated(
    publishes: Publish,
) -> None:
    publishes(BASE)
    more = tuple((f"x{day}", 90, day, 2) for day in (4, 5, 6))
    grown = replace(BASE, events=BASE.events + more, through="2024-03-06 10:00")
    receipt = publishes(replace(grown, loads=(*BASE.loads, (2, "b.ndjson", "live"))))
    assert (receipt.published, receipt.restated) == (True, ())


def test_a_day_is_over_by_the_clock_of_the_reporting_zone(publishes: Publish) -> None:
    """Data through 4 March 11:00 UTC is 5 March 01:00 in Kiritimati: 4 March is closed."""
    east = replace(BASE, zone="Pacific/Kiritimati", through="2024-03-04 11:00")
    publishes(east)
    late = replace(
        east, events=(*east.events, ("d0", 0, 4, 2)), loads=(*east.loads, (2, "b.ndjson", "live"))
    )
    assert told(publishes(late))[("events", "2024-03-04")] == (4, 5, "late_events")


def test_each_cause_is_named_by_its_own_evidence(publishes: Publish) -> None:
    state = BASE
    publishes(state)

    late = (*state.events, ("d9", 9, 2, 2))
    state = replace(state, events=late, loads=(*state.loads, (2, "b.ndjson", "live")))
    assert told(publishes(state)) == {
        ("events", "2024-03-02"): (4, 5, "late_events"),
        ("source_events", "2024-03-02"): (4, 5, "late_events"),
        ("active_people", "2024-03-02"): (4, 5, "late_events"),
        ("people", "2024-03-03"): (4, 5, "late_events"),
    }

    loads = ((1, "a.ndjson", "live"), (2, "b.ndjson", "superseded"), (3, "b.ndjson", "live"))
    state = replace(state, events=(*state.events[:-1], ("d8", 9, 3, 3)), loads=loads)
    assert told(publishes(state)) == {
        ("events", "2024-03-02"): (5, 4, "redelivery"),
        ("source_events", "2024-03-02"): (5, 4, "redelivery"),
        ("active_people", "2024-03-02"): (5, 4, "redelivery"),
        ("events", "2024-03-03"): (4, 5, "redelivery"),
        ("source_events", "2024-03-03"): (4, 5, "redelivery"),
        ("active_people", "2024-03-03"): (4, 5, "redelivery"),
    }

    merged = tuple((a, 0 if a == "d3" else p, day, load) for a, p, day, load in state.events)
    state = replace(state, events=merged)
    receipt = publishes(state)
    assert {cause for _, _, cause in told(receipt).values()} == {"merge"}
    assert told(receipt)[("active_people", "2024-03-01")] == (4, 3, "merge")
    assert {e.detail for e in receipt.restated} == {"1 id belongs to another person now"}

    state = replace(
        state,
        events=state.events[1:],
        inputs=replace(state.inputs, company={"settings.yml": "2", "people.yml": "1"}),
    )
    receipt = publishes(state)
    assert {(e.cause, e.detail) for e in receipt.restated} == {
        ("plan", "declarations changed: settings.yml")
    }

    state = replace(
        state, events=state.events[1:], inputs=replace(state.inputs, models={"marts/x.sql": "1"})
    )
    receipt = publishes(state)
    assert {(e.cause, e.detail) for e in receipt.restated} == {
        ("model", "models changed: marts/fct_events.sql, marts/x.sql")
    }

    state = replace(state, events=state.events[1:])
    assert {e.cause for e in publishes(state).restated} == {"unknown"}


def test_a_changed_definition_is_a_cause_and_keeps_the_one_before(tmp_path: Path) -> None:
    def published(number: int, sql: str, value: float) -> tuple[Receipt, dict[str, Any]]:
        meta = {"definition_version": number} if number > 1 else {}
        model = {"schema": "kpis", "meta": meta, "compiled_sql": sql, "sources": []}
        file = build(tmp_path / "warehouse.duckdb", replace(BASE, kpi=(value, "none", True)))
        folder = tmp_path / "published"
        receipt = publish(file, folder, {"models": {"kpi_x": model}}, inputs=BASE.inputs)
        document = json.loads((folder / receipt.version / "definitions.json").read_text())
        return receipt, document["models"]["kpi_x"]

    def earlier(model: dict[str, Any]) -> list[tuple[int, str, str]]:
        return [
            (one["definition_version"], one["compiled_sql"], one["replaced_in"])
            for one in model.get("earlier", ())
        ]

    assert earlier(published(1, "select 1", 0.5)[1]) == []
    receipt, model = published(2, "select 2", 0.6)
    (entry,) = receipt.restated
    assert (entry.difference.old, entry.difference.new, entry.cause) == (0.5, 0.6, "definition")
    assert entry.detail == "definition 2 took the place of definition 1"
    assert earlier(model) == [(1, "select 1", receipt.version)]
    again, model = published(2, "select 2", 0.6)
    assert (again.published, earlier(model)) == (False, [(1, "select 1", receipt.version)])
    third, model = published(3, "select 3", 0.6)
    assert earlier(model) == [(1, "select 1", receipt.version), (2, "select 2", third.version)]
    back, model = published(1, "select 1", 0.5)
    assert earlier(model) == [(2, "select 2", third.version), (3, "select 3", back.version)]


def test_a_shared_device_whose_days_move_to_its_other_user_is_a_merge_of_those_days_only(
    publishes: Publish,
) -> None:
    """The tablet was d0's on 1 and 2 March and d1's from 3 March on; a later login tells that 2 March was d1's too."""
    device = tuple(("tablet", 0 if day < 3 else 1, day, 1) for day in (1, 2, 3, 4))
    others = tuple(e for e in BASE.events if e[0] != "d0")
    before = replace(
        BASE, events=(*others, *device), spans=(("tablet", 0, 1), ("tablet", 1, 3), ("d1", 1, 1))
    )
    publishes(before)
    moved = tuple(("tablet", 0 if day < 2 else 1, day, 1) for day in (1, 2, 3, 4))
    spans = (("tablet", 0, 1), ("tablet", 1, 2), ("d1", 1, 1))
    receipt = publishes(replace(before, events=(*others, *moved), spans=spans))
    assert told(receipt) == {("active_people", "2024-03-02"): (4, 3, "merge")}
    assert receipt.restated[0].detail == "1 id belongs to another person now"


def test_a_source_that_is_new_is_named_as_such_and_its_own_history_is_no_restatement(
    publishes: Publish,
) -> None:
    publishes(BASE)
    state = replace(
        BASE,
        events=(*BASE.events, ("m1", 77, 2, 2)),
        loads=(*BASE.loads, (2, "mixpanel:m.json", "live")),
    )
    receipt = publishes(state)
    assert told(receipt)[("events", "2024-03-02")] == (4, 5, "new_source")
    assert {e.detail for e in receipt.restated if e.difference.metric == "events"} == {
        "first delivery: m.json (mixpanel · default)"
    }


def test_a_kpi_of_a_closed_month_is_restated_but_not_one_that_was_pending_or_withheld(
    publishes: Publish,
) -> None:
    publishes(replace(BASE, kpi=(0.4, "pending", True)))
    assert publishes(replace(BASE, kpi=(0.5, "on_target", False))).restated == ()
    assert publishes(replace(BASE, kpi=(0.6, "on_target", False))).restated == ()
    shown = publishes(replace(BASE, kpi=(0.7, "on_target", True)))
    assert told(shown) == {("K1", "2024-02-01"): (None, 0.7, "unknown")}
    # Its own source is named, not one that only tells how far the data reaches.
    loads = (*BASE.loads, (5, "okta:log.json", "live"), (6, "b.ndjson", "live"))
    late = publishes(replace(BASE, kpi=(0.8, "on_target", True), loads=loads))
    assert told(late) == {("K1", "2024-02-01"): (0.7, 0.8, "new_source")}
    assert (
        publishes(replace(BASE, kpi=(0.8 + 1e-12, "on_target", True), loads=loads)).restated == ()
    )


def test_a_version_from_before_the_ledger_is_compared_all_the_same(
    publishes: Publish, tmp_path: Path
) -> None:
    publishes(BASE)
    for name in ("inputs.json", "restatements.parquet"):
        (tmp_path / "published" / "v000001" / name).unlink()
    receipt = publishes(replace(BASE, events=BASE.events[1:]))
    assert told(receipt)[("events", "2024-03-01")] == (4, 3, "unknown")
    with open_version(tmp_path / "published") as published:
        assert published.query("select count(*) as n from ledger.restatements")["n"][0] == 3


def test_the_ledger_keeps_every_row_from_version_to_version(
    publishes: Publish, tmp_path: Path
) -> None:
    publishes(BASE)
    for left in (1, 2):
        publishes(replace(BASE, events=BASE.events[left:]))
    with open_version(tmp_path / "published") as published:
        rows = published.query(
            "select version, old, new from ledger.restatements"
            " where metric = 'events' order by version, period_start"
        ).rows()
    assert rows == [("v000002", 4, 3), ("v000003", 4, 3)]
    document = json.loads((tmp_path / "published/v000003/inputs.json").read_text())
    assert document["company"] == {"settings.yml": "1"}
    assert datetime.fromisoformat(versions.history(tmp_path / "published")[0].created_at)


def test_a_damaged_version_is_replaced_without_a_comparison_and_the_receipt_says_so(
    publishes: Publish, tmp_path: Path
) -> None:
    publishes(BASE)
    publishes(replace(BASE, events=BASE.events[1:]))
    file = tmp_path / "published/v000002/warehouse.duckdb"
    file.chmod(0o644)
    file.write_bytes(b"damaged")
    assert rollback(tmp_path / "published") == "v000003"
    file = tmp_path / "published/v000003/warehouse.duckdb"
    file.chmod(0o644)
    file.unlink()
    file.write_bytes(b"damaged")
    receipt = publishes(replace(BASE, events=BASE.events[2:]))
    assert (receipt.version, receipt.not_compared, receipt.restated) == ("v000004", "v000003", ())
    with open_version(tmp_path / "published") as published:
        kept = published.query("select distinct version from ledger.restatements").rows()
    assert kept == [("v000002",)], "what was told stays told"
