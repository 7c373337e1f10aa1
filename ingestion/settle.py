"""Settles a committed load: what it replaces, and which load each record counts for.

Knows: the states and counts of loads in the manifest. Must not know: how files are read.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingestion.contract import all_contracts
from ingestion.landing import DataPaths
from ingestion.manifest import Manifest
from ingestion.rawzone import drop_unknown_loads
from ingestion.recount import Counting, live_loads
from ingestion.spec import FileReport


def supersede(con: Any, source: str, project: str, table: str, name: str, load_id: int) -> None:
    """Marks the older loads of the same file name that the new load replaces."""
    snapshot = all_contracts()[source].table(table).is_snapshot
    rows = con.execute(
        "select * from loads where source = ? and project = ? and table_name = ? and file_name = ?"
        " and state = 'live'",
        (source, project, table, name),
    ).fetchall()
    new = next(row for row in rows if row["load_id"] == load_id)
    for old in rows:
        if old["load_id"] != load_id and (snapshot or _contains(new, old)):
            con.execute(
                "update loads set state = 'superseded', loaded = 0, duplicate = 0, superseded = rows,"
                " superseded_by = ? where load_id = ?",
                (load_id, old["load_id"]),
            )


def _contains(new: Any, old: Any) -> bool:
    """True when the new load's time range contains the old one's; upload time where both know it."""
    for kind in ("upload", "event"):
        edges = [row[f"{edge}_{kind}_at"] for row in (new, old) for edge in ("first", "last")]
        if all(edges):
            return edges[0] <= edges[2] and edges[3] <= edges[1]
    no_times = not any(row["last_event_at"] or row["last_upload_at"] for row in (new, old))
    return no_times and bool(old["rows"])


def forget_loads(con: Any, old_file: int, new_file: int) -> None:
    """Takes the loads of a file that was read again out of the manifest; the file's row names its successor."""
    con.execute(
        "insert or ignore into recounts select source, project, table_name from loads where file_id = ?",
        (old_file,),
    )
    con.execute(
        "update loads set superseded_by = ("
        " select new.load_id from loads as new inner join loads as old using (table_name)"
        " where new.file_id = ? and old.load_id = loads.superseded_by)"
        " where superseded_by in (select load_id from loads where file_id = ?)",
        (new_file, old_file),
    )
    for table in ("loads", "quarantine", "warnings"):
        con.execute(f"delete from {table} where file_id = ?", (old_file,))  # noqa: S608 (constants)
    con.execute(
        "update files set status = 'reread', duplicate_of = ?, records_seen = 0, quarantined = 0, filtered = 0"
        " where file_id = ?",
        (new_file, old_file),
    )
    con.execute(
        "update files set duplicate_of = ? where duplicate_of = ? and status = 'duplicate'",
        (new_file, old_file),
    )


def remember_history(manifest: Manifest, projects: set[tuple[str, str]]) -> None:
    """Notes whose history is loaded: from now on their late records are judged."""
    with manifest.transaction() as con:
        con.executemany("insert or ignore into histories values (?, ?)", sorted(projects))


def recount_touched(paths: DataPaths, manifest: Manifest) -> None:
    """Counts every table again whose loads have changed since the last count."""
    with Counting(paths) as counting:
        for row in manifest.rows("select source, project, table_name from recounts"):
            loads = live_loads(manifest, *row)
            counts = counting.count(loads)
            # Of loads that were counted before, only a changed number is worth another look at every row.
            known = {load.load_id: load.duplicate for load in loads}
            asked = [load for load, (_, duplicate) in counts.items() if duplicate > known[load]]
            kinds = counting.kinds(loads, asked)
            with manifest.transaction() as con:
                con.executemany(
                    "update loads set loaded = ?, duplicate = ? where load_id = ?",
                    [(*counted, load_id) for load_id, counted in counts.items()],
                )
                con.executemany(
                    "insert or replace into warnings select file_id, ?, ? from loads where load_id = ?",
                    [
                        (code, records, load_id)
                        for load_id, found in kinds.items()
                        for code, records in found.items()
                        if records
                    ],
                )
                con.execute(
                    "delete from recounts where source = ? and project = ? and table_name = ?",
                    tuple(row),
                )


def with_counts(manifest: Manifest, report: FileReport, file_id: int | None) -> FileReport:
    """The report with the counts and warnings that the manifest holds for its file."""
    if file_id is None:
        return report
    names = ("records_seen", "loaded", "duplicate", "superseded", "quarantined", "filtered")
    sums = ", ".join(f"coalesce(sum({name}), 0) as {name}" for name in names)
    row = manifest.rows(f"select {sums} from loads where file_id = ?", file_id)[0]  # noqa: S608
    warned = manifest.rows("select code, records from warnings where file_id = ?", file_id)
    warnings = {entry["code"]: entry["records"] for entry in warned}
    return replace(report, **{name: row[name] for name in names}, warnings=warnings)


def recover(paths: DataPaths) -> list[Path]:
    """Removes what an interrupted run left behind and finishes its counts; returns what was removed."""
    if not paths.manifest.exists():
        shutil.rmtree(paths.raw / ".staging", ignore_errors=True)
        return []
    with Manifest(paths.manifest) as manifest:
        known = {(load.source, load.table_name, load.load_id) for load in manifest.loads()}
        dropped = drop_unknown_loads(paths, known)
        for claim in paths.tmp.glob("claim-*"):
            claim.unlink(missing_ok=True)
            dropped.append(claim)
        kept = {row[0] for row in manifest.rows("select distinct file_id from quarantine")}
        for raw in paths.quarantine.glob("*.raw"):
            if raw.stem.isdigit() and int(raw.stem) not in kept:
                raw.unlink()
                dropped.append(raw)
        recount_touched(paths, manifest)
    return dropped
