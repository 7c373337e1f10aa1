"""Contracts as Great Expectations suites, run on the Parquet of new loads at the raw border.

Knows contracts and Great Expectations. Great Expectations is imported inside the function: it costs seconds. Must not
know Dagster, nor any particular source.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.contract import SYSTEM_COLUMNS, Table, all_tables
from quality.gate import HOLD, GateResult

_ALWAYS = ("_load_id", "_project", "_identity", "_payload_hash")


@dataclass(frozen=True)
class Failed:
    """One expectation that new rows do not meet."""

    expectation: str
    column: str
    unexpected: int
    broke: str | None


def check_new_loads(
    lake: Path, new_loads: Mapping[tuple[str, str], Collection[int]], scratch: Path
) -> list[GateResult]:
    """One verdict for each raw table that has new loads; `scratch` is a folder for a passing database."""
    tables = {(c.source, t.name): t for c, t in all_tables() if c.kind != "company"}
    todo = [(key, sorted(ids)) for key, ids in sorted(new_loads.items()) if key in tables and ids]
    if not todo:
        return []
    database = _views(lake, todo, scratch)
    try:
        return _validate(database, [(key, tables[key]) for key, _ in todo])
    finally:
        for ending in ("", ".wal"):
            database.with_name(database.name + ending).unlink(missing_ok=True)


def _views(lake: Path, todo: list[tuple[tuple[str, str], list[int]]], scratch: Path) -> Path:
    import duckdb

    scratch.mkdir(parents=True, exist_ok=True)
    # A name of its own each time: DuckDB keeps a file that was open read-only by its path.
    database = scratch / f"expectations-{uuid.uuid4().hex}.duckdb"
    with duckdb.connect(str(database)) as connection:
        for (source, table), ids in todo:
            files = ", ".join(
                "'" + str(file).replace("'", "''") + "'"
                for number in ids
                for file in sorted((lake / source / table / f"load={number}").glob("*.parquet"))
            )
            connection.execute(
                f'create view "{source}__{table}" as select * from '  # noqa: S608 names come from contracts
                f"read_parquet([{files}], union_by_name = true, hive_partitioning = false)"
            )
    return database


def _validate(database: Path, tables: list[tuple[tuple[str, str], Table]]) -> list[GateResult]:
    import logging

    import great_expectations as gx

    _register_dialect()
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    source = context.data_sources.add_sql(  # type: ignore[call-arg]
        "raw",
        connection_string=f"productops_duckdb:///{database}",
        create_temp_table=False,
        kwargs={"connect_args": {"read_only": True}},
    )
    results = []
    for (name, table_name), table in tables:
        asset = source.add_table_asset(f"{name}.{table_name}", table_name=f"{name}__{table_name}")
        batch = asset.add_batch_definition_whole_table("new loads").get_batch()
        done = batch.validate(suite_for(f"{name}.{table_name}", table))
        failed = [_failed(item) for item in done.results if not item.success]
        results.append(_verdict(f"{name}.{table_name}", len(done.results), failed))
    source_engine = getattr(source, "_engine", None)
    if source_engine is not None:
        source_engine.dispose()
    return results


def suite_for(name: str, table: Table) -> Any:
    """The contract of one table as a suite: columns, what is required, closed values, ranges."""
    import great_expectations as gx

    expect = gx.expectations
    names = [column.name for column in table.columns]
    suite = gx.ExpectationSuite(name=name)
    suite.add_expectation(
        expect.ExpectTableColumnsToMatchSet(column_set=[*names, *SYSTEM_COLUMNS], exact_match=True)
    )
    for name_of_ours in _ALWAYS:
        suite.add_expectation(expect.ExpectColumnValuesToNotBeNull(column=name_of_ours))
    for column in table.columns:
        if column.required:
            suite.add_expectation(expect.ExpectColumnValuesToNotBeNull(column=column.name))
        if column.values:
            suite.add_expectation(
                expect.ExpectColumnValuesToBeInSet(
                    column=column.name, value_set=list(column.values)
                )
            )
        if column.minimum is not None or column.maximum is not None:
            suite.add_expectation(
                expect.ExpectColumnValuesToBeBetween(
                    column=column.name, min_value=column.minimum, max_value=column.maximum
                )
            )
    return suite


def _failed(item: Any) -> Failed:
    configuration = item.expectation_config
    broke = None
    for info in (
        (item.exception_info or {}).values() if isinstance(item.exception_info, dict) else ()
    ):
        if isinstance(info, dict) and info.get("raised_exception"):
            broke = str(info.get("exception_message"))
    if isinstance(item.exception_info, dict) and item.exception_info.get("raised_exception"):
        broke = str(item.exception_info.get("exception_message"))
    return Failed(
        expectation=str(configuration.type),
        column=str(configuration.kwargs.get("column", "")),
        unexpected=int((item.result or {}).get("unexpected_count") or 0),
        broke=broke,
    )


def _verdict(table: str, checked: int, failed: list[Failed]) -> GateResult:
    if not failed:
        return GateResult("contract", HOLD, True, f"{table}: {checked} expectations met")
    first = failed[0]
    what = f"could not be checked: {first.broke}" if first.broke else f"{first.unexpected} rows"
    return GateResult(
        "contract",
        HOLD,
        False,
        f"{table}: {len(failed)} of {checked} expectations not met; first: {first.expectation} {first.column} ({what})",
        measured=str(first.unexpected),
        allowed="0",
        fix=f"compare ingestion/sources/{table.split('.')[0]}/contract.yml with its reader",
    )


def _register_dialect() -> None:
    """Great Expectations has no DuckDB; duckdb-engine works once nothing rolls back under an open result."""
    from duckdb_engine import Dialect, DuckDBIdentifierPreparer
    from sqlalchemy.dialects import registry

    global ProductopsDuckDB
    if "ProductopsDuckDB" not in globals():

        class AlwaysQuoting(DuckDBIdentifierPreparer):
            # Its list of reserved words is PostgreSQL's; DuckDB reserves more, `at` among them.
            def _requires_quotes(self, value: str) -> bool:
                return True

        class ProductopsDuckDB(Dialect):
            supports_statement_cache = True
            preparer = AlwaysQuoting

            def do_begin(self, dbapi_connection: Any) -> None:
                pass

            def do_rollback(self, dbapi_connection: Any) -> None:
                pass

            def do_commit(self, dbapi_connection: Any) -> None:
                pass

        registry.register("productops_duckdb", __name__, "ProductopsDuckDB")


def main() -> None:
    """Work as a process of its own: import first, then one JSON order a line on stdin, its verdicts a line on stdout.

    The import takes longer than the checks, so that a caller starts this early and sends the order when it has one.
    The process ends with its caller, when stdin closes.
    """
    import contextlib
    import gc
    import json
    import sys

    from quality.lazy_imports import postpone

    gc.set_threshold(100_000, 20, 50)  # the import makes a million objects that stay
    # For tests of distributions and for charts, of which no suite has any: half of the import's time.
    postpone("altair", "scipy.stats")
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # the library greets on stdout
        import great_expectations  # noqa: F401

        for line in sys.stdin:
            order = json.loads(line)
            results = check_new_loads(
                Path(order["lake"]),
                {(source, table): loads for source, table, loads in order["new_loads"]},
                Path(order["scratch"]),
            )
            answers.write(json.dumps([result.as_dict() for result in results]) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
