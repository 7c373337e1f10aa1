"""The database file of a version that is being made: its tables, out of the build file.

Knows DuckDB files. A table that the served version holds already comes with that file's bytes, because a copy of bytes costs
nearly nothing, and reading and compressing a million events again costs seconds. Must not know what a table means, nor which
tables changed.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration import content

if TYPE_CHECKING:
    import duckdb


def write(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    served: Path | None = None,
    unchanged: Collection[str] = (),
) -> None:
    """Lay the published tables of the attached `warehouse` into a new file; those `unchanged` are taken from `served`."""
    if served is not None and unchanged:
        shutil.copyfile(served, file)
    connection.execute(f"attach '{literal(file)}' as target")
    there = {f"{schema}.{name}" for schema, name in content.published_tables(connection, "target")}
    for table in sorted(there - {*unchanged}):
        connection.execute(f"drop table target.{_quoted(table)}")
    connection.execute("checkpoint target")  # the room of what is gone is used again
    for schema in content.SCHEMAS:
        connection.execute(f'create schema if not exists target."{schema}"')
    for schema, name in content.published_tables(connection, "warehouse"):
        table = f"{schema}.{name}"
        if table not in there & {*unchanged}:
            connection.execute(
                f"create table target.{_quoted(table)} as select * from warehouse.{_quoted(table)}"  # noqa: S608 names come from the catalogue
            )
    connection.execute("checkpoint target")
    connection.execute("detach target")


def sha256(file: Path) -> str:
    with open(file, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def literal(path: Path) -> str:
    return str(path).replace("'", "''")


def _quoted(table: str) -> str:
    schema, _, name = table.partition(".")
    return f'"{schema}"."{name}"'
