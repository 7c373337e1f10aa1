"""Each gate on small tables: what it lets through, what it holds, what it only marks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from quality.gate import HOLD, WARN, Evidence, GateResult
from quality.gates import (
    coverage,
    finite_numbers,
    freshness,
    grain,
    heavy_hitters,
    id_variants,
    lifecycle,
    live_rows,
    missing_days,
    reconciliation,
    shrink,
    too_many_bad,
    volume,
)
from quality.runner import gates, run_gates

LOADS = "load_id, source, project, table_name, file_name, state, records_seen, loaded, duplicate, superseded, quarantined, filtered, last_event_at"


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse")
        for schema in ("staging", "marts", "kpis"):
            connection.execute(f"create schema warehouse.{schema}")
        yield connection


@pytest.fixture
def evidence(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> Evidence:
    return Evidence(
        database, tmp_path, staging={("events", "events"): "staging.stg_events__events"}
    )


def loads(
    evidence: Evidence,
    *rows: str,
    replaced: dict[int, int] | None = None,
    accepted: tuple[int, ...] = (),
) -> None:
    """Write the exported table of loads; `replaced` maps a load to the one that took its place."""
    file = Path(evidence.loads_file)
    file.parent.mkdir(parents=True, exist_ok=True)
    values = ", ".join(f"({row})" for row in rows)
    links = ", ".join(f"({old}, {new})" for old, new in (replaced or {0: 0}).items())
    evidence.rows(
        f"copy (select t.*, links.new as superseded_by, case when list_contains({list(accepted)}::bigint[], load_id)"
        f" then 'SHRINK' end as accepted from (values {values}) as t({LOADS})"
        f" left join (values {links}) as links(old, new) on t.load_id = links.old) to '{file}' (format parquet)"
    )


def raw_rows(evidence: Evidence, count: int) -> None:
    folder = evidence.lake / "events/events/load=1"
    folder.mkdir(parents=True)
    evidence.rows(
        f"copy (select 1 as _load_id from range({count})) to '{folder}/part-0.parquet' (format parquet)"
    )


def one(results: list[GateResult]) -> GateResult:
    (result,) = results
    assert result.passed or (result.message and result.fix and result.measured and result.allowed)
    return result


GOOD = "1, 'events', 'web', 'events', 'a.ndjson', 'live', 10, 7, 1, 0, 2, 0, timestamp '2024-03-01'"


def test_five_counts_and_raw_rows_that_add_up_pass(evidence: Evidence) -> None:
    loads(evidence, GOOD)
    raw_rows(evidence, 8)
    assert one(reconciliation.check(evidence)).passed


def test_a_lost_record_holds(evidence: Evidence) -> None:
    loads(evidence, GOOD.replace("10, 7", "11, 7"))
    raw_rows(evidence, 8)
    result = one(reconciliation.check(evidence))
    assert result.holds and (result.measured, result.allowed) == ("10", "11")


@pytest.mark.parametrize("count", [7, 9])
def test_raw_rows_that_differ_from_the_committed_ones_hold(evidence: Evidence, count: int) -> None:
    loads(evidence, GOOD)
    raw_rows(evidence, count)
    assert one(reconciliation.check(evidence)).holds


@pytest.mark.parametrize(
    ("seen", "bad", "holds"),
    [
        (10_000, 99, False),
        (10_000, 100, True),
        (10_001, 100, False),
        (100, 100, True),
        (50, 50, False),
    ],
)
def test_case_034_one_percent_and_a_hundred_together_hold(
    evidence: Evidence, seen: int, bad: int, holds: bool
) -> None:
    loads(
        evidence,
        f"1, 'events', 'web', 'events', 'a', 'live', {seen}, {seen - bad}, 0, 0, {bad}, 0, timestamp '2024-03-01'",
    )
    result = one(too_many_bad.check(evidence))
    assert (result.holds, result.message.startswith("TOO_MANY_BAD: ")) == (holds, holds)


def test_case_034_only_the_last_load_of_a_source_counts(evidence: Evidence) -> None:
    bad = GOOD.replace("10, 7, 1, 0, 2", "200, 50, 0, 0, 150")
    loads(evidence, bad, GOOD.replace("1, 'events'", "2, 'events'", 1))
    assert one(too_many_bad.check(evidence)).passed


def people(load_id: int, rows: int, is_live: bool) -> str:
    """One delivery of the list of people."""
    state, counts = ("live", f"{rows}, 0, 0") if is_live else ("superseded", f"0, 0, {rows}")
    return f"{load_id}, 'people', 'p', 'people', 'people.csv', '{state}', {rows}, {counts}, 0, 0, null::timestamp"


@pytest.mark.parametrize(
    ("before", "after", "holds"),
    [(1000, 300, True), (100, 79, True), (100, 80, False), (10, 7, False), (10, 5, True), (5, 9, False)],
)  # fmt: skip
def test_case_007_a_delivery_that_shrinks_is_held(
    evidence: Evidence, before: int, after: int, holds: bool
) -> None:
    loads(evidence, people(1, before, False), people(2, after, True), replaced={1: 2})
    result = one(shrink.check(evidence))
    assert result.holds is holds
    if holds:
        assert (
            result.message == f"SHRINK: people/p: people.csv has {after} rows and replaces {before}"
        )
        assert (
            "productops quarantine accept SHRINK --source people --file 'people.csv'" in result.fix
        )


def test_case_007_an_accepted_delivery_passes_and_is_the_new_measure(evidence: Evidence) -> None:
    rows = [people(1, 1000, False), people(2, 300, False), people(3, 290, True)]
    loads(evidence, *rows, replaced={1: 2, 2: 3}, accepted=(2,))
    assert one(shrink.check(evidence)).passed


def test_case_007_two_small_deliveries_in_a_row_do_not_pass(evidence: Evidence) -> None:
    rows = [people(1, 1000, False), people(2, 300, False), people(3, 310, True)]
    loads(evidence, *rows, replaced={1: 2, 2: 3})
    assert one(shrink.check(evidence)).measured == "-69%"


def test_case_007_a_complete_delivery_lifts_the_hold(evidence: Evidence) -> None:
    rows = [people(1, 1000, False), people(2, 300, False), people(3, 990, True)]
    loads(evidence, *rows, replaced={1: 2, 2: 3})
    assert one(shrink.check(evidence)).passed


def test_staging_must_hold_as_many_rows_as_ingestion_counted(evidence: Evidence) -> None:
    loads(evidence, GOOD)
    evidence.rows("create table warehouse.staging.stg_events__events as select * from range(7)")
    assert one(live_rows.check(evidence)).passed
    evidence.rows("insert into warehouse.staging.stg_events__events values (8)")
    assert one(live_rows.check(evidence)).holds


def events(evidence: Evidence, *rows: tuple[str, str, str]) -> None:
    """Event id, person and day of each event."""
    evidence.rows(
        "create table warehouse.marts.fct_events (event_id varchar, person_key ubigint, occurred_at timestamp, "
        "event_name varchar, local_date date, is_active_event boolean, left_out_because varchar)"
    )
    for event_id, person, day in rows:
        evidence.rows(
            "insert into warehouse.marts.fct_events values (?, ?, ?, 'view', ?, true, null)",
            [event_id, None if person == "" else int(person), day, day],
        )


def people_events(evidence: Evidence, **counts: int) -> None:
    """So many events of each person on one day; a name that ends in `_bot` is declared as internal."""
    evidence.rows(
        "create table warehouse.marts.fct_events (source varchar, project varchar, person_key ubigint, "
        "actor_id varchar, local_date date, left_out_because varchar)"
    )
    for key, (name, count) in enumerate(counts.items()):
        evidence.rows(
            "insert into warehouse.marts.fct_events select 'posthog', 'app', ?, 'posthog|app|u:' || ?, "
            "date '2024-03-05', ? from range(?)",
            [key, name, "internal" if name.endswith("_bot") else None, count],
        )


def test_case_064_one_person_with_two_fifths_of_the_events_is_named(evidence: Evidence) -> None:
    people_events(evidence, one=800, **{f"p{n}": 100 for n in range(12)})
    result = one(heavy_hitters.check(evidence))
    assert (result.passed, result.holds, result.measured) == (False, False, "40%")
    assert "exclude" in result.fix


def test_case_064_who_is_declared_as_internal_is_no_surprise(evidence: Evidence) -> None:
    people_events(evidence, one_bot=9000, **{f"p{n}": 100 for n in range(12)})
    assert one(heavy_hitters.check(evidence)).passed


def test_case_064_few_events_say_nothing(evidence: Evidence) -> None:
    people_events(evidence, one=400, two=50)
    assert one(heavy_hitters.check(evidence)).passed


def test_case_062_variants_of_an_id_are_counted_and_never_told(evidence: Evidence) -> None:
    people_events(evidence, **{"U1": 1, " u1": 1, "u1": 1, "x": 1, "X ": 1, "y": 1})
    result = one(id_variants.check(evidence))
    assert (result.passed, result.holds) == (False, False)
    assert "5 user ids are 2 when case and blanks are left out" in result.message
    assert "u1" not in result.message


def test_case_062_ids_written_in_one_way_pass(evidence: Evidence) -> None:
    people_events(evidence, u1=3, u2=1)
    assert one(id_variants.check(evidence)).passed


def test_one_row_for_each_event_passes_and_a_double_holds(evidence: Evidence) -> None:
    events(evidence, ("a", "1", "2024-03-04"), ("b", "1", "2024-03-05"))
    assert one(grain.check(evidence)).passed
    evidence.rows(
        "insert into warehouse.marts.fct_events select * from warehouse.marts.fct_events where event_id = 'a'"
    )
    assert one(grain.check(evidence)).holds


def test_an_event_of_nobody_holds(evidence: Evidence) -> None:
    events(evidence, ("a", "1", "2024-03-04"), ("b", "1", "2024-03-05"))
    evidence.rows("update warehouse.marts.fct_events set person_key = null where event_id = 'a'")
    found = one(grain.check(evidence))
    assert found.holds and found.message.startswith("fct_events lacks 1 values of")


def test_a4_lifecycle_adds_up_on_any_history_and_not_when_a_person_is_lost(
    evidence: Evidence,
) -> None:
    events(
        evidence,
        *[
            ("a", "1", "2024-03-04"),
            ("b", "1", "2024-03-11"),
            ("c", "1", "2024-04-01"),
            ("d", "2", "2024-03-12"),
        ],
        *[("e", "3", "2024-02-26"), ("f", "3", "2024-03-05"), ("g", "2", "2024-03-13")],
    )
    assert one(lifecycle.check(evidence)).passed
    evidence.rows(
        "insert into warehouse.marts.fct_events select * replace (null as person_key) from warehouse.marts.fct_events where event_id = 'd'"
    )
    assert all(result.holds for result in lifecycle.check(evidence))


@pytest.mark.parametrize("bad", ["'inf'::double", "'nan'::double", "'-inf'::double"])
def test_case_113_infinite_and_undefined_numbers_hold(evidence: Evidence, bad: str) -> None:
    evidence.rows(
        "create table warehouse.kpis.kpi_x as select 0.5::double as value, 'rate' as unit"
    )
    assert one(finite_numbers.check(evidence)).passed
    evidence.rows(f"create table warehouse.marts.fct_x as select {bad} as seconds")
    assert one(finite_numbers.check(evidence)).holds


@pytest.mark.parametrize(("value", "holds"), [(1.0, False), (1.01, True), (-0.01, True)])
def test_case_112_a_rate_outside_zero_to_one_holds(
    evidence: Evidence, value: float, holds: bool
) -> None:
    evidence.rows(
        f"create table warehouse.kpis.kpi_x as select {value}::double as value, 'rate' as unit"
    )
    assert one(finite_numbers.check(evidence)).holds is holds


def test_case_019_silence_warns_and_holds_only_with_a_cadence(evidence: Evidence) -> None:
    loads(
        evidence,
        GOOD,
        GOOD.replace("'web'", "'app'").replace("03-01", "03-09"),
        # The product's own use goes on; it makes no export late.
        GOOD.replace("'events', 'web'", "'question_log', 'web'").replace("03-01", "06-01"),
    )
    silent = one([r for r in freshness.check(evidence) if not r.passed])
    assert (silent.severity, "events/web" in silent.message) == (WARN, True)
    promised = Evidence(evidence.database, evidence.lake, cadences={("events", "web"): 24.0})
    assert one([r for r in freshness.check(promised) if not r.passed]).severity == HOLD


def delivered(evidence: Evidence, *left_out: int, events: int = 200) -> None:
    """The same events on each of forty days from Friday 1 March 2024, but for some."""
    evidence.rows(
        "create table warehouse.marts.fct_event_days as select 'view' as event_name, 'events' as source, 'web' as project, "
        f"date '2024-03-01' + n::int as local_date, {events} as events from range(40) as t(n) "
        f"where not list_contains({list(left_out)}::bigint[], n)"
    )


def test_case_019_a_day_that_is_left_out_is_named(evidence: Evidence) -> None:
    delivered(evidence, 30, 31)
    result = one(missing_days.check(evidence))
    assert (result.passed, result.severity) == (False, WARN)
    assert result.message == "events/web has no event on 2024-03-31, 2024-04-01"
    promised = Evidence(evidence.database, evidence.lake, cadences={("events", "web"): 24.0})
    assert one(missing_days.check(promised)).severity == HOLD


@pytest.mark.parametrize(
    ("left_out", "events"),
    [((), 200), ((2, 9, 16, 23, 30, 37), 200), ((30,), 5), ((0,), 200), ((39,), 200), ((5,), 200)],
    ids=["none", "every Sunday", "few events", "before it began", "the last", "long ago"],
)
def test_case_019_a_day_that_nobody_expects_is_no_gap(
    evidence: Evidence, left_out: tuple[int, ...], events: int
) -> None:
    delivered(evidence, *left_out, events=events)
    assert one(missing_days.check(evidence)).passed


def days(evidence: Evidence, last: int, status: str = "live") -> None:
    """A hundred events on each of forty days, `last` on the last complete one."""
    evidence.rows(
        "create table warehouse.marts.fct_event_days as select 'view' as event_name, 'events' as source, 'web' as project, "
        f"date '2024-03-01' + n::int as local_date, case n when 38 then {last} when 39 then 3 else 200 end as events from range(40) as t(n)"
    )
    evidence.rows(
        f"create table warehouse.marts.dim_events as select 'view' as event_name, '{status}' as status"
    )
    evidence.rows("insert into warehouse.marts.dim_events values ('other', 'live')")


@pytest.mark.parametrize(
    ("last", "passed"),
    [(200, True), (145, True), (120, False), (399, True), (401, False), (0, False)],
)
def test_case_091_a_day_that_drops_or_doubles_warns(
    evidence: Evidence, last: int, passed: bool
) -> None:
    days(evidence, last)
    result = one(volume.check(evidence))
    assert (result.passed, result.holds) == (passed, False)


@pytest.mark.parametrize(("status", "passed"), [("live", True), ("unplanned", False)])
def test_case_084_events_outside_the_plan_are_counted_and_warn(
    evidence: Evidence, status: str, passed: bool
) -> None:
    days(evidence, 200, status)
    result = one(coverage.check(evidence))
    assert (result.passed, result.holds) == (passed, False)


def test_a_gate_that_breaks_is_not_passed(evidence: Evidence) -> None:
    evidence.rows("create table warehouse.marts.fct_events as select 1 as something_else")
    broken = [result for result in run_gates("marts", evidence) if result.name == "grain"]
    assert one_broken(broken).holds and "the gate itself failed" in one_broken(broken).message


def one_broken(results: list[GateResult]) -> GateResult:
    (result,) = results
    return result


def test_every_gate_says_what_it_protects_and_is_named_like_its_file() -> None:
    folder = Path(reconciliation.__file__).parent
    files = {file.stem for file in folder.glob("*.py")} - {"__init__"}
    assert {gate.name for gate in gates()} == files
    assert all(gate.protects for gate in gates())
