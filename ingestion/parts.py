"""Turns the slices of one file into the parts of its loads, a batch at a time, while the next batch is read.

Knows: when there is enough to type, and which parts wait for a worker. Must not know: containers, encodings or formats,
the manifest, or which loads are live.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from ingestion.bench import Bench
from ingestion.contract import Contract, all_contracts
from ingestion.drafts import Draft
from ingestion.failpoints import reach
from ingestion.formats.lines import Slice
from ingestion.spec import SLICE_BYTES, Bad, Context, Reader, Reject
from ingestion.stage import Edges, Staged, Stager
from ingestion.values.typing_sql import from_contract

_MOST_DRAFTS = 500  # members that share one part

KeepBad = Callable[[list[Bad], int | None], None]


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
    edges: Edges = field(default_factory=dict)

    def add(self, staged: Staged) -> None:
        """Counts a part."""
        self.rows += staged.rows
        self.seen += staged.seen
        self.bad += len(staged.bad)
        for name, (least, greatest) in staged.edges.items():
            before = self.edges.get(name, (least, greatest))
            self.edges[name] = (min(before[0], least), max(before[1], greatest))


@dataclass
class _Batch:
    """Lines that will be typed together."""

    into: TableIntake
    number: int
    drafts: list[Draft] = field(default_factory=list)
    size: int = 0

    def discard(self) -> None:
        for draft in self.drafts:
            draft.discard()


class Parts:
    """The parts of one file."""

    def __init__(
        self,
        bench: Bench,
        reader: Reader,
        context: Context,
        staging: Path,
        next_load_id: Callable[[], int],
        keep_bad: KeepBad,
    ) -> None:
        self.tables: dict[str, TableIntake] = {}
        self._bench, self._reader, self._context, self._staging = bench, reader, context, staging
        self._next_load_id, self._keep_bad = next_load_id, keep_bad
        self._contract: Contract = all_contracts()[reader.source]
        self._batches: dict[str, _Batch] = {}
        self._pending: list[tuple[_Batch, Future[Staged]]] = []
        self._stagers = threading.local()
        self._enough = SLICE_BYTES

    def expect(self, size: int) -> None:
        """Says about how many bytes will come; what is said may be wrong."""
        self._enough = even_size(size)

    def add(self, table: str, piece: Slice) -> None:
        """Takes lines in; what is already known to be no record of them is counted at once."""
        self._bench.go_on()
        into = self._into(table)
        into.filtered += piece.filtered
        into.bad += len(piece.too_long)
        into.seen += piece.filtered + len(piece.too_long)
        self._keep_bad(piece.too_long, into.load_id)
        if not piece.data:
            return
        if table not in self._batches:
            self._batches[table] = _Batch(into, into.parts)
            into.parts += 1
        batch = self._batches[table]
        if not batch.drafts or not batch.drafts[-1].goes_on_with(piece):
            path = into.folder / f".slice-{batch.number}-{len(batch.drafts)}.json"
            batch.drafts.append(Draft.begin(path, piece))
        batch.drafts[-1].append(piece)
        batch.size += len(piece.data)
        if batch.size >= self._enough or len(batch.drafts) >= _MOST_DRAFTS:
            self._flush(table, last=False)

    def finish(self) -> None:
        """All parts are written when it returns."""
        for table in list(self._batches):
            self._flush(table, last=True)
        while self._pending:
            self._collect()

    def stop(self) -> None:
        """Lets what is being staged end, and forgets it."""
        for _, future in self._pending:
            future.cancel()
        for _, future in self._pending:
            if not future.cancelled():
                future.exception()
        for batch in self._batches.values():
            batch.discard()

    def _flush(self, table: str, last: bool) -> None:
        batch = self._batches.pop(table)
        work = lambda: self._stage(table, batch)  # noqa: E731
        if last and not self._pending:
            self._settle(batch.into, work())
            return
        while len(self._pending) >= self._bench.most_waiting:
            self._collect()
        self._pending.append((batch, self._bench.submit(work)))

    def _stage(self, table: str, batch: _Batch) -> Staged:
        stagers = self._stagers.__dict__.setdefault("by_table", {})
        if table not in stagers:
            declared = self._contract.table(table.split("/")[0])
            if self._reader.sql and not self._reader.parse:
                typed = self._reader.sql(table, self._context)
            else:
                typed = from_contract(declared)
            stagers[table] = Stager(
                self._bench.connection(), batch.into.folder, declared, typed,
                self._reader.source, self._context.project,
            )  # fmt: skip
        try:
            staged: Staged = stagers[table].stage(batch.number, batch.drafts, batch.into.load_id)
        finally:
            batch.discard()
        return staged

    def _collect(self) -> None:
        batch, future = self._pending.pop(0)
        self._settle(batch.into, future.result())

    def _settle(self, into: TableIntake, staged: Staged) -> None:
        reach("stage")
        into.add(staged)
        if into.rows + into.bad + into.filtered != into.seen:
            raise Reject(
                "SHAPE", f"{into.seen} records became {into.rows} rows and {into.bad} bad records"
            )
        self._keep_bad(staged.bad, into.load_id)

    def _into(self, table: str) -> TableIntake:
        table = table.split("/")[0]
        if table not in self.tables:
            folder = self._staging / table
            folder.mkdir(parents=True, exist_ok=True)
            self.tables[table] = TableIntake(self._next_load_id(), folder)
        return self.tables[table]


def even_size(size: int) -> int:
    """How large parts are if all of them are alike: a small one at the end would be typed alone, next to an idle core."""
    parts = math.ceil(size / SLICE_BYTES)
    return max(math.ceil(size / parts), SLICE_BYTES // 2) if parts > 1 else SLICE_BYTES
