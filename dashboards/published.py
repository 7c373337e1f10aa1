"""Open one published version, read-only and locked down.

Knows the folder layout of `published/` and how to hand out one locked connection. Must not know questions, metrics or
pages, and never opens the private build file.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dashboards import ledger

if TYPE_CHECKING:
    import duckdb
    import polars as pl

Parameters = Mapping[str, Any] | Sequence[Any] | None
Found = TypeVar("Found")

# What a workspace without a row in dim_settings answers with; the same defaults as an empty settings.yml.
DEFAULT_SETTINGS: dict[str, Any] = {
    "company": None,
    "timezone": "UTC",
    "week_start": 1,
    "session_timeout_minutes": 30,
    "minimum_group_size": 5,
}


class NoVersion(Exception):
    """Nothing has been published yet, or the version that was asked for is not there."""


class QueryTooLong(Exception):
    """A statement ran past the reader's time or memory and was stopped."""


@dataclass(frozen=True)
class Published:
    """One pinned version. Every number read through it comes from the same state of the data."""

    version: str
    folder: Path
    definitions: dict[str, Any]
    settings: dict[str, Any]
    data_through: datetime | None
    tables: frozenset[str]
    connection: duckdb.DuckDBPyConnection = field(repr=False)
    time_limit_seconds: float = 60.0
    empty: frozenset[str] = frozenset()
    _known: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def query(self, sql: str, params: Parameters = None) -> pl.DataFrame:
        """Run one statement with bound parameters and give a frame."""
        with self.session() as session:
            return session.frame(sql, params)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A cursor of its own: temporary tables and variables are gone when it closes."""
        cursor = self.connection.cursor()
        try:
            cursor.execute("use warehouse")
            yield Session(cursor=cursor, tables=self.tables, limit=self.time_limit_seconds)
        finally:
            cursor.close()

    def has(self, table: str) -> bool:
        """Whether `schema.table` is part of this version."""
        return table in self.tables

    def has_rows(self, table: str) -> bool:
        """Whether there is anything to read in `schema.table`."""
        return table in self.tables and table not in self.empty

    def has_column(self, table: str, column: str) -> bool:
        """Whether `schema.table` has that column; versions from before it do not."""
        return (table, column) in self.once("columns", self._columns)

    def _columns(self) -> frozenset[tuple[str, str]]:
        with self.session() as session:
            rows = session.run(
                "select schema_name || '.' || table_name, column_name from duckdb_columns() where database_name = 'warehouse'"
            )
        return frozenset((table, column) for table, column in rows)

    def once(self, what: Hashable, find: Callable[[], Found]) -> Found:
        """What was found of this version under this name; it never changes, so it is looked for once."""
        if what not in self._known:
            self._known[what] = find()
        found: Found = self._known[what]
        return found


@dataclass(frozen=True)
class Session:
    """One cursor on the version, with the time limit applied to each statement."""

    cursor: duckdb.DuckDBPyConnection
    tables: frozenset[str]
    limit: float

    def run(self, sql: str, params: Parameters = None) -> list[tuple[Any, ...]]:
        """Execute and fetch everything."""
        with self._limited():
            if params:
                return self.cursor.execute(sql, params).fetchall()
            return self.cursor.execute(sql).fetchall()

    def rows(self, sql: str, params: Parameters = None) -> list[dict[str, Any]]:
        """Execute a select and give one dictionary per row."""
        with self._limited():
            done = self.cursor.execute(sql, params) if params else self.cursor.execute(sql)
            names = [column[0] for column in done.description]
            return [dict(zip(names, row, strict=True)) for row in done.fetchall()]

    def frame(self, sql: str, params: Parameters = None) -> pl.DataFrame:
        """Execute a select and give a Polars frame."""
        with self._limited():
            relation = self.cursor.sql(sql, params=params) if params else self.cursor.sql(sql)
            return relation.pl()

    @contextmanager
    def _limited(self) -> Iterator[None]:
        import duckdb

        timer = threading.Timer(self.limit, self.cursor.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        except duckdb.InterruptException as error:
            raise QueryTooLong(
                f"the query was stopped after {self.limit:g} s; ask for a shorter range or fewer breakdowns"
            ) from error
        except duckdb.OutOfMemoryException as error:
            raise QueryTooLong(
                "the query needs more memory than a reader may take; ask for a shorter range or fewer breakdowns"
            ) from error
        finally:
            timer.cancel()


@contextmanager
def without_pandas() -> Iterator[None]:
    """Keep DuckDB from importing pandas (2.5 s) to compare bound values with pandas.NaT.

    For a short-lived process of one thread, like the command line; where pandas is loaded already nothing changes.
    """
    blocked = "pandas" not in sys.modules
    if blocked:
        sys.modules["pandas"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if blocked:
            del sys.modules["pandas"]


def current_version(published_dir: Path) -> str:
    """The version that CURRENT names."""
    pointer = published_dir / "CURRENT"
    if not pointer.is_file():
        raise NoVersion(
            f"{published_dir} holds no published version yet; run `productops run` first"
        )
    return pointer.read_text(encoding="utf-8").strip()


@contextmanager
def open_version(
    published_dir: Path,
    version: str | None = None,
    memory_limit: str = "2GB",
    time_limit_seconds: float = 60.0,
) -> Iterator[Published]:
    """Open one version for reading. External access, extension loading and configuration are locked before any query."""
    import duckdb

    name = version or current_version(published_dir)
    folder = (published_dir / name).resolve()
    database = folder / "warehouse.duckdb"
    if not database.is_file() or folder.parent != published_dir.resolve():
        raise NoVersion(f"version {name!r} has no warehouse.duckdb under {published_dir}")
    definitions_file = folder / "definitions.json"
    definitions = (
        json.loads(definitions_file.read_text(encoding="utf-8"))
        if definitions_file.is_file()
        else {}
    )

    spill = tempfile.mkdtemp(prefix="productops-reader-")
    connection = duckdb.connect(":memory:", config={"memory_limit": memory_limit})
    try:
        lock_down(connection, database, spill)
        sizes = _tables(connection)
        tables = frozenset(sizes)
        yield Published(
            version=name,
            folder=folder,
            definitions=definitions,
            settings=_settings(connection, tables),
            data_through=_data_through(connection, tables, definitions),
            tables=tables,
            connection=connection,
            time_limit_seconds=time_limit_seconds,
            empty=frozenset(table for table, rows in sizes.items() if rows == 0),
        )
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)


def lock_down(connection: duckdb.DuckDBPyConnection, database: Path, spill: str) -> None:
    """Attach `database` read-only as `warehouse` with its ledger, then close every other door but this reader's spill folder."""
    # The order matters: a path must be allowed before external access ends, and after lock_configuration nothing changes.
    connection.execute(f"set temp_directory = {_quoted(spill)}")
    connection.execute("set enable_progress_bar = false")
    connection.execute("set autoinstall_known_extensions = false")
    connection.execute("set autoload_known_extensions = false")
    connection.execute("set allow_community_extensions = false")
    connection.execute(f"attach {_quoted(str(database))} as warehouse (read_only)")
    ledger.attach(connection, database.parent)
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def _quoted(text: str) -> str:
    # ATTACH and SET take no bound parameter; the path is ours, never a user's, and quotes are doubled all the same.
    return "'" + text.replace("'", "''") + "'"


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[str, int | None]:
    """Rows of each table of the version and of its ledger; nobody knows how many a view has."""
    return dict(
        connection.execute(
            """
            select if(database_name = 'ledger', 'ledger', schema_name) || '.' || table_name, estimated_size
            from duckdb_tables()
            where database_name in ('warehouse', 'ledger')
            union all
            select schema_name || '.' || view_name, null
            from duckdb_views()
            where database_name = 'warehouse'
            """
        ).fetchall()
    )


def _settings(connection: duckdb.DuckDBPyConnection, tables: frozenset[str]) -> dict[str, Any]:
    if "marts.dim_settings" not in tables:
        return dict(DEFAULT_SETTINGS)
    done = connection.execute("select * from warehouse.marts.dim_settings")
    names = [column[0] for column in done.description]
    rows = done.fetchall()
    found = dict(zip(names, rows[0], strict=True)) if rows else {}
    return {**DEFAULT_SETTINGS, **{key: value for key, value in found.items() if value is not None}}


def _data_through(
    connection: duckdb.DuckDBPyConnection, tables: frozenset[str], definitions: Mapping[str, Any]
) -> datetime | None:
    if "marts.dim_data_through" in tables:
        rows = connection.execute(
            "select max(data_through_at) from warehouse.marts.dim_data_through"
        ).fetchall()
        if rows and rows[0][0] is not None:
            return rows[0][0].replace(tzinfo=None)
    text = definitions.get("data_through")
    return datetime.fromisoformat(text).replace(tzinfo=None) if text else None
