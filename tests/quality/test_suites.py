"""Contracts as Great Expectations suites, on Parquet files as ingestion writes them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingestion.contract import all_contracts
from quality.suites import check_new_loads


@pytest.mark.parametrize(
    ("change", "passed"),
    [
        ("", True),
        ("null::varchar as event_type", False),
        ("null::varchar as _identity", False),
        ("'x' as _load_id", True),
    ],
)
def test_new_rows_are_held_to_their_contract(tmp_path: Path, change: str, passed: bool) -> None:
    contract = all_contracts()["amplitude"]
    table = contract.table("events")
    values = {
        "VARCHAR": "'x'",
        "BIGINT": "1",
        "TIMESTAMP": "timestamp '2024-03-01'",
        "DOUBLE": "0.5",
        "BOOLEAN": "true",
        "DATE": "date '2024-03-01'",
    }
    columns = ", ".join(
        f'{values[kind]}::{kind} as "{name}"' for name, kind in contract.raw_types(table).items()
    )
    folder = tmp_path / "raw/amplitude/events/load=1"
    folder.mkdir(parents=True)
    replace = f"replace ({change})" if change else ""
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * {replace} from (select {columns})) to '{folder}/part-0.parquet' (format parquet)"
        )
    (result,) = check_new_loads(tmp_path / "raw", {("amplitude", "events"): [1]}, tmp_path / "tmp")
    assert result.passed is passed, result
    assert result.passed or ("amplitude.events" in result.message and result.fix)


def test_nothing_new_is_nothing_to_judge(tmp_path: Path) -> None:
    assert check_new_loads(tmp_path, {}, tmp_path) == []
