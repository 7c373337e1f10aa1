"""Keeps the records that could not be loaded: raw bytes, where they were, and why.

Knows: the quarantine's files and its rows in the manifest. Must not know: how a record is parsed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.landing import DataPaths
from ingestion.manifest import Manifest
from ingestion.spec import Bad, printable


@dataclass(frozen=True)
class Kept:
    """One quarantined record; `raw` is only read by `show`."""

    id: int
    source: str | None
    project: str
    file: str
    member: str
    line: int | None
    offset: int | None
    code: str
    message: str
    replayed: bool
    raw: bytes | None = None

    def to_dict(self) -> dict[str, Any]:
        """The public form of `quarantine list --json`."""
        names = "id source project file member line offset code message"
        return {name: getattr(self, name) for name in names.split()}


class QuarantineFile:
    """The raw bytes of one file's bad records, written beside the load and made durable before its commit."""

    def __init__(self, paths: DataPaths, file_id: int) -> None:
        self.path = paths.quarantine / f"{file_id}.raw"
        self.rows: list[tuple[Any, ...]] = []
        self._file_id = file_id
        self._handle: Any = None
        self._position = 0

    def add(self, bads: Sequence[Bad], load_id: int | None) -> None:
        """Appends records; they count once `rows` is in the manifest."""
        if not bads:
            return
        if self._handle is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = open(self.path, "wb")  # noqa: SIM115 (closed by finish)
        for bad in bads:
            self._handle.write(bad.raw)
            full = bad.full_size if bad.full_size is not None else len(bad.raw)
            digest = bad.sha256 or hashlib.sha256(bad.raw).hexdigest()
            self.rows.append(
                (
                    self._file_id,
                    load_id,
                    printable(bad.member),  # shown, and never used as a path or a command
                    bad.line,
                    bad.offset,
                    bad.code,
                    printable(bad.message),
                    self._position,
                    len(bad.raw),
                    full,
                    digest,
                )  # fmt: skip
            )
            self._position += len(bad.raw)

    def finish(self) -> None:
        """Makes the bytes durable."""
        if self._handle is not None:
            self._handle.flush()
            os.fsync(self._handle.fileno())
            self._handle.close()
            self._handle = None

    def discard(self) -> None:
        """Forgets everything; used when the file is rejected after all."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None
        self.path.unlink(missing_ok=True)
        self.rows.clear()
        self._position = 0


INSERT = (
    "insert into quarantine (file_id, load_id, member, line, byte_offset, code, message, raw_offset, raw_size,"
    " full_size, sha256) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

_SELECT = """
    select quarantine.id, files.source, files.project, files.file_name as file, quarantine.member,
        quarantine.line, quarantine.byte_offset as offset, quarantine.code, quarantine.message,
        quarantine.replayed, quarantine.file_id, quarantine.raw_offset, quarantine.raw_size
    from quarantine inner join files using (file_id)
"""


def list_records(paths: DataPaths, limit: int | None = None) -> list[Kept]:
    """Every record still in quarantine, oldest first."""
    if not paths.manifest.exists():
        return []
    query = _SELECT + " where not quarantine.replayed order by quarantine.id"
    if limit is not None:
        query += f" limit {int(limit)}"
    with Manifest(paths.manifest) as manifest:
        return [_kept(row) for row in manifest.rows(query)]


def show(paths: DataPaths, record_id: int) -> bytes:
    """The kept bytes of one record; a KeyError when there is none of that id."""
    return find(paths, record_id).raw or b""


def find(paths: DataPaths, record_id: int) -> Kept:
    """One record with its raw bytes; a KeyError when there is none of that id."""
    found: list[Any] = []
    if paths.manifest.exists():
        with Manifest(paths.manifest) as manifest:
            found = manifest.rows(_SELECT + " where quarantine.id = ?", record_id)
    if not found:
        raise KeyError(
            f"no quarantined record {record_id}; `productops quarantine list` shows them"
        )
    row = found[0]
    raw = read_raw(paths.quarantine / f"{row['file_id']}.raw", row["raw_offset"], row["raw_size"])
    return _kept(row, raw)


def read_raw(path: Path, offset: int, size: int) -> bytes:
    """The kept bytes of one record."""
    if size == 0:
        return b""
    with open(path, "rb") as handle:
        handle.seek(offset)
        return handle.read(size)


def _kept(row: Any, raw: bytes | None = None) -> Kept:
    return Kept(
        id=row["id"],
        source=row["source"],
        project=row["project"],
        file=row["file"],
        member=row["member"] or "",
        line=row["line"],
        offset=row["offset"],
        code=row["code"],
        message=row["message"],
        replayed=bool(row["replayed"]),
        raw=raw,
    )
