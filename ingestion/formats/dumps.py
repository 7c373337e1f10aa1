"""Walks the rows of a PostgreSQL dump: the COPY blocks of the tables that a reader names.

Knows: how `pg_dump` writes rows as text. Must not know: any source. Every other line of a dump is no record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingestion.formats.lines import Content, Slice, slices
from ingestion.spec import Bad, Found

_OPENS = b"PostgreSQL database dump"
_COPY = re.compile(r'^COPY (?:"?\w+"?\.)?"?(\w+)"? \((.+)\) FROM stdin;\s*$')
_ENDS = "\\."
_NULL = "\\N"
_ESCAPED = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)")
_SIGNS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def is_dump(head: bytes) -> bool:
    """True for the text form of `pg_dump`, which opens with a comment that says so."""
    return head.startswith(b"--") and _OPENS in head[:512]


def dump_records(content: Content, member: str, tables: tuple[str, ...]) -> Iterator[Found | Bad]:
    """Each row of the named tables with its table as the page key; rows that cannot be read as Bad."""
    block: tuple[str, list[str]] | None = None
    for piece in slices(content, member):
        if block and block[0] in tables:
            yield from piece.too_long
        for number, offset, raw in _lines(piece):
            try:
                line = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                if block and block[0] in tables:
                    message = f"byte {error.start} of the row is not UTF-8"
                    yield Bad(member, number, offset, "BAD_UTF8", message, raw)
                continue
            if block is None:
                block = _opened(line)
            elif line == _ENDS:
                block = None
            elif block[0] in tables:
                yield _row(member, number, offset, raw, line, block)


def _lines(piece: Slice) -> Iterator[tuple[int, int, bytes]]:
    offset = piece.offset
    for number, raw in enumerate(piece.data.split(b"\n"), piece.first_line):
        yield number, offset, raw.removesuffix(b"\r")
        offset += len(raw) + 1


def _opened(line: str) -> tuple[str, list[str]] | None:
    """The table and columns of a block that opens here."""
    found = _COPY.match(line)
    if found is None:
        return None
    return found.group(1), [name.strip().strip('"') for name in found.group(2).split(",")]


def _row(
    member: str, number: int, offset: int, raw: bytes, line: str, block: tuple[str, list[str]]
) -> Found | Bad:
    table, names = block
    fields = line.split("\t")
    if len(fields) != len(names):
        message = f"the row has {len(fields)} fields, the COPY of {table} has {len(names)}"
        return Bad(member, number, offset, "COLUMN_COUNT", message, raw)
    row = {
        name: None if field == _NULL else _ESCAPED.sub(_sign, field)
        for name, field in zip(names, fields, strict=True)
    }
    return Found(number, row, raw, offset, table)


def _sign(found: re.Match[str]) -> str:
    """The character that an escape stands for."""
    written = found.group(1)
    if written[0] == "x" and len(written) > 1:
        return chr(int(written[1:], 16))
    if written[0] in "01234567":
        return chr(int(written, 8))
    return _SIGNS.get(written, written)
