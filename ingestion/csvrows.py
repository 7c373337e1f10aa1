"""Walks the rows of a CSV: dialect and encoding by its header, quotes owned here, each bad row alone.

Knows: how CSV is written and how it breaks. Must not know: any source; a reader maps the header.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from ingestion.lines import Content, slices
from ingestion.spec import Bad, Context, Found, Reader, Reject

_HEAD = 1024 * 1024
_WITHIN = 200  # lines that one quoted field may span


def csv_records(
    content: Content, member: str, reader: Reader, context: Context
) -> Iterator[Found | Bad]:
    """Every row as a record under the reader's header; Reject(HEADER) when the header cannot be used."""
    encoding = _csv_encoding(content)
    rows = _CsvLines(content, member, encoding)
    header_line = rows.next_record()
    if header_line is None:
        return
    delimiter = _delimiter(header_line[2])
    rows.delimiter = delimiter
    names = [name.strip() for name in _split(header_line[2], delimiter) or []]
    trailing = bool(names) and names[-1] == ""
    if trailing:
        names.pop()
    folded = [name.casefold() for name in names]
    doubled = sorted({name for name in folded if folded.count(name) > 1})
    if doubled:
        raise Reject("HEADER", f"the header names {', '.join(doubled)} more than once")
    if reader.header:
        names = reader.header(names, context)
    rows.width = len(names)
    rows.trailing = trailing
    while True:
        record = rows.next_record()
        if record is None:
            return
        line, offset, raw, fields, problem = record[0], record[1], record[2], record[3], record[4]
        data = raw.encode(encoding, "surrogateescape")
        if problem:
            yield Bad(member, line, offset, *problem, data)
            continue
        assert fields is not None
        if trailing and len(fields) == len(names) + 1 and fields[-1] == "":
            fields = fields[:-1]
        if len(fields) != len(names):
            message = f"the row has {len(fields)} fields, the header has {len(names)}"
            yield Bad(member, line, offset, "COLUMN_COUNT", message, data)
            continue
        if any("\udc80" <= char <= "\udcff" for char in raw):
            yield Bad(member, line, offset, "BAD_UTF8", "the row is not UTF-8", data)
            continue
        if "\x00" in raw:
            yield Bad(member, line, offset, "CONTROL_CHAR", "the row holds a NUL byte", data)
            continue
        yield Found(line, dict(zip(names, fields, strict=True)), data, offset)


def _csv_encoding(content: Content) -> str:
    head = content.peek(_HEAD)
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end < len(head) - 3 and head.split(b"\n", 1)[0].count(b";"):
            return "cp1252"
    return "utf-8"


def _delimiter(header: str) -> str:
    counts = {mark: header.count(mark) for mark in (",", ";", "\t", "|")}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else ","


def _split(text: str, delimiter: str) -> list[str] | None:
    """The fields of one logical row, or None when its quotes do not add up."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


class _CsvLines:
    """Logical rows: a quoted field may span lines; an unclosed quote costs its own line only."""

    def __init__(self, content: Content, member: str, encoding: str) -> None:
        self._lines = self._physical(content, member, encoding)
        self._ahead: list[tuple[int, int, str]] = []
        self.delimiter = ","
        self.width: int | None = None
        self.trailing = False

    @staticmethod
    def _physical(content: Content, member: str, encoding: str) -> Iterator[tuple[int, int, str]]:
        for piece in slices(content, member):
            offset = piece.offset
            lines = piece.data.split(b"\n")
            if lines and not lines[-1]:
                lines.pop()
            for number, raw in enumerate(lines, piece.first_line):
                text = raw.removesuffix(b"\r").decode(encoding, "surrogateescape")
                yield number, offset, text
                offset += len(raw) + 1

    def _take(self) -> tuple[int, int, str] | None:
        return self._ahead.pop(0) if self._ahead else next(self._lines, None)

    def next_record(
        self,
    ) -> tuple[int, int, str, list[str] | None, tuple[str, str] | None] | None:
        """(line, offset, text, fields, problem) of the next row that is not blank."""
        first = self._take()
        while first is not None and not first[2].strip():
            first = self._take()
        if first is None:
            return None
        line, offset, text = first
        if text.count('"') % 2 == 0:
            fields = _split(text, self.delimiter)
            if fields is None:
                return line, offset, text, None, ("QUOTE", "the quotes of the row do not add up")
            return line, offset, text, fields, None
        taken: list[tuple[int, int, str]] = []
        joined = text
        while len(taken) < _WITHIN:
            following = self._take()
            if following is None:
                break
            taken.append(following)
            joined += "\n" + following[2]
            if joined.count('"') % 2 == 0:
                fields = _split(joined, self.delimiter)
                widths = (self.width, (self.width or 0) + int(self.trailing))
                if fields is not None and (self.width is None or len(fields) in widths):
                    return line, offset, joined, fields, None
                break
        self._ahead = taken + self._ahead
        return line, offset, text, None, ("QUOTE", "a quote is opened and not closed")
