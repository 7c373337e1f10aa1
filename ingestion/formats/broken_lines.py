"""Joins records that an export has broken over several lines, where they stand.

Knows: that a line of an export starts with `{` and ends with `}`. Must not know: any source. Lines keep their numbers and
bytes their offsets: the joined record takes the first line, blank lines take the places of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ingestion.formats.counting import newlines_between
from ingestion.formats.lines import Slice
from ingestion.formats.strict import check_line

_MOST_LINES = 16  # a record is not looked for over more lines than this


def join_broken(pieces: Iterable[Slice]) -> Iterator[Slice]:
    """The slices with their broken records joined, also where a slice ends inside of one."""
    begun: Slice | None = None  # the first line of a record that goes on in the next slice
    for piece in pieces:
        if begun is not None and piece.first_line == begun.first_line + 1:
            data = begun.data + piece.data
            piece = replace(
                piece,
                data=data,
                first_line=begun.first_line,
                offset=begun.offset,
                lines=piece.lines + 1,
            )
        elif begun is not None:
            yield begun
        piece, begun = _without_begun(piece)
        yield _joined(piece)
    if begun is not None:
        yield begun


def _without_begun(piece: Slice) -> tuple[Slice, Slice | None]:
    """The slice and, taken from its end, a line that begins a record and does not end it."""
    if not piece.data.endswith(b"\n"):
        return piece, None
    start = piece.data.rfind(b"\n", 0, -1) + 1
    last = piece.data[start:]
    if not last.startswith(b"{") or last.rstrip(b"\r\n").endswith(b"}"):
        return piece, None
    line, offset = piece.first_line + piece.lines - 1, piece.offset + start
    rest = replace(piece, data=piece.data[:start], lines=piece.lines - 1)
    return rest, Slice(piece.member, last, line, offset, 1, only_cr=piece.only_cr)


def _joined(piece: Slice) -> Slice:
    data = piece.data
    wanted = piece.lines - 1
    if newlines_between(data, b"}", b"{") == wanted:
        return piece
    if data.count(b"}\r\n{") == wanted:
        return piece
    lines = data.split(b"\n")
    for start, line in enumerate(lines):
        following = lines[start + 1] if start + 1 < len(lines) else b""
        is_cut = not line.rstrip(b"\r").endswith(b"}") or following[:1] not in (b"{", b"", b"\r")
        if is_cut and line.startswith(b"{"):
            _join(lines, start)
    return replace(piece, data=b"\n".join(lines))


def _join(lines: list[bytes], start: int) -> None:
    """Appends the following lines until they make one object together; leaves all as they are when none do."""
    joined = lines[start].rstrip(b"\r")
    for index in range(start + 1, min(start + _MOST_LINES, len(lines))):
        if not lines[index] or check_line(lines[index]) is None:
            return
        joined += lines[index].rstrip(b"\r")
        if joined.endswith(b"}") and check_line(joined) is None:
            padding = sum(map(len, lines[start : index + 1])) - len(joined)
            lines[start] = joined + b" " * padding
            lines[start + 1 : index + 1] = [b""] * (index - start)
            return
