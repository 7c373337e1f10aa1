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


def increments(
    connection: duckdb.DuckDBPyConnection,
    catalog: str,
    served: Mapping[str, TableContent],
    lineage_tables: Collection[str] = (),
) -> dict[str, TableContent]:
    """Tables that are the `served` ones but for the rows that `increments.<table>__changes` tells: what they say now.

    Hashes are sums over rows, so the rows that went are taken off and those that came are added. Left out is a table that the
    build laid as a whole, or of which more than a third changed: copying it costs less.
    """
    told = dict(
        connection.execute(
            """
            select table_name, estimated_size from duckdb_tables()
            where database_name = ? and schema_name = 'increments' and comment is null
            """,
            [catalog],
        ).fetchall()
    )
    found = {}
    for table, before in served.items():
        changes = f"{table.partition('.')[2]}__changes"
        if changes not in told or 3 * told[changes] > before.rows:
            continue
        columns = [
            pair
            for pair in _columns(connection, catalog, "increments", changes)
            if pair[0] != "is_new"
        ]
        rows_of = f"{_quoted(catalog)}.increments.{_quoted(changes)}"
        sign = "case when is_new then 1 else -1 end"
        query = f"""
            select coalesce(sum({sign}), 0), sum({sign} * said), sum({sign} * exact)
            from {_hashed(rows_of, columns, "is_new")}
        """  # noqa: S608 names come from the catalogue, quoted
        ((rows, content, exact),) = connection.execute(query).fetchall()
        found[table] = TableContent(
            name=table,
            rows=before.rows + rows,
            content="" if table in lineage_tables else str(int(before.content) + (content or 0)),
            exact=str(int(before.exact) + (exact or 0)),
        )
    return found


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
        columns = _columns(connection, catalog, schema, name)
        table = f"{_quoted(catalog)}.{_quoted(schema)}.{_quoted(name)}"
        query = f"select count(*), sum(said), sum(exact) from {_hashed(table, columns)}"  # noqa: S608 names come from the catalogue, quoted
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
            said = table.exact if exact else table.content
            digest.update(f"{table.name}={table.rows}:{said}\n".encode())
    return digest.hexdigest()


def _columns(
    connection: duckdb.DuckDBPyConnection, catalog: str, schema: str, name: str
) -> list[tuple[str, str]]:
    return connection.execute(
        """
        select column_name, data_type from information_schema.columns
        where table_catalog = ? and table_schema = ? and table_name = ? order by column_name
        """,
        [catalog, schema, name],
    ).fetchall()


def _hashed(relation: str, columns: list[tuple[str, str]], *more: str) -> str:
    """A query of two hashes for each row: of what it says, and of that and its lineage.

    They are summed up: the order of rows does not matter, a repeated row does (an xor would lose it).
    """
    said = [_value(*column) for column in columns if column[0] not in LINEAGE_COLUMNS]
    lineage = [column for column in columns if column[0] in LINEAGE_COLUMNS]
    kept = [_quoted(name) for name, _ in lineage] + [*more]
    # Two steps, so that the hash is not made twice.
    first = f"select {', '.join([f'{_hash(said)} as said', *kept])} from {relation}"  # noqa: S608 names come from the catalogue, quoted
    exact = _hash(["said", *(_value(*column) for column in lineage)])
    return f"(select {', '.join(['said', f'{exact} as exact', *more])} from ({first}))"  # noqa: S608 names come from the catalogue, quoted


def _hash(values: list[str]) -> str:
    # DuckDB's own, a tenth of the time that MD5 takes; another release may count otherwise, and then nothing is known to be the same.
    return f"hash({', '.join(values)})::hugeint" if values else "0"


def _value(name: str, kind: str) -> str:
    column = _quoted(name)
    # The last bits of a sum depend on the order of threads.
    return f"printf('%.9e', {column} + 0.0)" if kind in ("DOUBLE", "FLOAT") else column


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
