"""Writes what became of a file into the manifest, all or nothing: loaded, a duplicate, or rejected.

Knows: the rows of files, loads, quarantine and warnings, and what a load replaces. Must not know: how files are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import Connection, Row
from typing import Any

from ingestion import quarantine as kept
from ingestion.claim import Claim, stored
from ingestion.contract import all_contracts
from ingestion.failpoints import reach
from ingestion.intake import Intake
from ingestion.manifest import Manifest, accept, now_text
from ingestion.parts import TableIntake
from ingestion.settle import forget_loads, supersede
from ingestion.spec import FileRequest, Reject


@dataclass(frozen=True)
class Delivery:
    """A file that was read and staged, ready to be committed."""

    file_id: int
    request: FileRequest
    source: str
    claim: Claim
    intake: Intake
    bads: kept.QuarantineFile
    ranges: Mapping[str, tuple[str | None, ...]]
    warnings: Mapping[str, int]
    is_history: bool = False  # the first load of a project: its age is accepted for good
    again: Row | None = field(default=None, compare=False)  # the file that this one is, read again

    @property
    def status(self) -> str:
        """partial, loaded or empty."""
        if self.intake.quarantined:
            return "partial"
        return "loaded" if self.intake.seen else "empty"


def commit(manifest: Manifest, delivery: Delivery) -> None:
    """Makes the delivery's loads live, and what they replace not; durable when it returns."""
    intake, source, project = delivery.intake, delivery.source, delivery.request.project
    name = stored(Path(delivery.request.path.name))
    reach("commit_manifest")
    with manifest.transaction() as con:
        _add(manifest, con, delivery.request, source, delivery.claim, {
            "file_id": delivery.file_id, "content_hash": intake.content_hash, "encoding": intake.encoding, "dialect": intake.dialect,
            "status": delivery.status, "records_seen": intake.seen, "quarantined": intake.quarantined,
            "filtered": intake.filtered,
        })  # fmt: skip
        tables, extra = dict(intake.tables), intake.entry_bad
        if extra and not tables:
            first = all_contracts()[source].tables[0].name
            tables[first] = TableIntake(manifest.reserve("load"), Path())
        at = now_text()
        for table_name, table in tables.items():
            con.execute(
                "insert into loads (load_id, file_id, source, project, table_name, file_name, content_hash,"
                " state, rows, records_seen, quarantined, filtered, first_event_at, last_event_at, first_upload_at,"
                " last_upload_at, committed_at) values (?, ?, ?, ?, ?, ?, ?, 'live', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    table.load_id, delivery.file_id, source, project, table_name, name, intake.content_hash,
                    table.rows, table.seen + extra, table.bad + extra, table.filtered,
                    *delivery.ranges.get(table_name, (None,) * 4), at,
                ),
            )  # fmt: skip
            extra = 0
            if delivery.again is None:
                supersede(con, source, project, table_name, name, table.load_id)
            con.execute(
                "insert or ignore into recounts values (?, ?, ?)", (source, project, table_name)
            )
        con.executemany(kept.INSERT, delivery.bads.rows)
        con.executemany(
            "insert into warnings values (?, ?, ?)",
            [(delivery.file_id, code, records) for code, records in delivery.warnings.items()],
        )
        if delivery.is_history:
            accept(con, "TOO_LATE", source, project, delivery.claim.sha256)
        if delivery.again is not None:
            forget_loads(con, delivery.again["file_id"], delivery.file_id)


def commit_duplicate(
    manifest: Manifest, file_id: int, request: FileRequest, source: str, claim: Claim, same: Row
) -> str:
    """Notes that the content is there already; returns the message that says where."""
    message = f"the same content was loaded as {same['file_name']} at {same['committed_at']}"
    with manifest.transaction() as con:
        _add(manifest, con, request, source, claim, {
            "file_id": file_id, "content_hash": same["content_hash"], "status": "duplicate", "message": message,
            "duplicate_of": same["file_id"], "records_seen": same["records_seen"],
        })  # fmt: skip
    return message


def commit_rejected(
    manifest: Manifest,
    file_id: int,
    request: FileRequest,
    claim: Claim,
    reject: Reject,
    is_copied: bool,
) -> None:
    """Notes that nothing of the file was loaded, and why; tried again, it stays one rejected file."""
    with manifest.transaction() as con:
        con.execute(
            "delete from files where path = ? and size = ? and mtime_ns = ? and status = 'rejected'",
            (stored(request.path), claim.size, claim.mtime_ns),
        )
        _add(manifest, con, request, request.source or None, claim, {
            "file_id": file_id, "raw_sha256": claim.sha256 if is_copied else None, "status": "rejected",
            "reason": reject.code, "message": reject.message,
        })  # fmt: skip


def _add(
    manifest: Manifest,
    con: Connection,
    request: FileRequest,
    source: str | None,
    claim: Claim,
    values: dict[str, Any],
) -> None:
    known = {
        "source": source, "project": request.project, "file_name": stored(Path(request.path.name)),
        "path": stored(request.path), "size": claim.size, "mtime_ns": claim.mtime_ns,
        "raw_sha256": claim.sha256,
    }  # fmt: skip
    manifest.add_file(con, **{**known, **values})
