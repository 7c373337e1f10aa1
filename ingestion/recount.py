"""Says which load each record counts for: the first that brought it.

Knows: the live-row rule over raw Parquet. Must not know: how files are read. dbt's staging models implement the same
rule, and a gate compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.contract import Table, all_contracts
from ingestion.landing import DataPaths
from ingestion.manifest import Load, Manifest
from ingestion.rawzone import connect, literal

if TYPE_CHECKING:
    import duckdb


def recount(paths: DataPaths, source: str) -> dict[int, tuple[int, int]]:
    """(loaded, duplicate) of every live load of a source, computed from its rows; changes nothing."""
    found: dict[int, tuple[int, int]] = {}
    with Manifest(paths.manifest) as manifest:
        groups = {(load.project, load.table_name) for load in manifest.loads(source=source)}
        with Counting(paths) as counting:
            for project, table in sorted(groups):
                found.update(counting.count(live_loads(manifest, source, project, table)))
    return found


def live_loads(manifest: Manifest, source: str, project: str, table_name: str) -> list[Load]:
    """The loads whose rows count, of one project's table."""
    loads = manifest.loads(source=source, project=project, table_name=table_name)
    return [load for load in loads if load.state == "live"]


class Counting:
    """Counts tables one after the other in one DuckDB, which is opened for the first that has rows."""

    def __init__(self, paths: DataPaths) -> None:
        self._paths = paths
        self._con: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Counting:
        return self

    def __exit__(self, *_: object) -> None:
        if self._con is not None:
            self._con.close()

    def count(self, loads: Sequence[Load]) -> dict[int, tuple[int, int]]:
        """(loaded, duplicate) of every one of a table's live loads."""
        counts = {load.load_id: (0, load.rows) for load in loads}
        files = _files(self._paths, loads)
        if not files:
            return counts
        table = _table_of(loads)
        rows = f"read_parquet([{', '.join(map(literal, files))}], hive_partitioning = false)"
        con = self._connection()
        con.execute(_doubtful(table, rows))
        total = f"select _load_id, count(*) from {rows} group by all"  # noqa: S608
        held, doubtful, counted = (
            dict(con.execute(query).fetchall())
            for query in (
                total,
                "select _load_id, count(*) from doubtful group by all",
                _query(table),
            )
        )
        con.execute("drop table doubtful")  # what it holds is given back before the next table
        for load, number in held.items():
            loaded = number - doubtful.get(load, 0) + counted.get(load, 0)
            counts[load] = (loaded, number - loaded)
        return counts

    def kinds(self, loads: Sequence[Load], asked: Sequence[int]) -> dict[int, dict[str, int]]:
        """For some of a table's live loads: how many rows repeat an earlier one, and how many differ under its id.

        EXACT_DUP: identity and content were there. ID_CONFLICT: the identity was there with another content; whichever
        of the two is received last is the one that is read.
        """
        files = _files(self._paths, loads)
        if not files or not asked:
            return {}
        rows = self._connection().execute(_kinds(files, asked)).fetchall()
        return {
            load_id: {"EXACT_DUP": exact, "ID_CONFLICT": conflicts}
            for load_id, exact, conflicts in rows
            if load_id in asked
        }

    def _connection(self) -> duckdb.DuckDBPyConnection:
        if self._con is None:
            self._con = connect(self._paths, memory="384MB")
        return self._con


def _doubtful(table: Table, rows: str) -> str:
    """The rows whose identity, or second identity, may be that of another row; every other row counts for its load.

    Hashes only choose: two texts of one hash make their rows doubtful, and `_query` compares the texts.
    """
    received = f'"{table.received}"' if table.received else "cast(null as timestamp)"
    keys = ["_identity", "_second_identity"] if table.second_identity else ["_identity"]
    repeated = [
        f"hash({key}) in (select hash({key}) from {rows} where {key} is not null group by all having count(*) > 1)"  # noqa: S608
        for key in keys
    ]
    return f"""
        create temp table doubtful as
        select _load_id, _identity, _second_identity, _second_at, _payload_hash, {received} as received
        from {rows} where {" or ".join(repeated)}
    """  # noqa: S608


def _kinds(files: Sequence[str], asked: Sequence[int]) -> str:
    """Rows of the asked loads that repeat the content, or only the identity, of an earlier one."""
    return f"""
        with records as (
            select _load_id, _member, _line, _identity, _payload_hash
            from read_parquet([{", ".join(map(literal, files))}], hive_partitioning = false)
        ),

        candidates as (
            select records.* from records
            semi join (select _identity from records where _load_id in ({", ".join(map(str, asked))})) as these
                using (_identity)
        ),

        numbered as (
            select
                _load_id,
                row_number() over (partition by _identity order by _load_id, _member, _line) as of_identity,
                row_number() over (partition by _identity, _payload_hash order by _load_id, _member, _line) as of_content
            from candidates
        )

        select
            _load_id,
            count(*) filter (where of_content > 1),
            count(*) filter (where of_content = 1 and of_identity > 1)
        from numbered group by _load_id
    """  # noqa: S608


def _table_of(loads: Sequence[Load]) -> Table:
    return all_contracts()[loads[0].source].table(loads[0].table_name)


def _files(paths: DataPaths, loads: Sequence[Load]) -> list[str]:
    """The parts of all loads that have rows."""
    folders = [
        paths.load_dir(load.source, load.table_name, load.load_id) for load in loads if load.rows
    ]
    return [str(path) for folder in folders for path in sorted(folder.glob("part-*.parquet"))]


def _query(table: Table) -> str:
    """How many of the doubtful rows count for each load."""
    if not table.second_identity:
        return """
            with ids as (select min(_load_id) as first_load from doubtful group by _identity)
            select first_load, count(*) from ids group by first_load
        """
    newest = "(received is not null, received, _payload_hash)"
    return f"""
        with ids as (
            select
                _identity, min(_load_id) as first_load,
                arg_max({{'identity': _second_identity, 'at': _second_at}}, {newest}) as second
            from doubtful group by _identity
        ),

        seconds as (
            select first_load, _identity, second.identity as second_identity, second.at as second_at
            from ids
        ),

        gaps as (
            select *, second_at - lag(second_at) over in_time > interval {table.second_window_days} day as is_far
            from seconds where second_identity is not null
            window in_time as (partition by second_identity order by second_at, _identity)
        ),

        numbered as (
            select *, count(*) filter (where is_far) over (
                partition by second_identity order by second_at, _identity
                rows between unbounded preceding and current row
            ) as group_number
            from gaps
        ),

        events as (
            select min(first_load) as first_load
            from numbered group by second_identity, group_number
            union all
            select first_load from seconds where second_identity is null
        )

        select first_load, count(*) from events group by first_load
    """  # noqa: S608


def ranges_of(table: Table, edges: Mapping[str, tuple[str, str]]) -> tuple[str | None, ...]:
    """First and last event time and first and last time of receipt, of what was written."""
    pairs = (edges.get(column or "", (None, None)) for column in (table.time, table.received))
    return tuple(edge for pair in pairs for edge in pair)


def flags_of(
    folder: Path,
    edges: tuple[str, str] | None,
    connection: Callable[[], duckdb.DuckDBPyConnection],
) -> dict[str, int]:
    """How many rows of the staged parts carry each flag; where the greatest text is empty, none does."""
    if edges is None or not edges[1]:
        return {}
    parts = ", ".join(literal(path) for path in sorted(folder.glob("part-*.parquet")))
    counts = ", ".join(f"count(*) filter (where contains(_flags, '{flag}'))" for flag in _FLAGS)
    row = connection().execute(f"select {counts} from read_parquet([{parts}])").fetchall()[0]  # noqa: S608
    return {flag: records for flag, records in zip(_FLAGS, row, strict=True) if records}


_FLAGS = ("NO_ID", "CLOCK_SKEW")
