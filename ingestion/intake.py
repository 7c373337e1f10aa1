"""Reads one claimed file into staged Parquet, in slices, with bounded memory.

Knows: the way from container to slices to parts. Must not know: the manifest, or which loads are live.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from ingestion.containers import Member, open_container
from ingestion.contract import Contract, all_contracts
from ingestion.failpoints import reach
from ingestion.landing import DataPaths
from ingestion.lines import Content, Slice, slices
from ingestion.rawzone import connect, literal
from ingestion.records import parse_all, shape_of, walk
from ingestion.spec import SLICE_BYTES, Bad, Context, Progress, Reader, Reject, Sample
from ingestion.stage import Staged, Stager
from ingestion.typing_sql import from_contract

if TYPE_CHECKING:
    import duckdb

WORKERS = 2
_PIECES = 500  # members that share one part
_NUMBERED_LINES = 50_000


class Bench:
    """Worker threads with one DuckDB each, kept for all files of one call."""

    def __init__(self, paths: DataPaths) -> None:
        self.paths = paths
        self._local = threading.local()
        self._opened: list[duckdb.DuckDBPyConnection] = []
        self._pool: ThreadPoolExecutor | None = None

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
        if self._pool is None:
            self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="stage")
        return self._pool.submit(work)


@dataclass
class TableIntake:
    """What one file brought for one raw table."""

    load_id: int
    folder: Path
    rows: int = 0
    seen: int = 0
    bad: int = 0
    parts: int = 0


@dataclass
class Intake:
    """One file, staged but not committed."""

    content_hash: str = ""
    encoding: str = "utf-8"
    tables: dict[str, TableIntake] = field(default_factory=dict)
    entry_bad: int = 0

    @property
    def seen(self) -> int:
        return self.entry_bad + sum(table.seen for table in self.tables.values())

    @property
    def quarantined(self) -> int:
        return self.entry_bad + sum(table.bad for table in self.tables.values())


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
        self._bytes = 0

    def run(self, path: Path) -> Intake:
        """Reads the whole container; all parts are written when it returns."""
        container = open_container(path)
        reach("parse")
        self._total = container.size
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
        return self._result

    def _member(self, member: Member, digest: Any, path: Path) -> None:
        table = self._contract.tables[0].name
        if self._reader.table_of:
            chosen = self._reader.table_of(member.name or self._label)
            if chosen is None:
                for _ in iter(lambda: member.stream.read(1 << 20), b""):
                    pass
                return
            table = chosen
        if not member.name and "parquet" in self._reader.formats and is_parquet(path):
            member = Member("", open(as_json_lines(path, self._staging, self._bench), "rb"))  # noqa: SIM115
        content = Content(member.stream, digest)
        if content.encoding != "utf-8":
            self._result.encoding = content.encoding
        shape = shape_of(content, self._reader.formats, self._reader.page_keys)
        if shape == "empty":
            while content.read():
                pass
            return
        if shape not in self._reader.formats:
            wanted = ", ".join(self._reader.formats)
            raise Reject("SHAPE", f"the content is {shape}; {self._reader.source} takes {wanted}")
        if shape == "ndjson" and self._reader.sql and not self._reader.parse:
            for piece in slices(content, member.name):
                self._add(table, piece)
                self._tell(piece)
        else:
            for piece in self._numbered(content, member.name, shape):
                self._add(table, piece)
        if self._reader.check_end:
            self._reader.check_end(content.tail)

    def _numbered(self, content: Content, member: str, shape: str) -> Iterator[Slice]:
        """Records of other shapes as JSON lines that carry their own number."""
        found = walk(content, member, shape, self._reader, self._context)
        lines: list[bytes] = []
        bads: list[Bad] = []
        size = 0
        for item in parse_all(found, member, self._reader, self._context):
            if isinstance(item, Bad):
                bads.append(item)
            else:
                record, row = item
                line = encode({**row, "__line": record.line})
                lines.append(line)
                size += len(line) + 1
            if size >= SLICE_BYTES or len(lines) >= _NUMBERED_LINES or len(bads) >= 10_000:
                yield _numbered_slice(member, lines, bads)
                lines, bads, size = [], [], 0
        if lines or bads:
            yield _numbered_slice(member, lines, bads)

    def _add(self, table: str, piece: Slice) -> None:
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
        while len(self._pending) >= WORKERS + 1:
            self._collect()
        self._pending.append((into, self._bench.submit(work)))

    def _stage(self, table: str, into: TableIntake, number: int, batch: list[Slice]) -> Staged:
        stagers = self._stagers.__dict__.setdefault("by_table", {})
        if table not in stagers:
            declared = self._contract.table(table)
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
        if into.rows + into.bad != into.seen:
            raise Reject(
                "SHAPE", f"{into.seen} records became {into.rows} rows and {into.bad} bad records"
            )
        self._keep_bad(staged.bad, into.load_id)

    def _table(self, table: str) -> TableIntake:
        if table not in self._result.tables:
            folder = self._staging / table
            folder.mkdir(parents=True, exist_ok=True)
            self._result.tables[table] = TableIntake(self._next_load_id(), folder)
        return self._result.tables[table]

    def _tell(self, piece: Slice) -> None:
        self._bytes += len(piece.data)
        now = time.monotonic()
        if self._on_progress is None or now - self._reported < 0.5:
            return
        self._reported = now
        records = sum(table.seen for table in self._result.tables.values())
        self._on_progress(
            Progress(self._label, self._bytes, self._total, records, now - self._started)
        )


def _numbered_slice(member: str, lines: list[bytes], bads: list[Bad]) -> Slice:
    data = b"\n".join(lines) + b"\n" if lines else b""
    return Slice(member, data, 1, 0, len(lines), numbered=True, too_long=bads)


def encode(row: Mapping[str, Any]) -> bytes:
    """A row as one JSON line; integers of any size keep their digits."""
    try:
        return orjson.dumps(row)
    except (TypeError, orjson.JSONEncodeError):
        import json

        return json.dumps(row, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")


def is_parquet(path: Path) -> bool:
    """True when the file's first and last bytes say Parquet."""
    with open(path, "rb") as handle:
        return handle.read(4) == b"PAR1"


def as_json_lines(path: Path, staging: Path, bench: Bench) -> Path:
    """The rows of a Parquet file as JSON lines in the staging folder."""
    import duckdb

    staging.mkdir(parents=True, exist_ok=True)
    target = staging / ".parquet.ndjson"
    query = f"copy (select * from read_parquet({literal(path)})) to {literal(target)} (format json)"  # noqa: S608
    try:
        bench.connection().execute(query)
    except duckdb.Error as error:
        raise Reject("TYPE_MISMATCH", f"the Parquet file cannot be read: {error}") from None
    return target


def sample_of(path: Path, name: str) -> Sample:
    """The first records of a file, whatever its shape, for the choice of a reader."""
    container = open_container(path)
    for member in container.members():
        if member.name.endswith("_complete"):
            continue
        content = Content(member.stream, hashlib.sha256())
        formats = ("ndjson", "json", "csv", "yaml")
        shape = shape_of(content, formats, _ALL_PAGES)
        if shape == "empty":
            continue
        lenient = Reader("", formats, lambda _: False, page_keys=_ALL_PAGES)
        records: list[Mapping[str, Any]] = []
        context = Context("", "", {})
        for found in walk(content, member.name, shape, lenient, context):
            if not isinstance(found, Bad):
                records.append(found.record)
            if len(records) >= 5:
                break
        header = tuple(records[0]) if records and shape == "csv" else ()
        return Sample(name, member.name, shape, tuple(records), header)
    raise Reject("UNKNOWN_SOURCE", "the file is empty, so its source cannot be told; pass --source")


_ALL_PAGES = ("tickets", "results", "people", "experiments", "responses")
