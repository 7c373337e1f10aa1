"""Joins records that an export has broken over several lines, where they stand.

Knows: that a line of an export starts with `{` and ends with `}`. Must not know: any source. Lines keep their numbers and
bytes their offsets: the joined record takes the first line, blank lines take the places of the others.
"""

from __future__ import annotations

from dataclasses import replace

from ingestion.lines import Slice
from ingestion.strict import check_line

_MOST_LINES = 16  # a record is not looked for over more lines than this


def join_broken(piece: Slice) -> Slice:
    """The slice with its broken records joined; the slice itself where every line is whole."""
    data = piece.data
    wanted = piece.lines - 1
    if data.count(b"}\n{") == wanted or data.count(b"}\r\n{") == wanted:
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
