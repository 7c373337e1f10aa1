"""Proves of many JSON lines at once that no closer look is needed at them.

Knows: the marks of JSON (quotes, brackets, names, numbers) and a block of lines as bits, one a byte.
Must not know: sources, files or tables.

DuckDB reads lines strictly but for five things: NaN and Infinity, a comma before a closing bracket, numbers beyond any
double, nesting without limit, and keys given twice. `suspects` names every line that may hold one of them; a line that
it does not name and that DuckDB reads as one value is a line that `strict.check_line` accepts. It never parses: of each
line it keeps the outline, which is its keys and brackets, and asks `check_line` once for each outline that is new.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from ingestion.formats.counting import count_lines
from ingestion.formats.strict import check_line

BLOCK = 512 * 1024  # with its bits it fits the second cache of a processor
_PIECE = 16 * 1024  # of a block with a line that needs a closer look
_SMALL = 64 * 1024  # below, line by line is as quick
_KNOWN = 20_000  # outlines that are remembered
_LONG_NUMBER = 8  # sampled digits in a row, 16 bytes apart: a number of more than about 112 digits


class Proof:
    """What has been proved so far in one process; not shared between threads."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()

    def suspects(self, data: bytes, block: int = BLOCK, small: int = _SMALL) -> list[int]:
        """The lines (from 0, ascending) that need a closer look; blank lines are among them."""
        if len(data) <= small:
            return list(range(count_lines(data)))
        np, _ = _engines()
        return self._in_blocks(data, np.frombuffer(data, np.uint8), 0, len(data), block)

    def _in_blocks(self, data: bytes, text: Any, start: int, stop: int, block: int) -> list[int]:
        found: list[int] = []
        first = 0
        for begin, end in _blocks(data, start, stop, block):
            outlines = _outlines(data, text, begin, end)
            if outlines is not None:
                lines = len(outlines)
                suspects = self._unknown(data, begin, end, outlines)
            else:
                lines = count_lines(data[begin:end])
                if block > _PIECE:  # it is one line of many: looked for in pieces of the block
                    suspects = self._in_blocks(data, text, begin, end, _PIECE)
                else:
                    suspects = list(range(lines))
            found.extend(first + index for index in suspects)
            first += lines
        return found

    def _unknown(self, data: bytes, start: int, end: int, outlines: list[bytes]) -> list[int]:
        """The lines of the block whose outline no good line has had."""
        new = set(outlines) - self._known
        if not new:
            return []
        if len(self._known) > _KNOWN:
            self._known.clear()
        lines = data[start:end].split(b"\n")
        unknown: list[int] = []
        for index, outline in enumerate(outlines):
            if outline in new:
                if check_line(lines[index]) is None:
                    self._known.add(outline)
                    new.discard(outline)
                else:
                    unknown.append(index)
        return unknown


def _blocks(data: bytes, start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
    """Whole lines of about `size` bytes."""
    while start < stop:
        end = data.find(b"\n", start + size - 1, stop) + 1 or stop
        yield start, end
        start = end


def _outlines(data: bytes, text: Any, start: int, end: int) -> list[bytes] | None:
    """The outline of each line from `start` to `end`; None when something there may need a closer look."""
    np, _ = _engines()
    size = (end - start + 63) // 64 * 64
    piece = text[start : start + size]
    is_open = data[end - 1] != 10
    if is_open or len(piece) < size:  # only the last lines are copied
        last, end = data[start:end], end + is_open
        size = (end - start + 63) // 64 * 64
        piece = np.full(size, 10, np.uint8)
        piece[: len(last)] = np.frombuffer(last, np.uint8)
    quotes = piece == 34
    if data.find(b"\\", start, end) >= 0:
        _drop_escaped(piece, quotes)
    beyond = np.uint64((1 << (size - (end - start))) - 1)  # bits of the last word behind the lines
    quote, newline = _words(quotes), _words(piece == 10)
    quote[-1] &= ~beyond
    newline[-1] &= ~beyond
    inside = _inside(quote)
    if (newline & inside).any():
        return None
    outside = ~inside
    outside[-1] &= ~beyond
    bare = _kept(piece, outside)
    ends = int(np.bitwise_count(newline).sum())
    if not _is_plain(bare, blanks=np.count_nonzero(bare < 33) > ends):
        return None
    closing = quote & outside & _next(_words(piece == 58))
    keys = _filled(inside, _next(closing))
    brackets = _words((piece | np.uint8(38)) == 127)  # of what JSON has outside of texts, []{} only
    outline = keys | closing | (brackets & outside) | newline
    lines: list[bytes] = _kept(piece, outline).tobytes().split(b"\n")
    return lines[:-1]


def _is_plain(outside: Any, blanks: bool) -> bool:
    """False when what stands outside of texts may be more than strict JSON, or be written in an unusual way."""
    np, _ = _engines()
    if blanks:
        blank = (outside == 32) | (outside == 9) | (outside == 13)
        if ((outside[1:] == 58) & blank[:-1]).any():  # a key that its colon does not follow at once
            return False
        outside = outside[~blank]
    low = outside | np.uint8(32)
    following = low[1:]
    odd = low == 105  # Infinity
    odd[1:] |= (low[:-1] == 110) & (following == 97)  # NaN
    odd[1:] |= (outside[:-1] == 44) & (following == 125)  # a comma before } or ]
    if odd.any():
        return False
    digit = (outside - np.uint8(48)) < 10
    exponent = digit[:-1] & (following == 101)
    if exponent.any() and _has_large_exponent(outside, np.flatnonzero(exponent) + 2, digit):
        return False
    sampled = digit[::16]
    count = len(sampled) - _LONG_NUMBER + 1
    if count <= 0:
        return True
    long = sampled[:count].copy()
    for shift in range(1, _LONG_NUMBER):
        long &= sampled[shift : shift + count]
    return not long.any()


def _has_large_exponent(outside: Any, places: Any, digit: Any) -> bool:
    """True for an exponent of three digits or more, such as that of 1e400; `places` are those behind each e."""
    for _ in range(2):
        places = places[places < len(outside)]
        places = places + (outside[places] == 43)
    three = places[places + 2 < len(outside)]
    return bool((digit[three] & digit[three + 1] & digit[three + 2]).any())


def _drop_escaped(text: Any, quotes: Any) -> None:
    """Clears the quotes that a backslash keeps from ending their text."""
    np, _ = _engines()
    slashes = np.flatnonzero(text == 92)
    order = np.arange(len(slashes))
    starts = np.ones(len(slashes), bool)
    starts[1:] = np.diff(slashes) != 1
    in_run = order - np.maximum.accumulate(np.where(starts, order, 0))
    escaped = slashes[(in_run & 1) == 0] + 1
    quotes[escaped[escaped < len(quotes)]] = False


def _words(flags: Any) -> Any:
    """Flags as bits in words of 64, the first in the highest bit."""
    np, _ = _engines()
    return np.packbits(flags).view(">u8").astype(np.uint64)


def _next(words: Any) -> Any:
    """At every place, the bit of the place that follows."""
    np, _ = _engines()
    moved = words << np.uint64(1)
    moved[:-1] |= words[1:] >> np.uint64(63)
    return moved


def _inside(quote: Any) -> Any:
    """Set from each opening quote to the place before its closing one."""
    np, _ = _engines()
    inside = quote.copy()
    for step in (1, 2, 4, 8, 16, 32):
        inside ^= inside >> np.uint64(step)
    odd = np.bitwise_xor.accumulate(np.bitwise_count(quote) & 1)
    inside[1:] ^= np.uint64(0) - odd[:-1].astype(np.uint64)
    return inside


def _filled(runs: Any, ends: Any) -> Any:
    """Of the runs of set bits, those that have their last bit in `ends`: adding there carries through a whole run."""
    np, _ = _engines()
    total = runs + ends
    carry = total < ends
    while carry[1:].any():
        added = np.zeros_like(total)
        added[:-1] = carry[1:]
        total = total + added
        carry = total < added
    return runs & ~total


def _kept(text: Any, words: Any) -> Any:
    """The bytes whose bit is set, in order; polars filters forty times as quickly as numpy does."""
    np, polars = _engines()
    wanted = polars.Series(values=np.unpackbits(words.astype(">u8").view(np.uint8)))
    return polars.Series(values=text).filter(wanted.cast(polars.Boolean)).to_numpy()


@cache
def _engines() -> tuple[Any, Any]:
    """numpy and polars, imported only where there is enough to read."""
    import numpy
    import polars

    return numpy, polars
