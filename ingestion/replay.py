"""Reads quarantined records again: what loads now leaves the quarantine and keeps its place in the counts.

Knows: how records move from the quarantine of a file to a new load of the same source. Must not know: why they failed.
The sum over all files stays: what a replay loads is taken off the file that it came from.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from pathlib import Path
from typing import Any

from ingestion.landing import DataPaths
from ingestion.manifest import Manifest
from ingestion.quarantine import read_raw
from ingestion.registry import readers
from ingestion.spec import Context, FileReport, FileRequest, IngestSettings
from ingestion.strict import check_line


def replay(paths: DataPaths, settings: IngestSettings) -> list[FileReport]:
    """One report for each file whose records were tried; records that fail again stay where they are."""
    if not paths.manifest.exists():
        return []
    with Manifest(paths.manifest) as manifest:
        rows = manifest.rows(
            "select quarantine.*, files.source, files.project, files.file_name from quarantine"
            " inner join files using (file_id) where not replayed and raw_size = full_size and raw_size > 0"
            " and files.source is not null order by quarantine.id"
        )
    by_file: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_file[row["file_id"]].append(row)
    reports: list[FileReport] = []
    for file_id, records in by_file.items():
        reports.extend(_replay_file(paths, settings, file_id, records))
    return reports


def _replay_file(
    paths: DataPaths, settings: IngestSettings, file_id: int, records: list[Any]
) -> list[FileReport]:
    from ingestion.load import ingest

    source, project = records[0]["source"], records[0]["project"]
    kept = paths.quarantine / f"{file_id}.raw"
    good = [row for row in records if _passes(kept, row, source, project, settings)]
    if not good:
        return []
    paths.tmp.mkdir(parents=True, exist_ok=True)
    folder = paths.tmp / f"replay-{uuid.uuid4().hex}"
    folder.mkdir()
    name = f"{Path(records[0]['file_name']).name[:80]}.replay-{good[-1]['id']}.ndjson"
    target = folder / name
    lines = [read_raw(kept, row["raw_offset"], row["raw_size"]) for row in good]
    target.write_bytes(b"".join(line.replace(b"\n", b" ") + b"\n" for line in lines))
    try:
        reports = ingest(paths, [FileRequest(target, source, project)], settings)
    finally:
        target.unlink(missing_ok=True)
        folder.rmdir()
    report = reports[0]
    if report.status in ("rejected", "duplicate"):
        return reports
    _take_off(paths, file_id, good)
    return reports


def _passes(kept: Path, row: Any, source: str, project: str, settings: IngestSettings) -> bool:
    """True when today's reader takes the record; only JSON objects can be read again line by line."""
    raw = read_raw(kept, row["raw_offset"], row["raw_size"])
    if check_line(raw.replace(b"\n", b" ")):
        return False
    reader = readers()[source]
    context = Context(source, project, settings.project(source, project), settings.timezone)
    if reader.parse is not None:
        import json

        from ingestion.spec import BadRecord

        try:
            reader.parse(json.loads(raw), context)
        except BadRecord:
            return False
    return True


def _take_off(paths: DataPaths, file_id: int, good: list[Any]) -> None:
    with Manifest(paths.manifest) as manifest, manifest.transaction() as con:
        for row in good:
            con.execute("update quarantine set replayed = 1 where id = ?", (row["id"],))
            con.execute(
                "update files set records_seen = records_seen - 1, quarantined = quarantined - 1"
                " where file_id = ?",
                (file_id,),
            )
            con.execute(
                "update loads set records_seen = records_seen - 1, quarantined = quarantined - 1"
                " where load_id = ?",
                (row["load_id"],),
            )
