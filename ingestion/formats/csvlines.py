"""Cuts the bytes of a CSV into rows: encoding, delimiter, quotes and newlines, each broken row alone.

Knows: how CSV is written and how it breaks. Must not know: headers, records or any source.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ingestion.formats.lines import Content, slices
from ingestion.spec import LINE_LIMIT, Bad, Reject, refused

_HEAD = 1024 * 1024
HEAD_ROWS = 12  # a header stands within them
_WITHIN = 200  # lines that one quoted field may span
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
_WIDE = ("utf-16", "utf-32", "utf_16", "utf_32")  # their newlines are no single bytes


class Row(NamedTuple):
    """One row as it stands in the file; `fields` is None where its quotes do not add up."""

    line: int
    offset: int
    text: str
    fields: list[str] | None
    after_blank: bool = False


class _Line(NamedTuple):
    number: int
    offset: int
    text: str
    end: str


class CsvRows:
    """Rows in their order; a quoted field may span lines, an unclosed quote costs its own line only."""

    def __init__(self, content: Content, member: str, settings: Mapping[str, Any]) -> None:
        csv.field_size_limit(LINE_LIMIT)  # the library's own limit is smaller than a long comment
        self._member = member
        self.encoding = str(settings.get("encoding") or "") or _encoding(content)
        _check_encoding(self.encoding)
        self.delimiter = str(settings.get("delimiter") or "") or _delimiter(content, self.encoding)
        self.widths: tuple[int, ...] = ()  # of good rows, once the header is known
        self._lines = self._physical(content)
        self._lines_ahead: list[_Line | Bad] = []
        self._rows_ahead: list[Row | Bad] = []

    def next(self) -> Row | Bad | None:
        """The next row that is not blank, or a line that is too long to be read."""
        return self._rows_ahead.pop(0) if self._rows_ahead else self._read()

    def peek(self) -> Row | Bad | None:
        """The row after the next one, without moving on."""
        if not self._rows_ahead and (row := self._read()) is not None:
            self._rows_ahead.append(row)
        return self._rows_ahead[0] if self._rows_ahead else None

    def raw(self, row: Row) -> bytes:
        """The bytes of a row as delivered."""
        return row.text.encode(self.encoding, "surrogateescape")

    def bad(self, row: Row, code: str, message: str) -> Bad:
        """The row as a refused record."""
        return refused(self._member, row.line, row.offset, (code, message), self.raw(row))

    def _read(self) -> Row | Bad | None:
        blank = False
        while True:
            line = self._take()
            if line is None or isinstance(line, Bad):
                return line
            if line.text.strip() or self.delimiter in line.text:
                break
            blank = True
        if '"' in line.text or "\r" in line.text:
            return self._quoted(line, blank)
        return Row(line.number, line.offset, line.text, line.text.split(self.delimiter), blank)

    def _quoted(self, first: _Line, blank: bool) -> Row:
        """The row that begins here, with the lines that its quotes hold together."""
        number, offset, text, end = first
        if (fields := self._split((text + end,))) is not None:
            return Row(number, offset, text, fields, blank)
        taken: list[_Line] = []
        fields = self._split(self._lines_from(first, taken))
        if fields is None or (len(fields) not in self.widths and self._has_a_row(taken)):
            self._lines_ahead[:0] = taken
            return Row(number, offset, text, None, blank)
        joined = [first, *taken]
        text = "".join(line.text + line.end for line in joined[:-1]) + joined[-1].text
        return Row(number, offset, text, fields, blank)

    def _has_a_row(self, taken: Iterable[_Line]) -> bool:
        """Whether a line is a good row by itself: then the quote was not closed, and took it in. Else it is text of one row."""
        whole = (line for line in taken if line.text.count('"') % 2 == 0)
        found = (self._split((line.text + line.end,)) for line in whole)
        return any(fields is not None and len(fields) in self.widths for fields in found)

    def _split(self, lines: Iterable[str]) -> list[str] | None:
        """The fields of the first row of the lines, or None where its quotes do not add up."""
        try:
            return next(csv.reader(lines, delimiter=self.delimiter, strict=True))
        except (csv.Error, StopIteration):
            return None

    def _lines_from(self, first: _Line, taken: list[_Line]) -> Iterator[str]:
        """This line and those after it, as far as a quoted field may reach; what is asked for is noted in `taken`."""
        yield first.text + first.end
        while len(taken) < _WITHIN:
            following = self._take()
            if following is None:
                return
            if isinstance(following, Bad):
                self._lines_ahead.insert(0, following)
                return
            taken.append(following)
            yield following.text + following.end

    def _take(self) -> _Line | Bad | None:
        return self._lines_ahead.pop(0) if self._lines_ahead else next(self._lines, None)

    def _physical(self, content: Content) -> Iterator[_Line | Bad]:
        number = 0
        for piece in slices(content, self._member, keep_cr=True):
            for bad in piece.too_long:
                number += 1
                yield replace(bad, line=number)
            offset = piece.offset
            newline = "\r" if piece.only_cr else "\n"
            lines = piece.data.split(b"\n")
            last = lines.pop()
            for raw, end in [*((raw, newline) for raw in lines), *([(last, "")] if last else [])]:
                for part, part_end in _cut_at_cr(raw, end):
                    number += 1
                    yield self._line(number, offset, part, part_end)
                    offset += len(part) + len(part_end)

    def _line(self, number: int, offset: int, raw: bytes, end: str) -> _Line | Bad:
        if len(raw) > LINE_LIMIT:
            message = f"the line has {len(raw)} bytes; at most {LINE_LIMIT} are read"
            return refused(self._member, number, offset, ("LINE_TOO_LONG", message), raw)
        return _Line(number, offset, raw.decode(self.encoding, "surrogateescape"), end)


def _cut_at_cr(raw: bytes, end: str) -> list[tuple[bytes, str]]:
    """The lines of a piece that ends at a newline: a carriage return alone ends a line too."""
    if b"\r" not in raw:
        return [(raw, end)]
    if raw.endswith(b"\r") and end:
        raw, end = raw[:-1], "\r" + end
    *first, last = raw.split(b"\r")
    return [*((part, "\r") for part in first), (last, end)]


def first_undecoded(text: str) -> int | None:
    """Where the first byte stands that the encoding does not have, as a character of the text."""
    found = re.search("[\udc80-\udcff]", text)
    return found.start() if found else None


def _check_encoding(encoding: str) -> None:
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise Reject(
            "SHAPE", f"the settings say encoding: {encoding}, which no program knows"
        ) from None
    if name.startswith(_WIDE):
        raise Reject(
            "SHAPE",
            f"the settings say encoding: {encoding}; such a file is read by its byte-order mark, remove the setting",
        )


def _encoding(content: Content) -> str:
    """UTF-8, or Windows-1252 where a spreadsheet wrote it: semicolons, and no character is UTF-8."""
    head = content.peek(_HEAD)
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        cut_at_end = error.end >= len(head) - 3 and len(head) >= _HEAD
        if not cut_at_end and not _holds_utf8(head) and b";" in head.split(b"\n", 1)[0]:
            return "cp1252"
    return "utf-8"


def _holds_utf8(head: bytes) -> bool:
    """True when some character of several bytes is UTF-8: then the others are damage, not another encoding."""
    for line in head.split(b"\n"):
        if line.isascii() or not _MULTIBYTE.search(line):
            continue
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            continue
        return True
    return False


def _delimiter(content: Content, encoding: str) -> str:
    """The mark that the widest of the first lines holds most often; title lines above a header have none."""
    text = content.peek(_HEAD).decode(encoding, "replace")
    head = [line for line in re.split(r"[\r\n]+", text, maxsplit=HEAD_ROWS) if line][:HEAD_ROWS]
    counts = {mark: max((line.count(mark) for line in head), default=0) for mark in ",;\t|"}
    first = {mark: head[0].count(mark) if head else 0 for mark in counts}
    best = max(counts, key=lambda mark: (first[mark], counts[mark]))
    return best if counts[best] else ","
