"""Walks files that are not JSON lines: JSON documents and API pages, CSV and YAML, record by record.

Knows: the shapes of files and where each record starts. Must not know: any source; readers say which they accept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ingestion.formats.calendars import calendar_records
from ingestion.formats.csvrows import csv_records
from ingestion.formats.documents import NotADocument, document_records
from ingestion.formats.dumps import dump_records, is_dump
from ingestion.formats.lines import Content, slices
from ingestion.formats.strict import check_line, load_strict, read_line
from ingestion.spec import (  # fmt: skip
    DOCUMENT_LIMIT,
    Bad,
    BadRecord,
    Context,
    Filtered,
    Found,
    Reader,
    Reject,
    refused,
)

HEAD = 256 * 1024
_SYSLOG = re.compile(rb"^<\d{1,3}>[^{]*(?=\{)")  # what a log shipper writes before the object


class Held:
    """Content that was read to decide its shape and is now read again from memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.tail = data[-256:]
        self.start = 0

    def read(self) -> bytes:
        data, self._data = self._data, b""
        return data


def shape_of(content: Content, reader_formats: tuple[str, ...], page_keys: tuple[str, ...]) -> str:
    """ndjson, json, csv, yaml, ics, pgdump or empty; raises Reject(SHAPE) for what the reader does not read."""
    head = content.peek(HEAD)
    text = head.lstrip()
    if not text:
        return "empty" if not content.peek(HEAD * 8).strip() else "ndjson"
    if text[:1] in b"{[":
        return _json_shape(text, page_keys)
    if "ics" in reader_formats and text[:15].upper() == b"BEGIN:VCALENDAR":
        return "ics"
    if "pgdump" in reader_formats and is_dump(text):
        return "pgdump"
    if "ndjson" in reader_formats and (re.search(rb"^\s*\{", head, re.M) or _SYSLOG.match(text)):
        return "ndjson"
    first = text.split(b"\n", 1)[0]
    if "yaml" in reader_formats and re.match(rb"^(---|#(?![,;\t])|- |[\w-]+:(\s|$))", first):
        return "yaml"
    if "csv" in reader_formats:
        return "csv"
    if "yaml" in reader_formats:
        return "yaml"
    wanted = ", ".join(reader_formats)
    raise Reject("SHAPE", f"the first line is not JSON; expected {wanted}")


def _json_shape(text: bytes, page_keys: tuple[str, ...]) -> str:
    lines = text.split(b"\n", 1)
    try:
        value = load_strict(lines[0].decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return _shape_below(text)
    if isinstance(value, list):
        rest = lines[1].lstrip() if len(lines) > 1 else b""
        return (
            "ndjson" if rest[:1] == b"{" and not any(isinstance(v, dict) for v in value) else "json"
        )
    if isinstance(value, dict) and page_of(value, page_keys):
        return "json"
    return "ndjson"


def page_of(value: Mapping[str, Any], page_keys: tuple[str, ...]) -> str | None:
    """The key that holds an API page's records; what has an id of its own is a record, whatever lists it holds."""
    if "id" in value:
        return None
    for key in (*page_keys, "data"):
        items = value.get(key)
        if isinstance(items, list) and (
            key in page_keys or all(isinstance(i, dict) for i in items)
        ):
            return key
    return None


def _shape_below(text: bytes) -> str:
    """What the lines below a first one that is no JSON by itself say: lines of their own, or parts of a document."""
    if text[:1] == b"[":
        return "json"
    lines = [line.strip() for line in text.split(b"\n")[1:1000]]
    opened = [line for line in lines if line[:1] == b"{"][:50]
    whole = sum(_is_json(line) for line in opened)
    if any(line[-1:] == b"," and _is_json(line[:-1]) for line in opened):
        return "json"
    closes = any(line[:1] in (b"]", b"}") for line in lines)
    return "ndjson" if whole > int(closes) else "json"


def _is_json(text: bytes) -> bool:
    try:
        load_strict(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return False
    return True


def walk(
    content: Content, member: str, shape: str, reader: Reader, context: Context
) -> Iterator[Found | Bad | Filtered]:
    """Every record of a member in its order, with its number; bad ones as Bad."""
    if shape == "json":
        everything = content.read_all(DOCUMENT_LIMIT)
        if everything is None:
            raise Reject(
                "SHAPE",
                f"a JSON document larger than {DOCUMENT_LIMIT // 1024**2} MiB; deliver one record per line",
            )
        yield from _documents(everything, member, reader)
    elif shape == "csv":
        yield from csv_records(content, member, reader, context)
    elif shape == "yaml":
        yield from _yaml(content, member, reader)
    elif shape == "ics":
        yield from calendar_records(content, member)
    elif shape == "pgdump":
        yield from dump_records(content, member, reader.page_keys)
    elif shape == "ndjson":
        yield from _lines(content, member, reader)


def _lines(content: Content | Held, member: str, reader: Reader) -> Iterator[Found | Bad]:
    for piece in slices(content, member):  # type: ignore[arg-type]
        yield from piece.too_long
        offset = piece.offset
        for number, raw in enumerate(piece.data.split(b"\n"), piece.first_line):
            start, offset = offset, offset + len(raw) + 1
            raw = raw.rstrip(b"\r")
            if not raw.strip():
                continue
            line = _SYSLOG.sub(b"", raw)
            value, problem = read_line(line)
            if problem or value is None:
                yield refused(member, number, start, problem or ("JSON_SYNTAX", ""), raw)
                continue
            yield Found(number, value, raw, start)


def _documents(everything: bytes, member: str, reader: Reader) -> Iterator[Found | Bad]:
    told = False
    try:
        for item in document_records(everything, member, reader.page_keys):
            told = True
            yield item
    except NotADocument as error:
        if not told and len(re.findall(rb"^\{", everything, re.M)) > 1:
            yield from _lines(Held(everything), member, reader)
            return
        raise Reject(
            "SHAPE",
            f"neither JSON lines nor one JSON document: {error}; expected one object per line, or an array",
        ) from None


def _yaml(content: Content, member: str, reader: Reader) -> Iterator[Found | Bad]:
    import yaml

    everything = content.read_all(DOCUMENT_LIMIT // 16)
    if everything is None:
        raise Reject("SHAPE", "the YAML file is larger than 4 MiB")
    if everything.count(b"*") > 1000:
        raise Reject("SHAPE", "the YAML file has too many aliases")
    try:
        # every scalar stays a text: `on`, `1.10` and `2024-03-01` mean what they say
        value = yaml.load(everything, Loader=yaml.BaseLoader)  # noqa: S506 (builds texts, lists and maps only)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Reject("SHAPE", f"line {line}: this is not YAML: {error.problem}") from None
    except (yaml.YAMLError, UnicodeError, RecursionError) as error:
        raise Reject("SHAPE", f"this is not YAML: {error}") from None
    if isinstance(value, dict):
        key = page_of(value, reader.page_keys)
        value = value[key] if key else [value]
    if not isinstance(value, list):
        raise Reject("SHAPE", "expected a list of records")
    for number, record in enumerate(value, 1):
        raw = json.dumps(record).encode()
        problem = check_line(raw)
        if problem:
            yield Bad(member, number, None, *problem, raw)
        elif isinstance(record, dict):
            cleaned = {k: None if v in ("", "null", "~") else v for k, v in record.items()}
            yield Found(number, cleaned, raw)
        else:
            yield Bad(member, number, None, "NOT_AN_OBJECT", "the entry is not a mapping", raw)


def parse_all(
    found: Iterator[Found | Bad | Filtered], member: str, reader: Reader, context: Context
) -> Iterator[tuple[Found, str, Mapping[str, Any]] | Bad | Filtered]:
    """Every record with its table and its row; what the reader's parser refuses becomes Bad with its raw bytes."""
    if reader.learn:
        held = list(found)
        records = (item.record for item in held if isinstance(item, Found))
        context = replace(context, learned=reader.learn(records, context))
        found = iter(held)
    around: Context = context
    for item in found:
        if not isinstance(item, Found):
            yield item
            continue
        try:
            table = context.table
            if reader.table_of:
                table = reader.table_of(member, item.page_key, item.record)
            if around.table != table or around.page is not item.page:
                around = replace(context, table=table, page=item.page)
            row = reader.parse(item.record, around) if reader.parse else item.record
            if table in reader.reshape:
                row, table = reader.reshape[table](item.record, around), table.split("/")[0]
        except BadRecord as error:
            yield Bad(member, item.line, item.offset, error.code, error.message, item.raw)
            continue
        except (TypeError, ValueError, AttributeError, KeyError, OverflowError):
            message = "a field is of a type that the source never has"
            yield Bad(member, item.line, item.offset, "TYPE", message, item.raw)
            continue
        yield item, table, row
