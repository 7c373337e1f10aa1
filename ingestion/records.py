"""Walks files that are not JSON lines: JSON documents and API pages, CSV and YAML, record by record.

Knows: the shapes of files and where each record starts. Must not know: any source; readers say which they accept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ingestion.calendars import calendar_records
from ingestion.csvrows import csv_records
from ingestion.lines import Content, slices
from ingestion.spec import (  # fmt: skip
    DOCUMENT_LIMIT,
    Bad,
    BadRecord,
    Context,
    Filtered,
    Found,
    Reader,
    Reject,
)
from ingestion.strict import check_line, load_strict, strict_decoder

HEAD = 256 * 1024
_SPACE = re.compile(r"[ \t\r\n]*")
_SYSLOG = re.compile(rb"^<\d{1,3}>[^{]*(?=\{)")  # what a log shipper writes before the object


class Held:
    """Content that was read to decide its shape and is now read again from memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.tail = data[-256:]

    def read(self) -> bytes:
        data, self._data = self._data, b""
        return data


def shape_of(content: Content, reader_formats: tuple[str, ...], page_keys: tuple[str, ...]) -> str:
    """ndjson, json, csv, yaml or empty; raises Reject(SHAPE) for what the reader does not read."""
    head = content.peek(HEAD)
    text = head.lstrip()
    if not text:
        return "empty" if not content.peek(HEAD * 8).strip() else "ndjson"
    if text[:1] in b"{[":
        return _json_shape(text, page_keys)
    if "ics" in reader_formats and text[:15].upper() == b"BEGIN:VCALENDAR":
        return "ics"
    if "ndjson" in reader_formats and (re.search(rb"^\s*\{", head, re.M) or _SYSLOG.match(text)):
        return "ndjson"
    first = text.split(b"\n", 1)[0]
    if "yaml" in reader_formats and re.match(rb"^(---|#|- |[\w-]+:(\s|$))", first):
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
        starts = len(re.findall(rb"^\{", text, re.M))
        return "ndjson" if text[:1] == b"{" and starts > 1 else "json"
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
            problem = check_line(line)
            if problem:
                yield Bad(member, number, start, *problem, raw)
                continue
            yield Found(number, json.loads(line), raw, start)


def _documents(everything: bytes, member: str, reader: Reader) -> Iterator[Found | Bad]:
    try:
        text = everything.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Reject("BAD_UTF8", f"byte {error.start} of the JSON document is not UTF-8") from None
    counter = _Counter(member, text)
    try:
        position = _skip(text, 0)
        while position < len(text):
            if text[position] == "[":
                position = yield from _array(text, position, counter, reader.page_keys)
            elif text[position] == "{":
                position = yield from _object(text, position, counter, reader.page_keys)
            else:
                raise ValueError("expected [ or {")
            position = _skip(text, position)
            if position < len(text) and text[position] == ",":
                position = _skip(text, position + 1)
    except RecursionError:
        raise Reject("TOO_DEEP", "the JSON document is nested too deep") from None
    except (ValueError, IndexError) as error:
        if len(re.findall(r"^\{", text, re.M)) > 1 and counter.number == 0:
            yield from _lines(Held(everything), member, reader)
            return
        raise Reject(
            "SHAPE",
            f"neither JSON lines nor one JSON document: {error}; expected one object per line, or an array",
        ) from None


class _Counter:
    def __init__(self, member: str, text: str) -> None:
        self.member, self.text, self.number = member, text, 0

    def found(
        self, value: Any, start: int, end: int, key: str | None, page: Mapping[str, Any]
    ) -> Found | Bad:
        self.number += 1
        raw = self.text[start:end].encode("utf-8", "surrogatepass")
        problem = check_line(raw.replace(b"\n", b" ").replace(b"\r", b" "))
        if problem:
            return Bad(self.member, self.number, None, *problem, raw)
        return Found(self.number, value, raw, None, key, page)


_NO_PAGE: Mapping[str, Any] = {}
_LENIENT = json.JSONDecoder()
_STRICT = strict_decoder()


def _decode(text: str, position: int) -> tuple[Any, int]:
    return _LENIENT.raw_decode(text, position)


def _array(
    text: str,
    position: int,
    counter: _Counter,
    page_keys: tuple[str, ...],
    key: str | None = None,
    page: Mapping[str, Any] = _NO_PAGE,
) -> Generator[Found | Bad, None, int]:
    position = _skip(text, position + 1)
    while text[position] != "]":
        value, end = _decode(text, position)
        if isinstance(value, dict) and page_of(value, page_keys) in page_keys:
            yield from _object(text, position, counter, page_keys)
        else:
            yield counter.found(value, position, end, key, page)
        position = _skip(text, end)
        if text[position] == ",":
            position = _skip(text, position + 1)
        elif text[position] != "]":
            raise ValueError(f"expected , or ] at character {position}")
    return position + 1


def _object(
    text: str, position: int, counter: _Counter, page_keys: tuple[str, ...]
) -> Generator[Found | Bad, None, int]:
    value, end = _decode(text, position)
    key = page_of(value, page_keys)
    if key is None:
        yield counter.found(value, position, end, None, _NO_PAGE)
        return end
    page = {name: beside for name, beside in value.items() if name != key}
    position = _skip(text, position + 1)
    while text[position] != "}":
        name, position = _decode(text, position)
        position = _skip(text, position)
        position = _skip(text, position + 1)
        if name == key and text[position] == "[":
            position = yield from _array(text, position, counter, (), key, page)
        else:
            _, position = _decode(text, position)
        position = _skip(text, position)
        if text[position] == ",":
            position = _skip(text, position + 1)
    return end


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


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
        except BadRecord as error:
            yield Bad(member, item.line, item.offset, error.code, error.message, item.raw)
            continue
        except (TypeError, ValueError, AttributeError, KeyError, OverflowError):
            message = "a field is of a type that the source never has"
            yield Bad(member, item.line, item.offset, "TYPE", message, item.raw)
            continue
        yield item, table, row
