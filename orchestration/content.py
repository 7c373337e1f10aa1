"""What a warehouse file says, as one number: equal content, equal hash, whatever the order of rows or loads.

Knows DuckDB tables and which columns tell of lineage instead of content. Must not know any model by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

# How a row came here, not what it says: these depend on the order in which files were delivered.
LINEAGE_COLUMNS = frozenset(
    {"load_id", "_load_id", "built_from_loads", "committed_at", "last_loaded_at"}
)
SCHEMAS = ("marts", "kpis")


@dataclass(frozen=True)
class TableContent:
    """One table: rows, the hash of what it says, and the hash with lineage."""

    name: str
    rows: int
    content: str
    exact: str


def published_tables(connection: duckdb.DuckDBPyConnection, catalog: str) -> list[tuple[str, str]]:
    """Schema and name of each table or view that is published, in a fixed order."""
    found = connection.execute(
        """
        select table_schema, table_name from information_schema.tables
        where table_catalog = ? and list_contains(?, table_schema)
        order by all
        """,
        [catalog, list(SCHEMAS)],
    ).fetchall()
    return [(schema, name) for schema, name in found]


def describe(
    connection: duckdb.DuckDBPyConnection,
    catalog: str,
    lineage_tables: Collection[str] = (),
    known: Mapping[str, TableContent] = MappingProxyType({}),
) -> list[TableContent]:
    """Hash every published table of an attached file, but for those of which it is `known` what they say.

    Tables named in `lineage_tables` have no content hash.
    """
    described = []
    for schema, name in published_tables(connection, catalog):
        if f"{schema}.{name}" in known:
            described.append(known[f"{schema}.{name}"])
            continue
        columns = connection.execute(
            """
            select column_name, data_type from information_schema.columns
            where table_catalog = ? and table_schema = ? and table_name = ? order by column_name
            """,
            [catalog, schema, name],
        ).fetchall()
        said = [pair for pair in columns if pair[0] not in LINEAGE_COLUMNS]
        table = f"{_quoted(catalog)}.{_quoted(schema)}.{_quoted(name)}"
        query = f"select count(*), {_order_free(said)}, {_order_free(columns)} from {table}"  # noqa: S608 names come from the catalogue, quoted
        ((rows, content, exact),) = connection.execute(query).fetchall()
        described.append(
            TableContent(
                name=f"{schema}.{name}",
                rows=rows,
                content="" if f"{schema}.{name}" in lineage_tables else str(content),
                exact=str(exact),
            )
        )
    return described


def combined(tables: list[TableContent], *, exact: bool = False) -> str:
    """One hash for all tables: of what they say, or exactly."""
    digest = hashlib.sha256()
    for table in sorted(tables, key=lambda table: table.name):
        if exact or table.content:
            value = table.exact if exact else f"{table.rows}:{table.content}"
            digest.update(f"{table.name}={value}\n".encode())
    return digest.hexdigest()


def _order_free(columns: list[tuple[str, str]]) -> str:
    """Sum of row hashes: the order of rows does not matter, a repeated row does (an xor would lose it)."""
    if not columns:
        return "0"
    parts = ", ".join(_text(name, kind) for name, kind in columns)
    return f"sum(md5_number_lower(concat_ws(chr(31), {parts}))::hugeint)"


def _text(name: str, kind: str) -> str:
    column = _quoted(name)
    if kind in ("DOUBLE", "FLOAT"):
        # The last bits of a sum depend on the order of threads.
        return f"coalesce(printf('%.9e', {column} + 0.0), chr(0))"
    return f"coalesce({column}::varchar, chr(0))"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
