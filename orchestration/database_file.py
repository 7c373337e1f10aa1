"""Database files: an empty one to build in, and that of a version that is being made, with tables out of the build file.

Knows DuckDB files and the format that is pinned. A table that the served version holds already comes with that file's bytes, because a copy of bytes costs
nearly nothing, and reading and compressing a million events again costs seconds; of a table that grew by an increment only
the rows that changed are written. Must not know what a table means, nor which tables changed.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from orchestration import content

if TYPE_CHECKING:
    import duckdb

# Named, so that an upgrade of DuckDB does not change who can open a file: DuckDB from 1.3 on. Its way of packing texts writes
# events in four fifths of the time that the format before takes.
_FORMAT = "storage_version 'v1.3.0'"


def create(file: Path) -> None:
    """Lay an empty database file."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(f"attach '{literal(file)}' as target ({_FORMAT})")
        connection.execute("detach target")


def write(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    served: Path | None = None,
    unchanged: Collection[str] = (),
    increments: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> None:
    """Lay the published tables of the attached `warehouse` into a new file.

    Those `unchanged` are taken from `served`, and so are the `increments` (with the columns of their grain), whose changed
    rows are then put in place.
    """
    taken = {*unchanged, *increments} if served is not None else set()
    if served is not None and taken:
        shutil.copyfile(served, file)
    connection.execute(f"attach '{literal(file)}' as target ({_FORMAT})")
    there = {f"{schema}.{name}" for schema, name in content.published_tables(connection, "target")}
    for table in sorted(there - taken):
        connection.execute(f"drop table target.{_quoted(table)}")
    connection.execute("checkpoint target")  # the room of what is gone is used again
    for schema in content.SCHEMAS:
        connection.execute(f'create schema if not exists target."{schema}"')
    for schema, name in content.published_tables(connection, "warehouse"):
        table = f"{schema}.{name}"
        if table not in there & taken:
            connection.execute(
                f"create table target.{_quoted(table)} as select * from warehouse.{_quoted(table)}"  # noqa: S608 names come from the catalogue
            )
        elif table in increments:
            _put_in_place(connection, table, increments[table])
    connection.execute("checkpoint target")
    connection.execute("detach target")


def _put_in_place(connection: duckdb.DuckDBPyConnection, table: str, grain: Sequence[str]) -> None:
    changes = f'warehouse.increments."{table.partition(".")[2]}__changes"'
    same = " and ".join(f'facts."{name}" is not distinct from others."{name}"' for name in grain)
    connection.execute(
        f"delete from target.{_quoted(table)} as facts using {changes} as others where not others.is_new and {same}"  # noqa: S608 names come from the catalogue
    )
    connection.execute(
        f"insert into target.{_quoted(table)} by name select * exclude (is_new) from {changes} where is_new"  # noqa: S608 names come from the catalogue
    )


def sha256(file: Path) -> str:
    with open(file, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def literal(path: Path) -> str:
    return str(path).replace("'", "''")


def _quoted(table: str) -> str:
    schema, _, name = table.partition(".")
    return f'"{schema}"."{name}"'
