"""Proves of many JSON lines at once that no closer look is needed at them.

Knows: the marks of JSON (quotes, brackets, names, numbers) and a block of lines as bits, one a byte.
Must not know: sources, files or tables.

DuckDB reads lines strictly but for five things: NaN and Infinity, a comma before a closing bracket, numbers beyond any
double, nesting without limit, and keys given twice. `suspects` names every line that may hold one of them; a line that
it does not name and that DuckDB reads as one value is a line that `strict.check_line` accepts. It never parses: of each
line it keeps the outline, which is its keys and brackets, and asks `check_line` once for each outline that is new.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

from ingestion.formats.counting import count_lines
from ingestion.formats.picking import picked
from ingestion.formats.strict import check_line

BLOCK = 384 * 1024  # with its bits it fits the second cache of a processor
_PIECE = 16 * 1024  # of a block with lines that need a closer look
_CUT_LINES = 3  # of a block, lines that end inside of a text and are set aside; with more it is read in pieces
_SMALL = 64 * 1024  # below, line by line is as quick
_KNOWN = 20_000  # outlines that are remembered
# What may precede a, e, i or m outside of texts: f(a)lse, fals(e) and tru(e).
_BEFORE_LETTERS = tuple(b"fsu")
_IS_LITTLE = sys.byteorder == "little"
_FULL = (1 << 64) - 1


class Proof:
    """What has been proved so far in one process; for one thread at a time."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self._room: tuple[Any, Any] | None = None  # used again for every block

    def suspects(self, data: bytes, block: int = BLOCK, small: int = _SMALL) -> list[int]:
        """The lines (from 0, ascending) that need a closer look; blank lines are among them."""
        if len(data) <= small:
            return list(range(count_lines(data)))
        np = _numpy()
        return self._in_blocks(data, np.frombuffer(data, np.uint8), 0, len(data), block)

    def _in_blocks(self, data: bytes, text: Any, start: int, stop: int, block: int) -> list[int]:
        found: list[int] = []
        first = 0
        for begin, end in _blocks(data, start, stop, block):
            lines, suspects = self._in_block(data, text, begin, end, block)
            found.extend(first + index for index in suspects)
            first += lines
        return found

    def _in_block(
        self, data: bytes, text: Any, start: int, end: int, block: int
    ) -> tuple[int, list[int]]:
        """How many lines there are, and the suspects among them."""
        suspects: list[int] = []
        lines, cut_lines, stop = 0, 0, end
        while start < end:
            outlines = self._outlines(data, text, start, stop)
            if isinstance(outlines, list):
                unknown = self._unknown(data, start, stop, outlines)
                suspects.extend(lines + index for index in unknown)
                lines, start = lines + len(outlines), stop
                if start < end:  # the line that was set aside
                    suspects.append(lines)
                    lines, start, stop = lines + 1, data.find(b"\n", start, end) + 1 or end, end
            elif outlines is not None and cut_lines < _CUT_LINES:
                cut_lines += 1
                stop = data.rfind(b"\n", start, outlines) + 1 or start
                if stop <= start:
                    suspects.append(lines)
                    lines, start, stop = lines + 1, outlines + 1, end
            elif block > _PIECE:  # it is one line of many: looked for in pieces of the block
                rest = self._in_blocks(data, text, start, end, _PIECE)
                suspects.extend(lines + index for index in rest)
                return lines + count_lines(data[start:end]), suspects
            else:
                more = count_lines(data[start:end])
                suspects.extend(range(lines, lines + more))
                return lines + more, suspects
        return lines, suspects

    def _unknown(self, data: bytes, start: int, end: int, outlines: list[bytes]) -> list[int]:
        """The lines of the block whose outline no good line has had."""
        if self._known.issuperset(outlines):
            return []
        new = set(outlines) - self._known
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

    def _outlines(self, data: bytes, text: Any, start: int, end: int) -> list[bytes] | int | None:
        """The outline of each line from `start` to `end`, with its newline.

        Where a text does not end before its line does, the place of the first such newline; None when something else
        there may need a closer look.
        """
        np = _numpy()
        size = (end - start + 63) // 64 * 64
        piece = text[start : start + size]
        length = end - start
        if data[end - 1] != 10 or len(piece) < size:  # only the last lines are copied
            last = data[start:end] if data[end - 1] == 10 else data[start:end] + b"\n"
            length, size = len(last), (len(last) + 63) // 64 * 64
            piece = np.full(size, 10, np.uint8)
            piece[:length] = np.frombuffer(last, np.uint8)
        flags, low = self._scratch(size)

        def marks(place: Any, byte: int) -> Any:
            return _words(np.equal(place, byte, out=flags))

        np.equal(piece, 34, out=flags)
        if data.find(b"\\", start, end) >= 0:
            _drop_escaped(piece, flags)
        quote = _words(flags)
        newline = marks(piece, 10)
        behind = np.uint64((1 << (size - length)) - 1)  # bits of the last word behind the lines
        inside = _inside(quote)
        outside = ~inside
        outside[-1] &= ~behind
        open_lines = newline & inside
        open_lines[-1] &= ~behind
        if np.count_nonzero(open_lines):
            return start + _first(open_lines)
        newline &= outside
        closed = quote & outside
        colon = marks(piece, 58)
        colon &= outside
        apart = _lacking(colon, _after(closed))  # something stands between a key and its colon
        if np.count_nonzero(apart):
            return None
        comma = marks(piece, 44)
        comma &= outside
        # []{} are all that becomes 127
        kept = marks(np.bitwise_or(piece, 38, out=low), 127)
        kept &= outside
        kept |= newline
        bare = closed
        for known in (colon, comma, kept):
            bare |= known
        bare ^= outside
        if bare.max() == _FULL:  # 64 bytes of a number, or of blanks
            return None
        # behind a comma nearly always begins a text: then it is no comma before a closing bracket
        textless = _lacking(_after(comma), quote)
        if np.count_nonzero(textless) and _has_odd_comma(piece, comma, outside):
            return None
        # of letters a, e, i and m are what becomes 65
        letters = marks(np.bitwise_and(piece, 0xD3, out=low), 65)
        letters &= outside
        if np.count_nonzero(letters) and _has_odd_word(piece, letters, outside):
            return None
        closing = _before(colon)  # the quotes that end a key
        kept |= closing
        kept |= _filled(inside, _before(closing))
        return io.BytesIO(_kept(piece, kept)).readlines()

    def _scratch(self, size: int) -> tuple[Any, Any]:
        """Room for a flag and for a changed byte of each place."""
        np = _numpy()
        if self._room is None or len(self._room[0]) < size:
            self._room = np.empty(size, bool), np.empty(size, np.uint8)
        flags, low = self._room
        return flags[:size], low[:size]


def _has_odd_comma(text: Any, comma: Any, outside: Any) -> bool:
    """True where nothing but blanks, of which there are never many, stands between a comma and a closing bracket."""
    np = _numpy()
    blank = _words(text < 33) & outside
    closing = _words((text | np.uint8(32)) == 125) & outside
    while comma.any():
        behind = _after(comma)
        if (behind & closing).any():
            return True
        comma = behind & blank
    return False


def _has_odd_word(text: Any, letters: Any, outside: Any) -> bool:
    """True where a letter may belong to NaN, to Infinity or to a number with an exponent that is too large."""
    np = _numpy()
    before = _kept(text, _before(letters))
    odd = ~np.isin(before, _BEFORE_LETTERS)
    if not odd.any():
        return False
    digits = (before[odd] - np.uint8(48)) < 10
    if not digits.all():
        return True
    bare = _kept(text, outside.copy())
    digit = (bare - np.uint8(48)) < 10
    exponent = digit[:-1] & ((bare[1:] | np.uint8(32)) == 101)
    return _has_large_exponent(bare, np.flatnonzero(exponent) + 2, digit)


def _has_large_exponent(outside: Any, places: Any, digit: Any) -> bool:
    """True for an exponent of three digits or more, such as that of 1e400; `places` are those behind each e."""
    places = places[places < len(outside)]
    places = places + (outside[places] == 43)
    three = places[places + 2 < len(outside)]
    return bool((digit[three] & digit[three + 1] & digit[three + 2]).any())


def _blocks(data: bytes, start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
    """Whole lines of about `size` bytes."""
    while start < stop:
        end = data.find(b"\n", start + size - 1, stop) + 1 or stop
        yield start, end
        start = end


def _drop_escaped(text: Any, quotes: Any) -> None:
    """Clears the quotes that a backslash keeps from ending their text."""
    np = _numpy()
    slashes = np.flatnonzero(text == 92)
    order = np.arange(len(slashes))
    starts = np.ones(len(slashes), bool)
    starts[1:] = np.diff(slashes) != 1
    in_run = order - np.maximum.accumulate(np.where(starts, order, 0))
    escaped = slashes[(in_run & 1) == 0] + 1
    quotes[escaped[escaped < len(quotes)]] = False


def _first(words: Any) -> int:
    """The place of the first bit."""
    np = _numpy()
    index = int(np.flatnonzero(words)[0])
    return index * 64 + 64 - int(words[index]).bit_length()


def _words(flags: Any) -> Any:
    """Flags as bits in words of 64, the first in the highest bit."""
    np = _numpy()
    words = np.packbits(flags).view(np.uint64)
    return words.byteswap(inplace=True) if _IS_LITTLE else words


def _flags(words: Any) -> Any:
    """The bits of words, each as a byte; the words are used up."""
    np = _numpy()
    if _IS_LITTLE:
        words.byteswap(inplace=True)
    return np.unpackbits(words.view(np.uint8))


def _lacking(words: Any, others: Any) -> Any:
    """The bits that are not among the others, which are used up."""
    np = _numpy()
    np.invert(others, out=others)
    others &= words
    return others


def _before(words: Any) -> Any:
    """At every place, the bit of the place that follows."""
    np = _numpy()
    moved = words << np.uint64(1)
    moved[:-1] |= words[1:] >> np.uint64(63)
    return moved


def _after(words: Any) -> Any:
    """At every place, the bit of the place that precedes."""
    np = _numpy()
    moved = words >> np.uint64(1)
    moved[1:] |= words[:-1] << np.uint64(63)
    return moved


def _inside(quote: Any) -> Any:
    """Set from each opening quote to the place before its closing one."""
    np = _numpy()
    inside = _running(quote)
    odd = _odd_before(inside & 1)
    inside ^= np.negative(odd.astype(np.uint64))
    return inside


def _running(words: Any) -> Any:
    """Of each word alone: set where the number of bits so far is odd."""
    np = _numpy()
    found, moved = words.copy(), np.empty_like(words)
    for step in (1, 2, 4, 8, 16, 32):
        found ^= np.right_shift(found, step, out=moved)
    return found


def _odd_before(odd: Any) -> Any:
    """For each flag, whether the number of those before it is odd."""
    np = _numpy()
    room = np.zeros((len(odd) + 63) // 64 * 64, np.uint8)
    room[1 : len(odd)] = odd[:-1]
    words = _running(_words(room))
    words ^= np.negative(np.bitwise_xor.accumulate(words & 1) ^ (words & 1))
    return _flags(words)[: len(odd)]


def _filled(runs: Any, ends: Any) -> Any:
    """Of the runs of set bits, those that have their last bit in `ends`: adding there carries through a whole run."""
    np = _numpy()
    total = runs + ends
    carry = total < ends
    while carry[1:].any():
        added = np.zeros_like(total)
        added[:-1] = carry[1:]
        total = total + added
        carry = total < added
    return runs & ~total


def _kept(text: Any, words: Any) -> Any:
    """The bytes whose bit is set, in order; the words are used up."""
    np = _numpy()
    return picked(text, _flags(words).view(np.bool_))


@cache
def _numpy() -> Any:
    """numpy, imported only where there is enough to read."""
    import numpy

    return numpy
