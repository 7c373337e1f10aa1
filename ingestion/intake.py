"""Reads one claimed file into staged Parquet, in slices, with bounded memory.

Knows: the way from container to slices to parts. Must not know: the manifest, or which loads are live.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from ingestion.contract import Contract, all_contracts
from ingestion.failpoints import reach
from ingestion.formats.broken_lines import join_broken
from ingestion.formats.containers import CHUNK, Container, Member, open_container
from ingestion.formats.lines import Content, Slice, slices
from ingestion.formats.parquet import as_json_lines, is_parquet
from ingestion.formats.records import HEAD, parse_all, shape_of, walk
from ingestion.landing import DataPaths
from ingestion.rawzone import connect
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
from ingestion.stage import Staged, Stager
from ingestion.values.typing_sql import from_contract

if TYPE_CHECKING:
    import duckdb

WORKERS = 2
_PIECES = 500  # members that share one part
_NUMBERED_LINES = 50_000
_BADS_HELD = 10_000


class Stopped(Exception):
    """The call has ended while the file was read ahead."""


class Bench:
    """Worker threads with one DuckDB each, kept for all files of one call."""

    def __init__(self, paths: DataPaths) -> None:
        self.paths = paths
        self._local = threading.local()
        self._opened: list[duckdb.DuckDBPyConnection] = []
        self._pool: ThreadPoolExecutor | None = None
        self._turn = threading.Lock()
        self._is_stopped = False
        self._readers = 0

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        for con in self._opened:
            con.close()

    def connection(self) -> duckdb.DuckDBPyConnection:
        """This thread's own DuckDB with one thread, so that rows keep the order of lines."""
        con = getattr(self._local, "con", None)
        if con is None:
            con = connect(self.paths, memory="320MB", threads=1)
            self._local.con = con
            self._opened.append(con)
        return con

    def submit(self, work: Callable[[], Staged]) -> Future[Staged]:
        with self._turn:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="stage")
        return self._pool.submit(work)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Around the reading of one file: files that are read side by side share the memory."""
        with self._turn:
            self._readers += 1
        try:
            yield
        finally:
            with self._turn:
                self._readers -= 1

    @property
    def most_waiting(self) -> int:
        """How many batches of one file may be staged or wait for it."""
        return max((WORKERS + 1) // max(self._readers, 1), 1)

    def stop(self) -> None:
        """Lets every file that is being read end soon; nothing of it will be committed."""
        self._is_stopped = True

    def go_on(self) -> None:
        """Raises Stopped once nobody waits for the files any more."""
        if self._is_stopped:
            raise Stopped


@dataclass
class TableIntake:
    """What one file brought for one raw table."""

    load_id: int
    folder: Path
    rows: int = 0
    seen: int = 0
    bad: int = 0
    filtered: int = 0
    parts: int = 0


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
        self._next_load_id, self._keep_bad = next_load_id, keep_bad
        self._contract: Contract = all_contracts()[reader.source]
        self._result = Intake()
        self._pending: list[tuple[TableIntake, Future[Staged]]] = []
        self._batch: dict[str, list[Slice]] = {}
        self._batch_bytes: dict[str, int] = {}
        self._stagers = threading.local()
        self._on_progress, self._label = on_progress, label
        self._started = self._reported = time.monotonic()
        self._container: Container | None = None

    def run(self, path: Path) -> Intake:
        """Reads the whole container; all parts are written when it returns."""
        with self._bench.reading():
            return self._run(path)

    def _run(self, path: Path) -> Intake:
        container = open_container(path, self._label)
        reach("parse")
        self._container = container
        digest = hashlib.sha256()
        try:
            if container.bad_entries:
                self._keep_bad(container.bad_entries, None)
                self._result.entry_bad = len(container.bad_entries)
            for member in container.members():
                self._member(member, digest, path)
            for table in list(self._batch):
                self._flush(table, last=True)
            while self._pending:
                self._collect()
        except BaseException:
            for _, future in self._pending:
                future.cancel()
            for _, future in self._pending:
                if not future.cancelled():
                    future.exception()
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
        content = Content(member.stream, digest)
        shape = self._shape(content)
        if shape == "empty":
            content.pass_over()
            return
        typed = shape == "ndjson" and self._reader.sql and not self._reader.parse
        table = self._table_of(name, content) if typed else ""
        if typed and table not in self._reader.reshape:
            pieces = slices(content, member.name)
            for piece in join_broken(pieces) if self._reader.joins_lines else pieces:
                self._add(table, piece)
                self._tell()
        else:
            for table, piece in self._numbered(content, member.name, shape):
                self._add(table, piece)
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

    def _add(self, table: str, piece: Slice) -> None:
        self._bench.go_on()
        self._batch.setdefault(table, []).append(piece)
        self._batch_bytes[table] = self._batch_bytes.get(table, 0) + len(piece.data)
        if self._batch_bytes[table] >= SLICE_BYTES or len(self._batch[table]) >= _PIECES:
            self._flush(table, last=False)

    def _flush(self, table: str, last: bool) -> None:
        batch = self._batch.pop(table, [])
        self._batch_bytes.pop(table, None)
        if not batch:
            return
        into = self._table(table)
        number, into.parts = into.parts, into.parts + 1
        work = lambda: self._stage(table, into, number, batch)  # noqa: E731
        if last and not self._pending:
            self._settle(into, work())
            return
        while len(self._pending) >= self._bench.most_waiting:
            self._collect()
        self._pending.append((into, self._bench.submit(work)))

    def _stage(self, table: str, into: TableIntake, number: int, batch: list[Slice]) -> Staged:
        stagers = self._stagers.__dict__.setdefault("by_table", {})
        if table not in stagers:
            declared = self._contract.table(table.split("/")[0])
            if self._reader.sql and not self._reader.parse:
                typed = self._reader.sql(table, self._context)
            else:
                typed = from_contract(declared)
            con = self._bench.connection()
            stagers[table] = Stager(
                con, into.folder, declared, typed, self._reader.source, self._context.project
            )
        return stagers[table].stage(number, batch, into.load_id)

    def _collect(self) -> None:
        into, future = self._pending.pop(0)
        self._settle(into, future.result())

    def _settle(self, into: TableIntake, staged: Staged) -> None:
        reach("stage")
        into.rows += staged.rows
        into.seen += staged.seen
        into.bad += len(staged.bad)
        into.filtered += staged.filtered
        if into.rows + into.bad + into.filtered != into.seen:
            raise Reject(
                "SHAPE", f"{into.seen} records became {into.rows} rows and {into.bad} bad records"
            )
        self._keep_bad(staged.bad, into.load_id)

    def _table(self, table: str) -> TableIntake:
        table = table.split("/")[0]
        if table not in self._result.tables:
            folder = self._staging / table
            folder.mkdir(parents=True, exist_ok=True)
            self._result.tables[table] = TableIntake(self._next_load_id(), folder)
        return self._result.tables[table]

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
