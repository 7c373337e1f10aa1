"""Takes delivered files into the raw zone, each once, with every record accounted for.

Knows: the order of claim, parse, stage, rename, commit and recount. Must not know: any source's fields, nor the rows of
the manifest. Running the same call again is always safe.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion import quarantine as kept
from ingestion.claim import Claim, stored, take, traits
from ingestion.commit import Delivery, commit, commit_duplicate, commit_rejected
from ingestion.contract import all_contracts
from ingestion.failpoints import reach
from ingestion.intake import Bench, FileIntake, Intake
from ingestion.landing import DataPaths
from ingestion.manifest import Manifest
from ingestion.rawzone import (  # fmt: skip
    ensure_raw_schema,
    export_loads,
    sync_folder,
)
from ingestion.recount import ranges_of, recount
from ingestion.registry import detect, reader_for
from ingestion.sample import sample_of
from ingestion.settle import recount_touched, recover, remember_history, with_counts
from ingestion.spec import (  # fmt: skip
    Bad,
    Context,
    FileReport,
    FileRequest,
    IngestSettings,
    Progress,
    Reader,
    Reject,
)
from ingestion.stage import fsync_folder_files
from ingestion.values.name_dates import day_ahead, days_differ

__all__ = [
    "DiskFull",
    "FileReport",
    "FileRequest",
    "IngestSettings",
    "ensure_raw_schema",
    "export_loads",
    "ingest",
    "read_again",
    "recount",
    "recover",
]


_NO_ROOM = 1024**2  # SQLite calls a disk without room for its shared memory an I/O error


class DiskFull(OSError):
    """The disk is full; the last committed state stands and the next run resumes."""

    code = "DISK_FULL"


def ingest(
    paths: DataPaths,
    requests: Sequence[FileRequest],
    settings: IngestSettings | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> list[FileReport]:
    """Loads the files in the given order, each committed for itself; one report a file, in that order.

    Raises FileNotFoundError before anything is done when a file is not there, and DiskFull when there is no room.
    """
    for request in requests:
        if not os.path.lexists(request.path):
            raise FileNotFoundError(errno.ENOENT, "no such file", str(request.path))
    run = _Run(paths, settings or IngestSettings(), on_progress)
    return run.all([lambda it=request: run.one(it) for request in requests])  # type: ignore[misc]


def read_again(
    paths: DataPaths,
    file_ids: Sequence[int],
    settings: IngestSettings | None = None,
    anew: bool = False,
) -> list[FileReport]:
    """Reads archived files with today's readers and settings; reports those of which fewer records are refused.

    With `anew` every file counts as better, since what was loaded may be wrong (a time zone that was not declared).

    Such a file takes the place of the one that it is: same source, name and content, new counts.
    """
    run = _Run(paths, settings or IngestSettings(), None, anew)
    reports = run.all([lambda it=file_id: run.again(it) for file_id in file_ids])  # type: ignore[misc]
    recover(paths)
    return reports


@dataclass(frozen=True)
class _Pending:
    """A report whose counts are read from the manifest once everything is counted."""

    report: FileReport
    file_id: int | None = None


class _Run:
    """All files of one call."""

    def __init__(
        self,
        paths: DataPaths,
        settings: IngestSettings,
        on_progress: Callable[[Progress], None] | None,
        anew: bool = False,
    ) -> None:
        self._anew = anew
        self._paths, self._settings, self._on_progress = paths, settings, on_progress
        self._manifest: Manifest
        self._bench: Bench
        self._at = FileRequest(Path())
        self._history: dict[tuple[str, str], bool] = {}  # is this call the project's first load?

    def all(self, work: Iterable[Callable[[], _Pending | None]]) -> list[FileReport]:
        """Every report, in order, once all is committed and counted."""
        try:
            recover(self._paths)
            with Manifest(self._paths.manifest) as manifest, Bench(self._paths) as bench:
                self._manifest, self._bench = manifest, bench
                reports = [done for step in work if (done := step()) is not None]
                reach("recount")
                recount_touched(self._paths, manifest)
                remember_history(manifest, {key for key, first in self._history.items() if first})
                return [with_counts(manifest, item.report, item.file_id) for item in reports]
        except Exception as error:
            if _is_disk_full(error, self._paths.root):
                raise self._disk_full() from error
            raise

    def one(self, request: FileRequest) -> _Pending | None:
        """One file from claim to commit; a Reject becomes a report, nothing of it loaded."""
        self._at = request
        reach("land")
        claim: Claim | None = None
        try:
            claim = take(self._paths, request.path)
            reader = self._reader(request, claim)
            self._refuse_ahead(request, reader)
            same = self._manifest.file_with(
                reader.source, request.project, "raw_sha256", claim.sha256
            )
            if same is not None:
                return self._duplicate(request, reader.source, claim, same)
            return self._load(request, reader, claim)
        except Reject as reject:
            return self._rejected(request, claim, reject)
        finally:
            if claim is not None:
                claim.release()

    def again(self, file_id: int) -> _Pending | None:
        """One archived file; None when reading it again makes nothing better."""
        old = self._manifest.rows("select * from files where file_id = ?", file_id)[0]
        archived = self._paths.archive / str(old["raw_sha256"])
        self._at = FileRequest(Path(old["path"]), old["source"], old["project"])
        if not archived.exists():
            gone = Reject("INCOMPLETE_FILE", "its archived copy is gone; deliver the file again")
            return _Pending(_refused(self._at, gone))
        claim = Claim(archived, old["size"], old["mtime_ns"], old["raw_sha256"], is_archived=True)
        try:
            return self._load(self._at, reader_for(old["source"]), claim, old)
        except Reject:  # today's reader refuses the whole file: what was loaded stays
            return None

    def _reader(self, request: FileRequest, claim: Claim) -> Reader:
        if request.source is not None:
            return reader_for(request.source)
        return detect(sample_of(claim.path, request.path.name))

    def _refuse_ahead(self, request: FileRequest, reader: Reader) -> None:
        """Lists of people or plans may be made for a coming day; what happened cannot."""
        if all_contracts()[reader.source].kind == "snapshot":
            return
        day = day_ahead(request.path.name, self._settings.timezone)
        if day is not None:
            raise Reject(
                "FUTURE_EXPORT",
                f"its name says {day}, which has not come; it is read then, or rename it",
            )

    def _load(
        self, request: FileRequest, reader: Reader, claim: Claim, again: sqlite3.Row | None = None
    ) -> _Pending | None:
        source, project, manifest = reader.source, request.project, self._manifest
        is_history = self._is_history(source, project)
        context = Context(
            source,
            project,
            self._settings_of(source, project, claim, is_history),
            self._settings.timezone,
            request.path.name,
        )
        file_id = manifest.reserve("file")
        staging = self._paths.raw / ".staging" / str(file_id)
        bads = kept.QuarantineFile(self._paths, file_id)

        def keep(records: list[Bad], load_id: int | None) -> None:
            bads.add(records, load_id)

        try:
            intake = FileIntake(
                self._bench, reader, context, staging, lambda: manifest.reserve("load"), keep,
                self._on_progress, request.path.name,
            ).run(claim.path)  # fmt: skip
            is_better = self._anew or again is None or intake.quarantined < again["quarantined"]
            if not is_better:
                bads.discard()
                return None
            same = manifest.file_with(source, project, "content_hash", intake.content_hash)
            if same is not None and again is None:
                bads.discard()
                return self._duplicate(request, source, claim, same)
            bads.finish()
            warnings: dict[str, int] = {}
            ranges = self._ranges(source, intake, warnings)
            differs = self._name_differs(request, source, ranges)
            if differs:
                warnings["NAME_DATE_MISMATCH"] = 1
            self._place(source, intake)
            self._archive(claim)
            delivery = Delivery(
                file_id, request, source, claim, intake, bads, ranges, warnings,
                is_history and all_contracts()[source].kind == "events", again,
            )  # fmt: skip
            commit(manifest, delivery)
        except BaseException:
            bads.discard()
            raise
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        reach("committed")
        return _Pending(_report(delivery, differs), file_id)

    def _is_history(self, source: str, project: str) -> bool:
        key = (source, project)
        if key not in self._history:
            self._history[key] = not self._manifest.has_history(source, project)
        return self._history[key]

    def _settings_of(
        self, source: str, project: str, claim: Claim, is_history: bool
    ) -> Mapping[str, Any]:
        """The project's settings; without the limit on age for history and for what a person accepted."""
        declared = self._settings.project(source, project)
        if "late_days" not in declared:
            return declared
        if is_history or self._manifest.accepts("TOO_LATE", source, project, claim.sha256):
            return {name: value for name, value in declared.items() if name != "late_days"}
        return declared

    def _ranges(
        self, source: str, intake: Intake, warnings: dict[str, int]
    ) -> dict[str, tuple[str | None, ...]]:
        con = self._bench.connection
        return {
            name: ranges_of(con(), source, name, table.folder, table.rows, warnings)
            for name, table in intake.tables.items()
        }

    def _name_differs(
        self, request: FileRequest, source: str, ranges: Mapping[str, tuple[str | None, ...]]
    ) -> str | None:
        """Only for events: a list of tickets is named by the day of its export."""
        if all_contracts()[source].kind != "events":
            return None
        found = [pair for four in ranges.values() for pair in (four[:2], four[2:])]
        return days_differ(request.path.name, *((first, last) for first, last in found))

    def _place(self, source: str, intake: Intake) -> None:
        """Makes the parts durable and moves them to their load folders; invisible until the commit."""
        for name, table in intake.tables.items():
            fsync_folder_files(table.folder)
            reach("fsync")
            target = self._paths.load_dir(source, name, table.load_id)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.rename(table.folder, target)
            sync_folder(target)
            sync_folder(target.parent)
            reach("rename")

    def _archive(self, claim: Claim) -> None:
        self._paths.archive.mkdir(parents=True, exist_ok=True)
        target = self._paths.archive / claim.sha256
        if not target.exists():
            with open(claim.path, "rb") as handle:
                os.fsync(handle.fileno())
            os.replace(claim.path, target)
            sync_folder(self._paths.archive)
        reach("archive")

    def _duplicate(
        self, request: FileRequest, source: str, claim: Claim, same: sqlite3.Row
    ) -> _Pending:
        message = commit_duplicate(self._manifest, request, source, claim, same)
        seen = same["records_seen"]
        return _Pending(
            FileReport(
                stored(request.path), source, request.project, "duplicate",
                message=message, records_seen=seen, duplicate=seen,
            )
        )  # fmt: skip

    def _rejected(self, request: FileRequest, claim: Claim | None, reject: Reject) -> _Pending:
        info = os.lstat(request.path) if os.path.lexists(request.path) else None
        seen = claim or Claim(Path(), *traits(info), "")
        commit_rejected(self._manifest, request, seen, reject, is_copied=claim is not None)
        return _Pending(_refused(request, reject))

    def _disk_full(self) -> DiskFull:
        path, root = self._at.path, self._paths.root
        size = os.lstat(path).st_size if os.path.lexists(path) else 0
        free = shutil.disk_usage(root).free
        return DiskFull(
            errno.ENOSPC,
            f"DISK_FULL: {stored(path)} needs about {2 * size} bytes under {root}, {free} are free",
        )


def _is_disk_full(error: Exception, root: Path) -> bool:
    """True however the library that met the full disk says so."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    told = str(error).lower()
    if "no space left on device" in told or "disk is full" in told:
        return True
    return isinstance(error, sqlite3.OperationalError) and shutil.disk_usage(root).free < _NO_ROOM


def _refused(request: FileRequest, reject: Reject) -> FileReport:
    path, source = stored(request.path), request.source or None
    return FileReport(path, source, request.project, "rejected", reject.code, reject.message)


def _report(delivery: Delivery, differs: str | None) -> FileReport:
    intake, rows = delivery.intake, delivery.bads.rows
    reason, message = _first(rows, intake.quarantined)
    if reason is None and delivery.status == "empty":
        reason, message = "EMPTY_EXPORT", "the file holds no record"
    elif reason is None and differs:
        reason, message = "NAME_DATE_MISMATCH", f"{differs}; the content counts"
    return FileReport(
        file=stored(delivery.request.path),
        source=delivery.source,
        project=delivery.request.project,
        status=delivery.status,
        reason=reason,
        message=message,
        records_seen=intake.seen,
        quarantined=intake.quarantined,
        filtered=intake.filtered,
    )


def _first(rows: Sequence[tuple[Any, ...]], count: int) -> tuple[str | None, str | None]:
    """The code and the message of the first refused record, with its place."""
    if not rows:
        return None, None
    _, _, member, line, _, code, message = rows[0][:7]
    where = " ".join(part for part in (member, f"line {line}" if line else "") if part)
    more = f" (and {count - 1} more)" if count > 1 else ""
    return code, f"{where}: {message}{more}"
