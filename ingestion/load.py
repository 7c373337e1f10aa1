"""Takes delivered files into the raw zone, each once, with every record accounted for.

Knows: the order of files, and of rename, commit and recount. Must not know: any source's fields, how a file is read, nor
the rows of the manifest. Running the same call again is always safe.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.ahead import in_order
from ingestion.bench import Bench
from ingestion.claim import Claim, stored, traits
from ingestion.commit import Delivery, commit, commit_duplicate, commit_rejected
from ingestion.failpoints import reach
from ingestion.intake import Intake
from ingestion.landing import DataPaths
from ingestion.manifest import Manifest
from ingestion.numbers import Numbers
from ingestion.prepare import Prepared, Preparer
from ingestion.rawzone import (  # fmt: skip
    ensure_raw_schema,
    export_loads,
    sync_folder,
)
from ingestion.recount import recount
from ingestion.settle import recount_touched, recover, remember_history, with_counts
from ingestion.spec import (  # fmt: skip
    FileReport,
    FileRequest,
    IngestSettings,
    Progress,
    Reject,
)

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
    return _Run(paths, settings or IngestSettings(), on_progress).delivered(requests)


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
    reports = _Run(paths, settings or IngestSettings(), None, anew).archived(file_ids)
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
        self._preparer: Preparer
        self._at = FileRequest(Path())

    def delivered(self, requests: Sequence[FileRequest]) -> list[FileReport]:
        """One report a file, each committed in its turn while those that follow are read."""

        def work(bench: Bench, numbers: Numbers) -> Generator[_Pending]:
            def begin(request: FileRequest) -> Callable[[], Prepared]:
                its = numbers.of_next_file()
                return lambda: self._preparer.delivered(request, its)

            with closing(in_order(self._paths.root, requests, begin, bench)) as files:
                for request, taken in files:
                    self._at = request
                    yield self._finished(taken())

        return self._all(work)

    def archived(self, file_ids: Sequence[int]) -> list[FileReport]:
        """One report for each archived file that reading it again makes better."""

        def work(bench: Bench, numbers: Numbers) -> Generator[_Pending | None]:
            for file_id in file_ids:
                yield self._again(file_id, numbers)

        return self._all(work)

    def _all(self, work: Callable[[Bench, Numbers], Iterable[_Pending | None]]) -> list[FileReport]:
        """Every report, in order, once all is committed and counted."""
        try:
            recover(self._paths)
            with Manifest(self._paths.manifest) as manifest:
                self._manifest = manifest
                with Bench(self._paths) as bench:
                    self._preparer = Preparer(
                        self._paths, self._settings, manifest, bench, self._on_progress
                    )
                    numbers = Numbers(manifest.reserve)
                    reports = [done for done in work(bench, numbers) if done is not None]
                # counting may take much memory: what reading held is given back before
                reach("recount")
                recount_touched(self._paths, manifest)
                remember_history(manifest, self._preparer.first_loads())
                return [with_counts(manifest, item.report, item.file_id) for item in reports]
        except Exception as error:
            if _is_disk_full(error, self._paths.root):
                raise self._disk_full() from error
            raise

    def _finished(self, prepared: Prepared) -> _Pending:
        """Commits a file in its turn: what was committed before it decides what it is."""
        try:
            if prepared.reject is not None:
                return self._rejected(prepared, prepared.reject)
            same = prepared.same or self._same(prepared)
            if same is not None:
                prepared.discard()
                return self._duplicate(prepared, same)
            return self._committed(prepared)
        except BaseException:
            prepared.discard()
            raise
        finally:
            prepared.release()

    def _again(self, file_id: int, numbers: Numbers) -> _Pending | None:
        """One archived file; None when reading it again makes nothing better."""
        old = self._manifest.rows("select * from files where file_id = ?", file_id)[0]
        request = FileRequest(Path(old["path"]), old["source"], old["project"])
        self._at = request
        if not (self._paths.archive / str(old["raw_sha256"])).exists():
            gone = Reject("INCOMPLETE_FILE", "its archived copy is gone; deliver the file again")
            return _Pending(_refused(request, gone))
        prepared = self._preparer.archived(request, numbers.of_next_file(), old)
        delivery = prepared.delivery
        try:
            if delivery is None:  # today's reader refuses the whole file: what was loaded stays
                return None
            if not self._anew and delivery.intake.quarantined >= old["quarantined"]:
                prepared.discard()
                return None
            return self._committed(prepared)
        except BaseException:
            prepared.discard()
            raise
        finally:
            prepared.release()

    def _same(self, prepared: Prepared) -> sqlite3.Row | None:
        """The committed file of the same bytes or content; it may have come while this one was read."""
        source, project = str(prepared.source), prepared.request.project
        claim, delivery = prepared.claim, prepared.delivery
        assert claim is not None and delivery is not None
        return self._manifest.file_with(
            source, project, "raw_sha256", claim.sha256
        ) or self._manifest.file_with(source, project, "content_hash", delivery.intake.content_hash)

    def _committed(self, prepared: Prepared) -> _Pending:
        delivery = prepared.delivery
        assert delivery is not None
        self._place(delivery.source, delivery.intake)
        self._archive(delivery.claim)
        commit(self._manifest, delivery)
        prepared.delivery = None  # from here on nothing takes it back
        reach("committed")
        return _Pending(_report(delivery, prepared.differs), delivery.file_id)

    def _place(self, source: str, intake: Intake) -> None:
        """Moves the durable parts to their load folders; invisible until the commit."""
        for name, table in intake.tables.items():
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

    def _duplicate(self, prepared: Prepared, same: sqlite3.Row) -> _Pending:
        request, source, claim = prepared.request, str(prepared.source), prepared.claim
        assert claim is not None
        message = commit_duplicate(self._manifest, prepared.file_id, request, source, claim, same)
        seen = same["records_seen"]
        return _Pending(
            FileReport(
                stored(request.path), source, request.project, "duplicate",
                message=message, records_seen=seen, duplicate=seen,
            )
        )  # fmt: skip

    def _rejected(self, prepared: Prepared, reject: Reject) -> _Pending:
        request, claim = prepared.request, prepared.claim
        info = os.lstat(request.path) if os.path.lexists(request.path) else None
        seen = claim or Claim(Path(), *traits(info), "")
        commit_rejected(
            self._manifest, prepared.file_id, request, seen, reject, is_copied=claim is not None
        )
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
