"""The raw zone's files: empty schema files, the table of loads, and durable writes.

Knows: where Parquet of raw tables lies and how it becomes durable. Must not know: how records are parsed.
"""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.contract import all_tables
from ingestion.landing import DataPaths
from ingestion.manifest import Manifest

if TYPE_CHECKING:
    import duckdb

LOADS_COLUMNS = {
    "load_id": "BIGINT",
    "source": "VARCHAR",
    "project": "VARCHAR",
    "table_name": "VARCHAR",
    "file_name": "VARCHAR",
    "content_hash": "VARCHAR",
    "state": "VARCHAR",
    "records_seen": "BIGINT",
    "loaded": "BIGINT",
    "duplicate": "BIGINT",
    "superseded": "BIGINT",
    "quarantined": "BIGINT",
    "filtered": "BIGINT",
    "first_event_at": "TIMESTAMP",
    "last_event_at": "TIMESTAMP",
    "first_upload_at": "TIMESTAMP",
    "last_upload_at": "TIMESTAMP",
    "committed_at": "TIMESTAMP",
    "superseded_by": "BIGINT",
    "accepted": "VARCHAR",
}


def connect(paths: DataPaths, memory: str = "512MB", threads: int = 2) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB with a memory limit that spills into the data folder."""
    import duckdb

    paths.tmp.mkdir(parents=True, exist_ok=True)
    spill = (
        paths.tmp / f"duckdb-{uuid.uuid4().hex}"
    )  # two instances in one folder remove each other's files
    # the first parameter that is bound imports pandas, which takes longer than all else here
    con = duckdb.connect(
        config={"threads": str(threads), "memory_limit": memory, "temp_directory": str(spill)}
    )
    con.execute("set enable_progress_bar = false")
    con.execute("set timezone = 'UTC'")
    return con


def ensure_raw_schema(paths: DataPaths) -> None:
    """Writes the empty `load=0` file of every contract table that has none, so that a glob never fails."""
    wanted: list[tuple[Path, dict[str, str]]] = []
    for contract, table in all_tables():
        target = paths.load_dir(contract.source, table.name, 0) / "part-0.parquet"
        types = contract.raw_types(table)
        if contract.kind == "company" and target.exists():
            continue
        wanted.append((target, types))
    with connect(paths, threads=1) as con:
        for target, types in wanted:
            if target.exists() and _types_of(con, target) == types:
                continue
            columns = ", ".join(
                f'cast(null as {type_}) as "{name}"' for name, type_ in types.items()
            )
            write_parquet(con, f"select {columns} where false", target)
    loads = paths.load_dir("_ingestion", "loads", 0) / "part-0.parquet"
    if not loads.exists():
        export_loads(paths)


def export_loads(paths: DataPaths) -> None:
    """Writes the manifest's loads, rejected files included, as the raw table `_ingestion.loads`."""
    with Manifest(paths.manifest) as manifest:
        names = ", ".join(f"loads.{name}" for name in LOADS_COLUMNS if name != "accepted")
        rows = [tuple(row) for row in manifest.rows(_LOADS.format(names=names))]
        rejected = manifest.rows(
            "select -file_id, source, project, null, file_name, content_hash, 'rejected', records_seen, 0, 0, 0,"
            " quarantined, filtered, null, null, null, null, committed_at, null, null from files where status = 'rejected'"
            " order by file_id"
        )
        rows += [tuple(row) for row in rejected]
    with connect(paths, threads=1) as con:
        columns = ", ".join(f"{name} {type_}" for name, type_ in LOADS_COLUMNS.items())
        con.execute(f"create temp table loads ({columns})")
        if rows:
            marks = ", ".join("?" * len(LOADS_COLUMNS))
            con.executemany(f"insert into loads values ({marks})", rows)  # noqa: S608
        target = paths.load_dir("_ingestion", "loads", 0) / "part-0.parquet"
        write_parquet(con, "select * from loads order by load_id", target)


# `accepted` lists the codes in spite of which a person took the file.
_LOADS = """
    select {names}, (
        select group_concat(code) from accepted
        where accepted.source = files.source and accepted.project = files.project
            and accepted.raw_sha256 = files.raw_sha256
    ) from loads inner join files using (file_id) order by loads.load_id
"""


def write_parquet(con: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    """Writes the query's rows beside the target, makes them durable, and puts them in place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.writing")
    con.execute(f"copy ({query}) to {literal(beside)} (format parquet, compression zstd)")
    sync_file(beside)
    os.replace(beside, target)
    sync_folder(target.parent)


def literal(value: object) -> str:
    """A text literal for the statements that take no parameters (copy, read_*)."""
    return "'" + str(value).replace("'", "''") + "'"


def sync_file(path: Path) -> None:
    """Forces a file's bytes to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Forces a folder's entries to the disk."""
    sync_file(path)


def drop_unknown_loads(paths: DataPaths, known: set[tuple[str, str, int]]) -> list[Path]:
    """Deletes load folders that no manifest entry knows: leftovers of a run that was stopped."""
    dropped: list[Path] = []
    for folder in paths.raw.glob("*/*/load=*"):
        source, table, number = (
            folder.parts[-3],
            folder.parts[-2],
            folder.name.removeprefix("load="),
        )
        if source.startswith("_") or number == "0" or not number.isdigit():
            continue
        if (source, table, int(number)) not in known:
            shutil.rmtree(folder)
            dropped.append(folder)
    for spilled in paths.tmp.glob("duckdb*"):
        shutil.rmtree(spilled, ignore_errors=True)
    for staged in (paths.raw / ".staging").glob("*"):
        shutil.rmtree(staged)
        dropped.append(staged)
    return dropped


def _types_of(con: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    query = f"describe select * from read_parquet({literal(path)}, hive_partitioning = false)"  # noqa: S608
    rows = con.execute(query).fetchall()
    return {row[0]: row[1] for row in rows}
