"""Reads refused records and rejected files again, after a reader or a setting changed, or a person accepted them.

Knows: which delivered files may become better by being read again. Must not know: why a record failed. A file is read
again as a whole, from the archive: a record of a CSV, a page or a zip says nothing without what stands around it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ingestion.claim import stored
from ingestion.landing import DataPaths, list_landed
from ingestion.load import ingest, read_again
from ingestion.manifest import Manifest, accept
from ingestion.spec import FileReport, FileRequest, IngestSettings

ACCEPTED = ("DISTRIBUTION", "SHRINK", "TOO_LATE", "TZ_SHIFT")


def replay(
    paths: DataPaths,
    settings: IngestSettings,
    source: str | None = None,
    project: str | None = None,
) -> list[FileReport]:
    """One report for each file that became better; what fails again stays where it is.

    Of a source that is named, every live file is read again, also those of which nothing was refused.
    """
    if not paths.manifest.exists():
        return []
    if source is not None:
        with Manifest(paths.manifest) as manifest:
            live = manifest.rows(_LIVE, source, project, project)
        return read_again(paths, [row["file_id"] for row in live], settings, anew=True)
    with Manifest(paths.manifest) as manifest:
        partial = [row["file_id"] for row in manifest.rows(_PARTIAL)]
        rejected = {row["path"]: row["source"] for row in manifest.rows(_REJECTED)}
    return read_again(paths, partial, settings) + _rejected_again(paths, settings, rejected)


_LIVE = """
    select file_id from loads where source = ? and (? is null or project = ?)
    group by file_id having min(state) = 'live' and max(state) = 'live' order by file_id
"""
# A file whose loads were all replaced is history: what it refused is refused for good.
_PARTIAL = """
    select file_id from files where quarantined > 0 and status = 'partial' and source is not null
        and not exists (select 1 from loads where loads.file_id = files.file_id and state <> 'live')
    order by file_id
"""
# The last word on a path counts: a file that was delivered again under its name is not rejected any more.
_REJECTED = """
    select path, source from files where file_id in (select max(file_id) from files group by path)
        and status = 'rejected' and raw_sha256 is not null order by file_id
"""


def _rejected_again(
    paths: DataPaths, settings: IngestSettings, rejected: dict[str, str | None]
) -> list[FileReport]:
    """Rejected files that still lie where they were delivered; those that are rejected again are not reported."""
    waiting = [
        FileRequest(item.path, item.source or "", item.project)
        for item in list_landed(paths)
        if stored(item.path) in rejected
    ]
    reports = ingest(paths, waiting, settings) if waiting else []
    return [report for report in reports if report.status != "rejected"]


def accept_files(
    paths: DataPaths, code: str, files: Iterable[int], settings: IngestSettings
) -> list[FileReport]:
    """Notes that a person takes these files as they are; reports the files that are read again because of it."""
    chosen = list(files)
    with Manifest(paths.manifest) as manifest, manifest.transaction() as con:
        for file_id in chosen:
            row = manifest.rows(
                "select source, project, raw_sha256 from files where file_id = ?", file_id
            )[0]
            accept(con, code, row["source"], row["project"], row["raw_sha256"])
    return read_again(paths, chosen, settings) if code == "TOO_LATE" else []


def acceptable(
    paths: DataPaths, code: str, source: str | None, project: str | None, name: str | None
) -> dict[int, str]:
    """The files, by number, that accepting the code would concern, each with what would happen to it."""
    if not paths.manifest.exists():
        return {}
    with Manifest(paths.manifest) as manifest:
        rows = manifest.rows(_CONCERNED[code])
    return {
        row["file_id"]: f"{row['source']}/{row['project']} {row['file_name']}: {row['what']}"
        for row in rows
        if source in (None, row["source"])
        and project in (None, row["project"])
        and (name is None or Path(name).name == row["file_name"])
    }


_CONCERNED = {
    "DISTRIBUTION": """
        select file_id, source, project, file_name, rows || ' records keep their values' as what
        from loads where state = 'live' and first_event_at is not null order by file_id
    """,
    "TOO_LATE": """
        select files.file_id, source, project, file_name, count(*) || ' late record(s) are loaded' as what
        from files inner join quarantine using (file_id) where quarantine.code = 'TOO_LATE'
            and not exists (select 1 from loads where loads.file_id = files.file_id and state <> 'live')
        group by files.file_id order by files.file_id
    """,
    "SHRINK": """
        select new.file_id, new.source, new.project, new.file_name,
            new.rows || ' rows replace ' || max(old.rows) as what
        from loads as new inner join loads as old on old.superseded_by = new.load_id
        inner join files using (file_id)
        where new.state = 'live' and old.rows > new.rows and not exists (
            select 1 from accepted where code = 'SHRINK' and accepted.raw_sha256 = files.raw_sha256
                and accepted.source = new.source and accepted.project = new.project
        )
        group by new.load_id order by new.file_id
    """,
    "TZ_SHIFT": """
        select file_id, source, project, file_name, rows || ' records keep their times' as what
        from loads where state = 'live' and first_event_at is not null order by file_id
    """,
}
