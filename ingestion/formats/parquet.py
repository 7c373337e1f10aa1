"""Turns a Parquet file into JSON lines, which is the shape that event readers type.

Knows: Parquet's mark, and that DuckDB reads it. Must not know: any source.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from ingestion.rawzone import literal
from ingestion.spec import Reject

if TYPE_CHECKING:
    import duckdb


def is_parquet(path: Path) -> bool:
    """True when the file's first bytes say Parquet."""
    with open(path, "rb") as handle:
        return handle.read(4) == b"PAR1"


def as_json_lines(con: duckdb.DuckDBPyConnection, path: Path, target: Path) -> None:
    """Writes the rows as JSON lines; Reject(TYPE_MISMATCH) when the file cannot be read."""
    import duckdb

    query = f"copy (select * from read_parquet({literal(path)})) to {literal(target)} (format json)"  # noqa: S608
    try:
        con.execute(query)
    except duckdb.Error as error:
        raise Reject("TYPE_MISMATCH", f"the Parquet file cannot be read: {error}") from None


def first_rows(path: Path) -> tuple[Mapping[str, Any], ...]:
    """The first five rows; Reject(TYPE_MISMATCH) when the file cannot be read."""
    import duckdb

    query = f"select to_json(rows)::varchar from read_parquet({literal(path)}) as rows limit 5"  # noqa: S608
    try:
        with duckdb.connect() as con:
            return tuple(orjson.loads(row[0]) for row in con.execute(query).fetchall())
    except duckdb.Error as error:
        raise Reject("TYPE_MISMATCH", f"the Parquet file cannot be read: {error}") from None
