"""Reads one claimed file, member by member, with bounded memory.

Knows: the way from container to slices of lines. Must not know: how lines become parts, the manifest, or which loads
are live.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from ingestion.bench import Bench
from ingestion.contract import Contract, all_contracts
from ingestion.failpoints import reach
from ingestion.formats.broken_lines import join_broken
from ingestion.formats.containers import CHUNK, Container, Member, open_container
from ingestion.formats.lines import Content, Slice, slices
from ingestion.formats.parquet import as_json_lines, is_parquet
from ingestion.formats.records import HEAD, parse_all, shape_of, walk
from ingestion.parts import Parts, TableIntake
from ingestion.spec import (  # fmt: skip
    SLICE_BYTES,
    Bad,
    Context,
    Filtered,
    Progress,
    Reader,
    Reject,
    printable,
)

_NUMBERED_LINES = 50_000
_BADS_HELD = 10_000


@dataclass
class Intake:
    """One file, staged but not committed."""

    content_hash: str = ""
    encoding: str = "utf-8"
    dialect: str | None = None  # of a CSV: its delimiter
    tables: dict[str, TableIntake] = field(default_factory=dict)
    entry_bad: int = 0

    @property
    def seen(self) -> int:
        return self.entry_bad + sum(table.seen for table in self.tables.values())

    @property
    def quarantined(self) -> int:
        return self.entry_bad + sum(table.bad for table in self.tables.values())

    @property
    def filtered(self) -> int:
        return sum(table.filtered for table in self.tables.values())


class FileIntake:
    """Stages one file; `run` raises Reject when nothing of it may be loaded."""

    def __init__(
        self,
        bench: Bench,
        reader: Reader,
        context: Context,
        staging: Path,
        next_load_id: Callable[[], int],
        keep_bad: Callable[[list[Bad], int | None], None],
        on_progress: Callable[[Progress], None] | None = None,
        label: str = "",
    ) -> None:
        self._bench, self._reader, self._context, self._staging = bench, reader, context, staging
        self._keep_bad = keep_bad
        self._contract: Contract = all_contracts()[reader.source]
        self._parts = Parts(bench, reader, context, staging, next_load_id, keep_bad)
        self._result = Intake(tables=self._parts.tables)
        self._on_progress, self._label = on_progress, label
        self._started = self._reported = time.monotonic()
        self._container: Container | None = None

    def run(self, path: Path) -> Intake:
        """Reads the whole container; all parts are written when it returns."""
        with self._bench.at_work():
            return self._run(path)

    def _run(self, path: Path) -> Intake:
        container = self._container = open_container(path, self._label)
        self._parts.expect(container.content)
        reach("parse")
        if container.bad_entries:
            self._keep_bad(container.bad_entries, None)
            self._result.entry_bad = len(container.bad_entries)
        digest = hashlib.sha256()
        try:
            with self._bench.reading():
                for member in container.members():
                    self._member(member, digest, path)
            self._parts.finish()
        except BaseException:
            self._parts.stop()
            raise
        self._result.content_hash = digest.hexdigest()
        self._tell(at_end=True)
        return self._result

    def _member(self, member: Member, digest: Any, path: Path) -> None:
        name = member.name or self._label
        if self._reader.ignores and self._reader.ignores(name):
            while member.stream.read(CHUNK):
                pass
            return
        if not member.name and is_parquet(path):
            if "parquet" not in self._reader.formats:
                raise Reject("TYPE_MISMATCH", f"{self._reader.source} does not take Parquet")
            member = Member("", open(self._parquet_lines(path), "rb"))  # noqa: SIM115
        with Content(member.stream, digest) as content:
            self._content(member, name, content)

    def _content(self, member: Member, name: str, content: Content) -> None:
        shape = self._shape(content)
        if shape == "empty":
            content.pass_over()
            return
        typed = shape == "ndjson" and self._reader.sql and not self._reader.parse
        table = self._table_of(name, content) if typed else ""
        if typed and table not in self._reader.reshape:
            pieces = slices(content, member.name)
            for piece in join_broken(pieces) if self._reader.joins_lines else pieces:
                self._parts.add(table, piece)
                self._tell()
        else:
            for table, piece in self._numbered(content, member.name, shape):
                self._parts.add(table, piece)
        if content.encoding != "utf-8":
            self._result.encoding = content.encoding
        self._result.dialect = content.dialect or self._result.dialect
        if self._reader.check_end:
            self._reader.check_end(content.tail)

    def _shape(self, content: Content) -> str:
        """How the member is written; what is wrong with its container goes before what it looks like inside."""
        formats = self._reader.formats
        try:
            shape = shape_of(content, formats, self._reader.page_keys)
            if shape != "empty" and shape not in formats:
                wanted = ", ".join(formats)
                raise Reject(
                    "SHAPE", f"the content is {shape}; {self._reader.source} takes {wanted}"
                )
        except Reject:
            content.pass_over()
            raise
        return shape

    def _parquet_lines(self, path: Path) -> Path:
        self._staging.mkdir(parents=True, exist_ok=True)
        target = self._staging / ".parquet.ndjson"
        as_json_lines(self._bench.connection(), path, target)
        return target

    def _table_of(self, name: str, content: Content) -> str:
        """The table of a member's lines, by its name and its first record."""
        if self._reader.table_of is None:
            return self._contract.tables[0].name
        lines = content.peek(HEAD).split(b"\n")
        first = next((line for line in lines if line.strip()), b"")
        try:
            record = orjson.loads(first)
        except orjson.JSONDecodeError:
            record = {}
        return self._reader.table_of(name, None, record if isinstance(record, dict) else {})

    def _numbered(self, content: Content, member: str, shape: str) -> Iterator[tuple[str, Slice]]:
        """Records of other shapes, by table, as JSON lines that carry their own number."""
        first = self._contract.tables[0].name
        context = replace(self._context, member=member, table=first)
        records = walk(content, member, shape, self._reader, context)
        held: dict[str, _Lines] = {}
        for item in parse_all(records, member, self._reader, context):
            lines = held.setdefault(item[1] if isinstance(item, tuple) else first, _Lines())
            if isinstance(item, Bad):
                lines.bads.append(item)
            elif isinstance(item, Filtered):
                lines.filtered += 1
            else:
                found = item[0]
                lines.add(encode({**item[2], "__line": found.line}))
                if self._reader.parse is None:
                    lines.origins.append((found.line, found.offset, found.raw))
            if lines.full:
                table = next(name for name, those in held.items() if those is lines)
                yield table, held.pop(table).as_slice(member)
        for table, lines in held.items():
            yield table, lines.as_slice(member)

    def _tell(self, at_end: bool = False) -> None:
        now = time.monotonic()
        if self._on_progress is None or not self._container:
            return
        if not at_end and now - self._reported < 0.5:
            return
        self._reported = now
        records = sum(table.seen for table in self._result.tables.values())
        size = self._container.size
        # the last bytes may be read long before their records are staged: only the end says that all is done
        done = size if at_end else min(self._container.done, max(size - 1, 0))
        self._on_progress(
            Progress(printable(self._label), done, size, records, now - self._started)
        )


@dataclass
class _Lines:
    """Rows of one table on their way to a slice."""

    lines: list[bytes] = field(default_factory=list)
    origins: list[tuple[int, int | None, bytes]] = field(default_factory=list)
    bads: list[Bad] = field(default_factory=list)
    filtered: int = 0
    size: int = 0

    def add(self, line: bytes) -> None:
        self.lines.append(line)
        self.size += len(line) + 1

    @property
    def full(self) -> bool:
        return (
            self.size >= SLICE_BYTES
            or len(self.lines) >= _NUMBERED_LINES
            or len(self.bads) >= _BADS_HELD
        )

    def as_slice(self, member: str) -> Slice:
        data = b"\n".join(self.lines) + b"\n" if self.lines else b""
        return Slice(
            member,
            data,
            1,
            0,
            len(self.lines),
            numbered=True,
            too_long=self.bads,
            filtered=self.filtered,
            origins=self.origins,
        )


def encode(row: Mapping[str, Any]) -> bytes:
    """A row as one JSON line; integers of any size keep their digits."""
    try:
        return orjson.dumps(row)
    except (TypeError, orjson.JSONEncodeError):
        import json

        return json.dumps(row, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")
