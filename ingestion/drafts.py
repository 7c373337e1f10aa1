"""Lines on their way to DuckDB: held until they are typed, and written as JSON only where DuckDB has to read it.

Knows: which lines are blank or bad, what stands for them, and how to give one back as it was delivered. Must not know:
DuckDB, sources, or what a record means.
"""

from __future__ import annotations

import secrets
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ingestion.formats.lines import Slice
from ingestion.formats.strict import check_line
from ingestion.spec import Bad, refused

# Stands where a line is blank or bad. Nobody can know the key, so that no delivered record can leave itself out.
SKIP = f"__skip_{secrets.token_hex(8)}"
PLACEHOLDER = b'{"%s":true}' % SKIP.encode()

Problem = tuple[str, str]


@dataclass
class Draft:
    """Lines of one member that follow each other; every one of them is a line of the file too, once it is written."""

    path: Path
    member: str
    first_line: int
    is_numbered: bool = False  # the lines carry their own number in "__line"
    lines: int = 0
    bad: dict[int, Problem] = field(default_factory=dict)  # by index, as all below
    blank: set[int] = field(default_factory=set)
    _pieces: list[_Piece] = field(default_factory=list)
    _origins: list[tuple[int, int | None, bytes]] = field(default_factory=list)

    @classmethod
    def begin(cls, path: Path, piece: Slice) -> Draft:
        """An empty draft for a slice and those that follow it."""
        return cls(path, piece.member, piece.first_line, piece.numbered, _origins=piece.origins)

    def goes_on_with(self, piece: Slice) -> bool:
        """True when the slice's first line is the one that comes next."""
        is_open = bool(self._pieces) and not self._pieces[-1].data.endswith(b"\n")
        follows = piece.first_line == self.first_line + self.lines and not is_open
        return follows and piece.member == self.member and not (piece.numbered or self.is_numbered)

    def append(self, piece: Slice) -> None:
        """Takes a slice's lines."""
        self._pieces.append(_Piece(self.lines, piece.lines, piece.offset, piece.data))
        self.lines += piece.lines

    @property
    def pieces(self) -> list[tuple[int, int, bytes]]:
        """Of each slice the index of its first line, how many there are, and their bytes."""
        return [(piece.first, piece.lines, piece.data) for piece in self._pieces]

    @property
    def expected(self) -> int:
        """How many records are neither blank nor bad."""
        return self.lines - len(self.blank) - len(self.bad)

    def look(self, indexes: Iterable[int]) -> int:
        """Looks at lines; gives how many of them are one strict JSON object each."""
        good = 0
        for index in indexes:
            if index in self.bad or index in self.blank:
                continue
            _, raw = self._line(index)
            if not raw or raw.isspace():
                self.blank.add(index)
            elif problem := check_line(raw):
                self.bad[index] = problem
            else:
                good += 1
        return good

    def write(self) -> None:
        """Writes the lines where DuckDB reads them, with a placeholder for each that is blank or bad."""
        left_out = sorted(self.blank | self.bad.keys())
        with open(self.path, "wb") as handle:
            for piece in self._pieces:
                data, done = memoryview(piece.data), 0
                for index in left_out:
                    if piece.first <= index < piece.first + piece.lines:
                        start, end = piece.span(index)
                        handle.write(data[done:start])
                        handle.write(PLACEHOLDER)
                        done = end
                handle.write(data[done:])

    def discard(self) -> None:
        """Takes the file away, and the lines."""
        self.path.unlink(missing_ok=True)
        self._pieces.clear()

    def bad_records(self) -> Iterator[Bad]:
        """Every bad line with its number, its offset and its bytes as delivered."""
        for index in sorted(self.bad):
            line: int = self.first_line + index
            offset: int | None
            offset, raw = self._line(index)
            if self._origins:
                line, offset, raw = self._origins[index]
            yield refused(self.member, line, offset, self.bad[index], raw.rstrip(b"\r"))

    def _line(self, index: int) -> tuple[int, bytes]:
        """The offset that a line was delivered at, and its bytes without newline."""
        at = bisect_right(self._pieces, index, key=lambda piece: piece.first) - 1
        piece = self._pieces[at]
        start, end = piece.span(index)
        return piece.offset + start, piece.data[start:end]


@dataclass
class _Piece:
    """A slice's lines; where they end is looked for when somebody asks."""

    first: int
    lines: int
    offset: int
    data: bytes
    _ends: list[int] = field(default_factory=list)

    def span(self, index: int) -> tuple[int, int]:
        """Where a line begins and ends, without its newline."""
        if not self._ends:
            self._ends = _ends(self.data)
        at = index - self.first
        return (self._ends[at - 1] + 1 if at else 0), self._ends[at]


def _ends(data: bytes) -> list[int]:
    ends: list[int] = []
    at = data.find(b"\n")
    while at >= 0:
        ends.append(at)
        at = data.find(b"\n", at + 1)
    if not data.endswith(b"\n"):
        ends.append(len(data))
    return ends
