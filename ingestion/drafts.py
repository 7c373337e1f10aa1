"""Lines on their way to DuckDB: proved as they come and written where it reads them, so that none is held in memory.

Knows: what stands for a line that is blank or bad, and how to give the line back as it was delivered. Must not know:
DuckDB, sources, or what a record means.
"""

from __future__ import annotations

import itertools
import secrets
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ingestion.formats.lines import Slice
from ingestion.formats.strict import check_line
from ingestion.spec import Bad, refused

# Stands where a line is blank or bad. Nobody can know the key, so that no delivered record can leave itself out.
SKIP = f"__skip_{secrets.token_hex(8)}"
PLACEHOLDER = b'{"%s":true}' % SKIP.encode()

Problem = tuple[str, str]
_Replaced = tuple[int, bytes]  # byte offset in the member, and the line


@dataclass
class Draft:
    """Lines of one member that follow each other, in a file; every one of them is a line there too."""

    path: Path
    member: str
    first_line: int
    offset: int
    is_numbered: bool = False  # the lines carry their own number in "__line"
    lines: int = 0
    bad: dict[int, Problem] = field(default_factory=dict)  # by index, as all below
    blank: set[int] = field(default_factory=set)
    _taken: dict[int, _Replaced] = field(default_factory=dict)  # placeholders stand for them
    _origins: list[tuple[int, int | None, bytes]] = field(default_factory=list)
    _handle: IO[bytes] | None = None
    _is_open: bool = False  # the last line has no newline
    _lines: _Lines | None = None

    @classmethod
    def begin(cls, path: Path, piece: Slice) -> Draft:
        """An empty draft for a slice and those that follow it."""
        return cls(
            path, piece.member, piece.first_line, piece.offset, piece.numbered,
            _origins=piece.origins, _handle=open(path, "wb"),
        )  # fmt: skip

    def goes_on_with(self, piece: Slice) -> bool:
        """True when the slice's first line is the one that comes next."""
        follows = piece.first_line == self.first_line + self.lines and not self._is_open
        return follows and piece.member == self.member and not (piece.numbered or self.is_numbered)

    def append(self, piece: Slice, suspects: Iterable[int]) -> None:
        """Writes a slice's lines, but for those of the suspects that are blank or no strict JSON object."""
        assert self._handle is not None
        data, done = memoryview(piece.data), 0
        for index, start, end in _spans(piece.data, suspects):
            raw = piece.data[start:end]
            if self._refuse(self.lines + index, raw):
                self._taken[self.lines + index] = (piece.offset + start, raw)
                self._handle.write(data[done:start])
                self._handle.write(PLACEHOLDER)
                done = end
        self._handle.write(data[done:])
        self._is_open = not piece.data.endswith(b"\n")
        self.lines += piece.lines

    def close(self) -> None:
        """All lines are there."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def discard(self) -> None:
        """Takes the file away."""
        self.close()
        self.path.unlink(missing_ok=True)

    @property
    def expected(self) -> int:
        """How many records are neither blank nor bad."""
        return self.lines - len(self.blank) - len(self.bad)

    def look(self, indexes: Iterable[int]) -> None:
        """Looks at lines that are there, and writes the file again without those that are blank or bad."""
        held = self._held()
        found: dict[int, tuple[int, int]] = {}
        for index in sorted(indexes):
            start, end = held.span(index)
            known = index in self.bad or index in self.blank
            if not known and self._refuse(index, held.data[start:end]):
                found[index] = (start, end)
        if not found:
            return
        taken = dict(self._delivered(found))
        data, done = memoryview(held.data), 0
        with open(self.path, "wb") as handle:
            for start, end in found.values():
                handle.write(data[done:start])
                handle.write(PLACEHOLDER)
                done = end
            handle.write(data[done:])
        self._taken.update(taken)
        self._lines = None

    def bad_records(self) -> Iterator[Bad]:
        """Every bad line with its number, its offset and its bytes as delivered."""
        known = {**self._taken, **dict(self._delivered(self.bad.keys() - self._taken.keys()))}
        for index in sorted(self.bad):
            line: int = self.first_line + index
            offset: int | None
            offset, raw = known[index]
            if self._origins:
                line, offset, raw = self._origins[index]
            yield refused(self.member, line, offset, self.bad[index], raw.rstrip(b"\r"))

    def _refuse(self, index: int, raw: bytes) -> bool:
        """True, and noted, when the line is blank or no strict JSON object."""
        if not raw or raw.isspace():
            self.blank.add(index)
        elif problem := check_line(raw):
            self.bad[index] = problem
        else:
            return False
        return True

    def _held(self) -> _Lines:
        if self._lines is None:
            self._lines = _Lines(self.path.read_bytes())
        return self._lines

    def _delivered(self, indexes: Iterable[int]) -> Iterator[tuple[int, _Replaced]]:
        """Lines that stand in the file, each with the offset that it was delivered at."""
        before = sorted(self._taken)
        longer = [len(self._taken[index][1]) - len(PLACEHOLDER) for index in before]
        shifts = [0, *itertools.accumulate(longer)]
        for index in indexes:
            start, end = self._held().span(index)
            offset = self.offset + start + shifts[bisect_left(before, index)]
            yield index, (offset, self._held().data[start:end])


class _Lines:
    """The bytes of a file and where its lines end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._ends = _ends(data)

    def span(self, index: int) -> tuple[int, int]:
        """Where a line begins and ends, without its newline."""
        return (self._ends[index - 1] + 1 if index else 0), self._ends[index]


def _spans(data: bytes, indexes: Iterable[int]) -> Iterator[tuple[int, int, int]]:
    """Each of the lines with its begin and its end. Where none is asked for, nothing is looked for."""
    held: _Lines | None = None
    for index in indexes:
        held = held or _Lines(data)
        yield index, *held.span(index)


def _ends(data: bytes) -> list[int]:
    ends: list[int] = []
    at = data.find(b"\n")
    while at >= 0:
        ends.append(at)
        at = data.find(b"\n", at + 1)
    if not data.endswith(b"\n"):
        ends.append(len(data))
    return ends
