"""Takes delivered files into the raw zone, each once, with every record accounted for.

Knows: the order of claim, parse, stage, rename, commit and recount, and what a load supersedes.
Must not know: any source's fields. Running the same call again is always safe.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion import quarantine as kept
from ingestion.containers import CHUNK, check_regular
from ingestion.contract import all_contracts
from ingestion.failpoints import reach
from ingestion.intake import Bench, FileIntake, Intake, TableIntake, sample_of
from ingestion.landing import DataPaths, list_landed
from ingestion.manifest import Manifest, now_text
from ingestion.rawzone import (  # fmt: skip
    ensure_raw_schema,
    export_loads,
    sync_folder,
)
from ingestion.recount import ranges_of, recount
from ingestion.registry import detect, reader_for
from ingestion.settle import recount_touched, recover, supersede, with_counts
from ingestion.spec import (  # fmt: skip
    Bad,
    Context,
    FileReport,
    FileRequest,
    IngestSettings,
    Progress,
    Reader,
    Reject,
    printable,
)
from ingestion.stage import fsync_folder_files

__all__ = [
    "DiskFull",
    "FileReport",
    "FileRequest",
    "IngestSettings",
    "ensure_raw_schema",
    "export_loads",
    "ingest",
    "pending",
    "recount",
    "recover",
]


class DiskFull(OSError):
    """The disk is full; the last committed state stands and the next run resumes."""

    code = "DISK_FULL"


@dataclass(frozen=True)
class _Claim:
    """Our own copy of a delivered file."""

    path: Path
    size: int
    mtime_ns: int
    sha256: str


def pending(paths: DataPaths) -> list[FileRequest]:
    """The landed files that the manifest does not know by path, size and time of change."""
    found: list[FileRequest] = []
    landed = list_landed(paths)
    if not landed:
        return found
    with Manifest(paths.manifest) as manifest:
        known = {
            (row["path"], row["size"], row["mtime_ns"])
            for row in manifest.rows("select path, size, mtime_ns from files")
        }
    for item in landed:
        info = os.lstat(item.path)
        if (_stored(item.path), info.st_size, info.st_mtime_ns) not in known:
            found.append(FileRequest(item.path, item.source or "", item.project))
    return found


def ingest(
    paths: DataPaths,
    requests: Sequence[FileRequest],
    settings: IngestSettings | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> list[FileReport]:
    """Loads the files in the given order, each committed for itself; one report a file, in that order.

    Raises FileNotFoundError before anything is done when a file is not there, and DiskFull when there is no room.
    """
    settings = settings or IngestSettings()
    for request in requests:
        if not os.path.lexists(request.path):
            raise FileNotFoundError(errno.ENOENT, "no such file", str(request.path))
    recover(paths)
    run = _Run(paths, settings, on_progress)
    try:
        with Manifest(paths.manifest) as manifest, Bench(paths) as bench:
            reports = [run.one(manifest, bench, request) for request in requests]
            recount_touched(paths, manifest)
            return [with_counts(manifest, item.report, item.file_id) for item in reports]
    except OSError as error:
        if error.errno == errno.ENOSPC:
            free = shutil.disk_usage(paths.root).free
            raise DiskFull(
                errno.ENOSPC, f"DISK_FULL: {free // 1024**2} MiB free under {paths.root}"
            ) from error
        raise


@dataclass(frozen=True)
class _Pending:
    """A report whose counts are read from the manifest once everything is counted."""

    report: FileReport
    file_id: int | None = None


class _Run:
    def __init__(
        self,
        paths: DataPaths,
        settings: IngestSettings,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self._paths, self._settings, self._on_progress = paths, settings, on_progress

    def one(self, manifest: Manifest, bench: Bench, request: FileRequest) -> _Pending:
        """One file from claim to commit; a Reject becomes a report, nothing of it loaded."""
        reach("land")
        claim: _Claim | None = None
        try:
            claim = self._claim(request.path)
            reader = self._reader(request, claim)
            same = manifest.file_with(reader.source, request.project, "raw_sha256", claim.sha256)
            if same is not None:
                return self._duplicate(manifest, request, reader.source, claim, same)
            return self._load(manifest, bench, request, reader, claim)
        except Reject as reject:
            return self._rejected(manifest, request, claim, reject)
        finally:
            if claim is not None:
                claim.path.unlink(missing_ok=True)

    def _claim(self, path: Path) -> _Claim:
        """Copies the file so that what is read cannot change under us."""
        check_regular(path)
        before = os.stat(path)
        self._paths.tmp.mkdir(parents=True, exist_ok=True)
        target = self._paths.tmp / f"claim-{uuid.uuid4().hex}"
        digest = hashlib.sha256()
        with open(path, "rb") as source, open(target, "wb") as copy:
            while data := source.read(4 * CHUNK):
                digest.update(data)
                copy.write(data)
        after = os.stat(path)
        reach("claim")
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            target.unlink()
            raise Reject("CHANGED_WHILE_READING", "the file changed while it was copied; try again")
        return _Claim(target, after.st_size, after.st_mtime_ns, digest.hexdigest())

    def _reader(self, request: FileRequest, claim: _Claim) -> Reader:
        if request.source is not None:
            return reader_for(request.source)
        return detect(sample_of(claim.path, request.path.name))

    def _load(
        self,
        manifest: Manifest,
        bench: Bench,
        request: FileRequest,
        reader: Reader,
        claim: _Claim,
    ) -> _Pending:
        source, project = reader.source, request.project
        context = Context(
            source,
            project,
            self._settings.project(source, project),
            self._settings.timezone,
            request.path.name,
        )
        file_id = manifest.reserve("file")
        staging = self._paths.raw / ".staging" / str(file_id)
        bads = kept.QuarantineFile(self._paths, file_id)
        warnings: dict[str, int] = {}

        def keep(records: list[Bad], load_id: int | None) -> None:
            bads.add(records, load_id)

        try:
            intake = FileIntake(
                bench, reader, context, staging, lambda: manifest.reserve("load"), keep,
                self._on_progress, request.path.name,
            ).run(claim.path)  # fmt: skip
            same = manifest.file_with(source, project, "content_hash", intake.content_hash)
            if same is not None:
                bads.discard()
                return self._duplicate(manifest, request, source, claim, same)
            bads.finish()
            ranges = {
                name: ranges_of(
                    bench.connection(), reader.source, name, table.folder, table.rows, warnings
                )
                for name, table in intake.tables.items()
            }
            self._place(source, intake)
            self._archive(claim)
            self._commit(manifest, request, source, claim, file_id, intake, bads, ranges, warnings)
        except BaseException:
            bads.discard()
            raise
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        status = "partial" if intake.quarantined else "loaded" if intake.seen else "empty"
        return _Pending(
            FileReport(
                file=str(request.path),
                source=source,
                project=project,
                status=status,
                reason=_first_code(bads.rows) or ("EMPTY_EXPORT" if status == "empty" else None),
                message=_first_message(bads.rows, intake.quarantined),
                records_seen=intake.seen,
                quarantined=intake.quarantined,
                filtered=intake.filtered,
            ),
            file_id,
        )

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

    def _archive(self, claim: _Claim) -> None:
        self._paths.archive.mkdir(parents=True, exist_ok=True)
        target = self._paths.archive / claim.sha256
        if not target.exists():
            with open(claim.path, "rb") as handle:
                os.fsync(handle.fileno())
            os.replace(claim.path, target)
            sync_folder(self._paths.archive)

    def _commit(
        self,
        manifest: Manifest,
        request: FileRequest,
        source: str,
        claim: _Claim,
        file_id: int,
        intake: Intake,
        bads: kept.QuarantineFile,
        ranges: dict[str, tuple[str | None, ...]],
        warnings: dict[str, int],
    ) -> None:
        name, project, at = _stored(Path(request.path.name)), request.project, now_text()
        status = "partial" if intake.quarantined else "loaded" if intake.seen else "empty"
        tables = dict(intake.tables)
        reach("commit_manifest")
        with manifest.transaction() as con:
            manifest.add_file(
                con,
                file_id=file_id,
                source=source,
                project=project,
                file_name=name,
                path=_stored(request.path),
                size=claim.size,
                mtime_ns=claim.mtime_ns,
                raw_sha256=claim.sha256,
                content_hash=intake.content_hash,
                encoding=intake.encoding,
                status=status,
                records_seen=intake.seen,
                quarantined=intake.quarantined,
                filtered=intake.filtered,
            )
            extra = intake.entry_bad
            if extra and not tables:
                first = all_contracts()[source].tables[0].name
                tables[first] = TableIntake(manifest.reserve("load"), Path())
            for table_name, table in tables.items():
                con.execute(
                    "insert into loads (load_id, file_id, source, project, table_name, file_name, content_hash,"
                    " state, rows, records_seen, quarantined, filtered, first_event_at, last_event_at, first_upload_at,"
                    " last_upload_at, committed_at) values (?, ?, ?, ?, ?, ?, ?, 'live', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        table.load_id, file_id, source, project, table_name, name, intake.content_hash,
                        table.rows, table.seen + extra, table.bad + extra, table.filtered,
                        *ranges.get(table_name, (None,) * 4), at,
                    ),
                )  # fmt: skip
                extra = 0
                supersede(con, source, project, table_name, name, table.load_id)
                con.execute(
                    "insert or ignore into recounts values (?, ?, ?)", (source, project, table_name)
                )
            con.executemany(kept.INSERT, bads.rows)
            con.executemany(
                "insert into warnings values (?, ?, ?)",
                [(file_id, code, records) for code, records in warnings.items()],
            )

    def _duplicate(
        self, manifest: Manifest, request: FileRequest, source: str, claim: _Claim, same: Any
    ) -> _Pending:
        seen = same["records_seen"]
        message = f"the same content was loaded as {same['file_name']} at {same['committed_at']}"
        with manifest.transaction() as con:
            manifest.add_file(
                con,
                source=source,
                project=request.project,
                file_name=_stored(Path(request.path.name)),
                path=_stored(request.path),
                size=claim.size,
                mtime_ns=claim.mtime_ns,
                raw_sha256=claim.sha256,
                content_hash=same["content_hash"],
                status="duplicate",
                message=message,
                duplicate_of=same["file_id"],
                records_seen=seen,
            )
        return _Pending(
            FileReport(
                str(request.path), source, request.project, "duplicate",
                message=message, records_seen=seen, duplicate=seen,
            )
        )  # fmt: skip

    def _rejected(
        self, manifest: Manifest, request: FileRequest, claim: _Claim | None, reject: Reject
    ) -> _Pending:
        info = os.lstat(request.path) if os.path.lexists(request.path) else None
        size = claim.size if claim else info.st_size if info else 0
        mtime = claim.mtime_ns if claim else info.st_mtime_ns if info else 0
        with manifest.transaction() as con:
            manifest.add_file(
                con,
                source=request.source or None,
                project=request.project,
                file_name=_stored(Path(request.path.name)),
                path=_stored(request.path),
                size=size,
                mtime_ns=mtime,
                raw_sha256=claim.sha256 if claim else None,
                status="rejected",
                reason=reject.code,
                message=reject.message,
            )
        return _Pending(
            FileReport(
                str(request.path), request.source or None, request.project, "rejected",
                reject.code, reject.message,
            )
        )  # fmt: skip


def _stored(path: Path) -> str:
    """A path as the manifest keeps it: shown safely, and never opened from there."""
    return printable(
        str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    )


def _first_code(rows: Iterable[tuple[Any, ...]]) -> str | None:
    return next((row[5] for row in rows), None)


def _first_message(rows: Sequence[tuple[Any, ...]], count: int) -> str | None:
    if not rows:
        return None
    member, line, message = rows[0][2], rows[0][3], rows[0][6]
    where = " ".join(part for part in (member, f"line {line}" if line else "") if part)
    more = f" (and {count - 1} more)" if count > 1 else ""
    return f"{where}: {message}{more}"
