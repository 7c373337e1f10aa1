"""Walks the rows of a CSV: dialect and encoding by its header, quotes owned here, each bad row alone.

Knows: how CSV is written and how it breaks. Must not know: any source; a reader maps the header.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ingestion.lines import Content, slices
from ingestion.spec import Bad, Context, Filtered, Found, Head, Reader, Reject

_HEAD = 1024 * 1024
_TITLE_LINES = 12
_WITHIN = 200  # lines that one quoted field may span


def csv_records(
    content: Content, member: str, reader: Reader, context: Context
) -> Iterator[Found | Bad | Filtered]:
    """Every row as a record under the reader's header; Reject(HEADER) when the header cannot be used."""
    encoding = str(context.settings.get("encoding") or "") or _csv_encoding(content)
    rows = _CsvLines(content, member, encoding)
    rows.delimiter = str(context.settings.get("delimiter") or "") or _delimiter(content, encoding)
    told, trailing = _names(_head(rows), reader, context)
    names = told.names
    if not names:
        return
    context = replace(context, page=told.page)
    rows.width = len(names)
    rows.trailing = trailing
    while True:
        row = rows.next_record()
        if row is None:
            return
        line, offset, raw, fields, problem = row
        data = raw.encode(encoding, "surrogateescape")
        if problem:
            yield Bad(member, line, offset, *problem, data)
            continue
        assert fields is not None
        if reader.is_filtered and reader.is_filtered(fields, context):
            yield Filtered(line)
            continue
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
        record_of = _with_lists if reader.repeated_columns else dict
        record = record_of(zip(names, fields, strict=True))
        yield Found(line, record, data, offset, None, told.page)


def _head(rows: _CsvLines) -> Iterator[list[str]]:
    """The rows at the start of the file, one by one, as fields without blanks around them."""
    while (record := rows.next_record()) is not None:
        if record[3] is None:
            raise Reject("HEADER", f"line {record[0]}: the quotes of the header do not add up")
        yield [name.strip() for name in record[3]]


def _names(head: Iterator[list[str]], reader: Reader, context: Context) -> tuple[Head, bool]:
    """What the head says, and whether its first row ends with a delimiter."""
    first = next(head, None)
    if first is None:
        return Head([]), False
    trailing = len(first) > 1 and first[-1] == ""
    if trailing and not reader.repeated_columns:
        first.pop()
    again = itertools.chain([first], head)
    told = reader.header(again, context) if reader.header else next(again)
    told = told if isinstance(told, Head) else Head(told)
    folded = [name.casefold() for name in told.names]
    doubled = sorted({name for name in folded if folded.count(name) > 1})
    if doubled and not reader.repeated_columns:
        raise Reject("HEADER", f"the header names {', '.join(doubled)} more than once")
    return told, trailing and not reader.repeated_columns


def _with_lists(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The row; the filled cells of columns that share a name become a list in their order."""
    cells: dict[str, list[str]] = {}
    repeated: set[str] = set()
    for name, value in pairs:
        if name in cells:
            repeated.add(name)
        cells.setdefault(name, []).append(value)
    return {
        name: [value for value in values if value.strip()] if name in repeated else values[0]
        for name, values in cells.items()
    }


def _csv_encoding(content: Content) -> str:
    head = content.peek(_HEAD)
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end < len(head) - 3 and head.split(b"\n", 1)[0].count(b";"):
            return "cp1252"
    return "utf-8"


def _delimiter(content: Content, encoding: str) -> str:
    """The mark that the widest of the first lines holds most often; title lines above a header have none."""
    head = content.peek(_HEAD).decode(encoding, "replace").splitlines()[:_TITLE_LINES]
    counts = {mark: max((line.count(mark) for line in head), default=0) for mark in ",;\t|"}
    first = {mark: head[0].count(mark) if head else 0 for mark in counts}
    best = max(counts, key=lambda mark: (first[mark], counts[mark]))
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
