"""Turns the rows of a CSV into records under the reader's header, each bad row alone.

Knows: headers, rows of another width, second tables and totals. Must not know: any source; a reader maps the header.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ingestion.formats.csvlines import HEAD_ROWS, CsvRows, Row, first_undecoded
from ingestion.formats.lines import Content
from ingestion.spec import Bad, Context, Filtered, Found, Head, Reader, Reject

_TOTALS = frozenset(
    ("total", "totals", "grand total", "sum", "subtotal", "summe", "gesamt", "gesamtsumme", "insgesamt",
     "total général", "somme", "total general", "suma", "totale", "totaal", "合計")
)  # fmt: skip
_AMOUNT = re.compile(r"[-+\u2212]?[\d.,'\s%$€£\u00a0\u202f]*")


def csv_records(
    content: Content, member: str, reader: Reader, context: Context
) -> Iterator[Found | Bad | Filtered]:
    """Every row as a record; Reject(HEADER or SHAPE) when the header, or the table as a whole, cannot be used."""
    rows = CsvRows(content, member, context.settings)
    head = _head(rows, reader, context)
    content.dialect = rows.delimiter
    if rows.encoding != "utf-8":
        content.encoding = rows.encoding
    names, width = head.told.names, len(head.told.names)
    if not names:
        return
    page = {"delimiter": rows.delimiter, **head.told.page}
    context = replace(context, page=page)
    rows.widths = (width, width + 1) if head.trailing else (width,)
    record_of = _with_lists if reader.repeated_columns else dict
    before: Sequence[str] = ()  # the last row with something in it
    gap = False  # the row above is blank or empty
    while (row := rows.next()) is not None:
        if isinstance(row, Bad):
            yield row
            continue
        fields = row.fields
        if fields is None:
            yield rows.bad(row, "QUOTE", "the quotes of the row do not add up")
            continue
        if head.trailing and len(fields) == width + 1 and fields[-1] == "":
            fields = fields[:-1]
        if reader.is_filtered and reader.is_filtered(fields, context):
            yield Filtered(row.line)
            continue
        if head.is_again(fields):
            yield Filtered(row.line)
            continue
        if (row.after_blank or gap) and before:
            _refuse_another_table(row, fields, before, width, rows)
        _refuse_totals(row, fields, rows)
        gap = not any(fields)
        problem = _problem(rows, row, fields, width)
        if problem:
            yield rows.bad(row, *problem)
            continue
        before = before if gap else fields
        record = record_of(zip(names, fields, strict=True))
        yield Found(row.line, record, rows.raw(row), row.offset, None, page)


def _problem(rows: CsvRows, row: Row, fields: Sequence[str], width: int) -> tuple[str, str] | None:
    """Why a row cannot be a record."""
    if not row.text.isascii() and (at := first_undecoded(row.text)) is not None:
        byte = len(row.text[:at].encode(rows.encoding))
        name = "UTF-8" if rows.encoding == "utf-8" else rows.encoding
        shown = rows.raw(row)[byte : byte + 4].hex()
        return (
            "BAD_UTF8",
            f"byte {byte} of the row (hex {shown}) is not {name}; export as UTF-8, or declare the encoding",
        )
    if "\x00" in row.text:
        byte = len(row.text[: row.text.index("\x00")].encode(rows.encoding))
        return "CONTROL_CHAR", f"byte {byte} of the row is the raw control character 0x00"
    if len(fields) != width:
        return "COLUMN_COUNT", f"the row has {len(fields)} fields, the header has {width}"
    return None


@dataclass(frozen=True)
class _Header:
    """What the head told, its first row as delivered, and whether that row ends with a delimiter."""

    told: Head
    first: Sequence[str]
    trailing: bool

    def is_again(self, fields: Sequence[str]) -> bool:
        """True for the header row once more, as in two exports that were put together."""
        return fields[0].strip() == self.first[0] and [f.strip() for f in fields] == self.first


def _head(rows: CsvRows, reader: Reader, context: Context) -> _Header:
    taken: list[list[str]] = []
    given = _head_rows(rows, taken)
    first = next(given, None)
    if first is None:
        return _Header(Head([]), [], False)
    trailing = len(first) > 1 and first[-1] == "" and not reader.repeated_columns
    if trailing:
        first.pop()
    try:
        told = _named(itertools.chain([first], given), reader, context)
    except Reject as reject:
        if reject.code == "HEADER":
            _refuse_titles(taken, given, reader, context)
        raise
    return _Header(told, first, trailing)


def _head_rows(rows: CsvRows, taken: list[list[str]]) -> Iterator[list[str]]:
    """The rows at the start of the file, one by one, as fields without blanks around them."""
    while (row := rows.next()) is not None:
        if isinstance(row, Bad):
            raise Reject("HEADER", f"line {row.line}: a line of the head is too long")
        if row.fields is None:
            raise Reject("HEADER", f"line {row.line}: the quotes of the header do not add up")
        if first_undecoded(row.text) is not None:
            raise Reject(
                "HEADER",
                f"line {row.line}: the header is not {rows.encoding}; declare the encoding",
            )
        taken.append([name.strip() for name in row.fields])
        yield taken[-1]


def _named(head: Iterator[list[str]], reader: Reader, context: Context) -> Head:
    told = reader.header(head, context) if reader.header else next(head)
    told = told if isinstance(told, Head) else Head(told)
    folded = [name.casefold() for name in told.names]
    doubled = sorted({name for name in folded if folded.count(name) > 1})
    if doubled and not reader.repeated_columns:
        raise Reject("HEADER", f"the header names {', '.join(doubled)} more than once")
    return told


def _refuse_titles(
    taken: list[list[str]], more: Iterator[list[str]], reader: Reader, context: Context
) -> None:
    """Raises SHAPE when a later row would be the header: then what stands above are title lines."""
    while len(taken) < HEAD_ROWS and next(more, None) is not None:
        pass
    for number in range(1, len(taken)):
        try:
            _named(iter(taken[number:]), reader, context)
        except (Reject, StopIteration):
            continue
        raise Reject(
            "SHAPE",
            f"row {number + 1} looks like the header; remove the {number} title rows above it and deliver again",
        )


def _refuse_totals(row: Row, fields: Sequence[str], rows: CsvRows) -> None:
    """Raises SHAPE for a last line of totals: it is no record of this table."""
    if fields[0] and fields[0].strip().casefold() not in _TOTALS:
        return
    words = [field.strip() for field in fields if field.strip()]
    if not words or words[0].casefold() not in _TOTALS:
        return
    if all(_AMOUNT.fullmatch(word) for word in words[1:]) and rows.peek() is None:
        raise Reject("SHAPE", f"line {row.line} is a line of totals; remove it and deliver again")


def _refuse_another_table(
    row: Row, fields: Sequence[str], before: Sequence[str], width: int, rows: CsvRows
) -> None:
    """Raises SHAPE where a second table begins below a gap: its rows are no records of this table."""
    following = rows.peek()
    if not isinstance(following, Row) or following.fields is None:
        return
    below = following.fields
    other_width = len(fields) != width and (
        (_is_heading(fields) and len(below) == len(fields))
        or (len(fields) == 1 and _is_heading(below) and len(below) > 1)
    )
    other_heading = (
        len(fields) == width == len(below)
        and _is_heading(fields)
        and _has_numbers(before)
        and _has_numbers(below)
    )
    if other_width or other_heading:
        raise Reject(
            "SHAPE",
            f"a second table begins at line {row.line}; deliver each table in a file of its own"
            " (or remove the blank line, if it is one table)",
        )


def _is_heading(fields: Sequence[str]) -> bool:
    """True for words only: no cell is empty or begins like a number or a date."""
    return all(field.strip() and not re.match(r"[\d.+\-]", field.strip()) for field in fields)


def _has_numbers(fields: Sequence[str]) -> bool:
    return any(field.strip()[:1].isdigit() for field in fields)


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
