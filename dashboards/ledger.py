"""The ledger of restated numbers that lies beside the marts of a version: its form and how a reader gets at it.

Knows the file and its columns; publish writes them. Must not know how a restatement is found nor how it is shown. A
version from before the ledger has an empty one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

FILE = "restatements.parquet"
TABLE = "ledger.restatements"
COLUMNS = {
    "metric": "varchar",
    "subject": "varchar",
    "unit": "varchar",
    "period": "varchar",
    "period_start": "date",
    "old": "double",
    "new": "double",
    "cause": "varchar",
    "detail": "varchar",
    "version": "varchar",
    "previous_version": "varchar",
    "at": "timestamp",
    "measured_from": "varchar",
}
# Why a closed number changed; a row may name several, with commas between them.
CAUSES = (
    "late_events",
    "redelivery",
    "new_source",
    "merge",
    "plan",
    "model",
    "rollback",
    "unknown",
)


def attach(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Put the version's ledger beside its warehouse, in memory; call it before the doors are closed."""
    connection.execute("attach ':memory:' as ledger")
    columns = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
    connection.execute(f"create table {TABLE} ({columns})")
    file = folder / FILE
    if file.is_file():
        # Our own path as a literal: a bound value would make DuckDB import pandas.
        path = str(file).replace("'", "''")
        connection.execute(f"insert into {TABLE} by name select * from read_parquet('{path}')")  # noqa: S608
