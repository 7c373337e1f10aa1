"""Each gate, failed through the real Dagster job: CURRENT stays, nothing after the gate is built, the reason is told."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.commands import quarantine
from orchestration.errors import HELD, CommandError


def rewrite(file: Path, query: str) -> None:
    """Replace a raw Parquet file by a query on it."""
    beside = file.with_suffix(".new")
    with duckdb.connect() as connection:
        rows = f"read_parquet('{file}', hive_partitioning = false)"
        connection.execute(f"copy ({query.format(rows=rows)}) to '{beside}' (format parquet)")
    beside.replace(file)


def command(workspace, *words: str) -> int:
    """Run `productops quarantine …` in this process."""
    parser = argparse.ArgumentParser()
    quarantine.configure(parser)
    return quarantine.execute(parser.parse_args(words), workspace.settings)


def load_file(workspace, number: int = 2) -> Path:
    return workspace.root / "data/raw/events/events" / f"load={number}" / "part-0.parquet"


def built_loads(workspace) -> set[object]:
    """Loads whose events reached a mart of the private build file."""
    return {row[0] for row in workspace.query("select distinct load_id from marts.fct_events")}


def deliver(workspace, events) -> Path:
    """A second file, in the raw zone but not yet built."""
    from orchestration.ingest import ingest_files

    file = workspace.land("second.ndjson", events(30, 60))
    (report,) = ingest_files(workspace.settings, [file], "events", "default")
    assert report["loaded"] == 30
    return file


def assert_held(workspace, gate: str) -> None:
    outcome = workspace.run(ingest=False)
    assert (outcome.status, outcome.exit_code) == ("held", HELD), outcome
    assert outcome.held is not None and outcome.held["gate"] == gate, outcome.held
    assert outcome.held["message"] and outcome.held["fix"]
    assert workspace.current() == "v000001"
    assert workspace.settings.held_file.exists()


def test_rows_lost_in_the_raw_zone_stop_the_build_before_staging(good, events) -> None:
    deliver(good, events)
    rewrite(load_file(good), "select * from {rows} limit 29")
    assert_held(good, "reconciliation")
    assert built_loads(good) == {1}


def test_rows_that_break_their_contract_stop_the_build_before_staging(good, events) -> None:
    deliver(good, events)
    rewrite(load_file(good), "select * replace (null::varchar as event) from {rows}")
    assert_held(good, "contract")
    assert built_loads(good) == {1}


def test_case_034_too_many_bad_records_hold_the_publish(good, events) -> None:
    good.land("second.ndjson", [*events(30, 60), *['{"event": oops'] * 100])
    outcome = good.run()
    assert (outcome.status, outcome.exit_code) == ("held", HELD)
    assert outcome.held is not None and outcome.held["gate"] == "too_many_bad"
    assert good.current() == "v000001"
    assert built_loads(good) == {1}


def test_case_007_a_delivery_that_shrinks_is_held_until_one_command_accepts_it(
    good, events, capsys
) -> None:
    every = events(60)
    good.land("first.ndjson", [every[0], *every[1:20], every[-1]])
    outcome = good.run()
    assert (outcome.status, outcome.exit_code) == ("held", HELD)
    assert outcome.held is not None and outcome.held["gate"] == "shrink"
    assert (
        "SHRINK: events/default: first.ndjson has 21 rows and replaces 60"
        in outcome.held["message"]
    )
    assert good.current() == "v000001", "the last good version stays"
    words = ["accept", "SHRINK", "--source", "events", "--file", "first.ndjson"]
    assert command(good, *words) == 0
    assert "add --yes" in capsys.readouterr().err
    assert good.run().status == "held", "nothing was accepted"
    assert command(good, *words, "--yes") == 0
    assert "first.ndjson: 21 rows replace 60" in capsys.readouterr().err
    assert good.run().status == "published"
    assert good.current() == "v000002"


def test_a_staging_model_that_disagrees_with_ingestion_stops_the_marts(good, events) -> None:
    deliver(good, events)
    model = good.root / "project/models/staging/stg_events__events.sql"
    model.write_text(model.read_text() + "    and records._line <> 1\n")
    assert_held(good, "live_rows")
    assert built_loads(good) == {1}


EVENTS_MART, KPI = "marts/fct_events.sql", "kpis/kpi_events.sql"
WRONG_MARTS = {
    "doubled rows": (EVENTS_MART, lambda sql: f"{sql} union all {sql}", "grain"),
    "infinite number": (
        KPI,
        lambda sql: sql.replace("greatest(count(*), 1)", "0"),
        "finite_numbers",
    ),
}
# Other ways to fail the same gates; tests/quality has them on tables.
WRONG_AS_WELL = {
    "rate of two": (KPI, lambda sql: sql.replace("count(*) /", "2 * count(*) /"), "finite_numbers"),
    "lost people": (
        EVENTS_MART,
        lambda sql: sql.replace("md5_number_lower(user_id)", "null::ubigint"),
        "grain",
    ),
}


@pytest.mark.parametrize(
    ("file", "change", "gate"),
    [
        *(pytest.param(*case, id=name) for name, case in WRONG_MARTS.items()),
        *(
            pytest.param(*case, id=name, marks=pytest.mark.soak)
            for name, case in WRONG_AS_WELL.items()
        ),
    ],
)
def test_a_wrong_mart_is_not_published(
    good, file: str, change: Callable[[str], str], gate: str
) -> None:
    model = good.root / "project/models" / file
    model.write_text(change(model.read_text()))
    assert_held(good, gate)


def test_case_125_a_failed_dbt_test_holds_and_a_good_publish_clears_it(good, events) -> None:
    tests = good.root / "project/models/marts/tests.yml"
    tests.write_text(
        "models: [{name: fct_events, data_tests: [accepted_values: {arguments: {column_name: source, values: [x]}}]}]\n"
    )
    outcome = good.run(ingest=False)
    assert outcome.status == "held" and outcome.held is not None
    assert outcome.held["gate"].startswith("dbt test accepted_values_fct_events")
    assert good.current() == "v000001"

    tests.unlink()
    deliver(good, events)
    assert good.run(ingest=False).status == "published"
    assert good.current() == "v000002"
    assert not good.settings.held_file.exists()


def test_case_124_a_model_that_fails_publishes_nothing_and_is_named(good) -> None:
    model = good.root / "project/models/marts/fct_events.sql"
    model.write_text("select no_such_column from {{ ref('int_events__named') }}")
    with pytest.raises(CommandError, match="fct_events failed") as raised:
        good.run(ingest=False)
    assert raised.value.exit_code == 1
    assert good.current() == "v000001"


def test_a_declared_cadence_turns_silence_into_a_hold(good, events) -> None:
    deliver(good, events)
    settings = good.root / "company/settings.yml"
    settings.write_text(
        settings.read_text() + "\nsources: {events: {projects: {default: {cadence: 24h}}}}\n"
    )
    late = good.land(
        "other.ndjson",
        [{**event, "event_id": f"x{n}"} for n, event in enumerate(events(1, 300))],
    )
    from orchestration.ingest import ingest_files

    ingest_files(good.settings, [late], "events", "other")
    assert_held(good, "freshness")
