"""Says which load each record counts for: the first that brought it.

Knows: the live-row rule over raw Parquet. Must not know: how files are read. dbt's staging models implement the same
rule, and a gate compares the two.
"""

from __future__ import annotations

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
        for project, table in sorted(groups):
            counts = count_table(paths, manifest, source, project, table)
            found.update({load: pair[:2] for load, pair in counts.items()})
    return found


def count_table(
    paths: DataPaths, manifest: Manifest, source: str, project: str, table_name: str
) -> dict[int, tuple[int, int, int]]:
    """(loaded, duplicate, id conflicts) of every live load of one project's table."""
    loads = [
        load
        for load in manifest.loads(source=source, project=project, table_name=table_name)
        if load.state == "live"
    ]
    counts = {load.load_id: (0, load.rows, 0) for load in loads}
    files = [file for load in loads if load.rows for file in _parts(paths, load)]
    if not files:
        return counts
    table = all_contracts()[source].table(table_name)
    query = _query(table, files)
    with connect(paths, memory="768MB") as con:
        for load_id, loaded, conflicts in con.execute(query).fetchall():
            rows = counts[load_id][1]
            counts[load_id] = (loaded, rows - loaded, conflicts)
    return counts


def _parts(paths: DataPaths, load: Load) -> list[str]:
    folder = paths.load_dir(load.source, load.table_name, load.load_id)
    return [str(path) for path in sorted(folder.glob("part-*.parquet"))]


def _query(table: Table, files: list[str]) -> str:
    listed = ", ".join(literal(file) for file in files)
    rows = f"read_parquet([{listed}], hive_partitioning = false)"
    received = f'"{table.received}"' if table.received else "cast(null as timestamp)"
    if not table.second_identity:
        return f"""
            with ids as (
                select min(_load_id) as first_load, count(distinct _payload_hash) > 1 as conflict
                from {rows} group by md5_number_lower(_identity), md5_number_upper(_identity)
            )
            select first_load, count(*), count(*) filter (where conflict) from ids group by first_load
        """  # noqa: S608
    newest = f"({received} is not null, {received}, _payload_hash)"
    return f"""
        with ids as (
            select
                _identity, min(_load_id) as first_load, count(distinct _payload_hash) > 1 as conflict,
                arg_max({{'identity': _second_identity, 'at': _second_at}}, {newest}) as second
            from {rows} group by _identity
        ),

        seconds as (
            select first_load, conflict, _identity, second.identity as second_identity, second.at as second_at
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
            select min(first_load) as first_load, bool_or(conflict) as conflict
            from numbered group by second_identity, group_number
            union all
            select first_load, conflict from seconds where second_identity is null
        )

        select first_load, count(*), count(*) filter (where conflict) from events group by first_load
    """  # noqa: S608


def ranges_of(
    con: duckdb.DuckDBPyConnection,
    source: str,
    name: str,
    folder: Path,
    rows: int,
    warnings: dict[str, int],
) -> tuple[str | None, ...]:
    """First and last event time and first and last time of receipt of the staged parts; counts their flags."""
    declared = all_contracts()[source].table(name)
    if not rows:
        return (None, None, None, None)
    parts = ", ".join(literal(path) for path in sorted(folder.glob("part-*.parquet")))
    pieces = [
        f'cast({edge}("{column}") as varchar)' if column else "null"
        for column in (declared.time, declared.received)
        for edge in ("min", "max")
    ]
    pieces += [f"count(*) filter (where contains(_flags, '{flag}'))" for flag in _FLAGS]
    query = f"select {', '.join(pieces)} from read_parquet([{parts}])"  # noqa: S608
    row = con.execute(query).fetchall()[0]
    for flag, records in zip(_FLAGS, row[4:], strict=True):
        if records:
            warnings[flag] = warnings.get(flag, 0) + records
    return tuple(row[:4])


_FLAGS = ("NO_ID", "CLOCK_SKEW")
