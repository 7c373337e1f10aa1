"""Walks JSON documents: arrays, single objects, API pages and several of them in one file, record by record.

Knows: where a record begins and ends in a document, also when the record itself is broken. Must not know: any source, or
when a record is acceptable; `strict.read_line` decides that. A broken record costs itself wherever its end can be told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingestion.formats.strict import read_line
from ingestion.spec import Bad, Found, Reject, refused

_BLANK = re.compile(r"[ \t\r\n]*")
_INDENT = re.compile(r"(?:^|\n)([ \t]*)\Z")
_MARK = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{}\],]', re.S)
_LENIENT = json.JSONDecoder(strict=False)  # finds ends only, so it may be generous
_NO_PAGE: Mapping[str, Any] = {}
_CLOSES = {"[": "]", "{": "}"}


class NotADocument(Exception):
    """The text is not one JSON document after another; the message says where it stops being one."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Where a value stands; `whole` when a JSON parser found its end, else it was told by its surroundings."""

    start: int
    end: int
    whole: bool = True


@dataclass(frozen=True)
class _List:
    """The elements of an array, and the place after it."""

    items: Sequence[_Span]
    end: int


@dataclass(frozen=True)
class _Page:
    """The fields of an object, the one of them that holds its records, and the place after the object."""

    fields: Sequence[tuple[str, Any]]
    key: str | None
    end: int


def document_records(
    everything: bytes, member: str, page_keys: tuple[str, ...]
) -> Iterator[Found | Bad]:
    """Every record with its number and byte offset; raises NotADocument, or Reject for a document that was cut."""
    walker = _Walker(everything.decode("utf-8", "surrogateescape"), member, page_keys)
    yield from walker.records()


class _Walker:
    def __init__(self, text: str, member: str, page_keys: tuple[str, ...]) -> None:
        self._text, self._member, self._page_keys = text, member, page_keys
        self._number = 0
        self._told, self._told_bytes = 0, 0  # a place of the text and its byte offset

    def records(self) -> Iterator[Found | Bad]:
        """Every top-level value in turn; between them blanks and commas."""
        text = self._text
        position = self._skip(0)
        while position < len(text):
            if text[position] == "[":
                listed = self._list(position)
                for span in listed.items:
                    yield from self._element(span)
                position = listed.end
            elif text[position] == "{":
                page = self._page(position, (*self._page_keys, "data"))
                span = _Span(position, page.end) if page else self._span(position)
                yield from self._page_or_record(span, page)
                position = span.end
            else:
                raise NotADocument(f"character {position} is neither [ nor {{")
            position = self._skip(position)
            if position < len(text) and text[position] == ",":
                position = self._skip(position + 1)

    def _element(self, span: _Span) -> Iterator[Found | Bad]:
        """An element of the outermost array: a record, or a page of records."""
        may_be_page = any(
            self._text.find(f'"{key}"', span.start, span.end) >= 0 for key in self._page_keys
        )
        page = self._page(span.start, self._page_keys) if may_be_page else None
        yield from self._page_or_record(span, page)

    def _page_or_record(self, span: _Span, page: _Page | None) -> Iterator[Found | Bad]:
        if page is None or page.key is None:
            yield self._record(span)
            return
        beside = {name: self._beside(v) for name, v in page.fields if name != page.key}
        for name, value in page.fields:
            if name == page.key and isinstance(value, _List):
                for item in value.items:
                    yield self._record(item, name, beside)

    def _beside(self, value: Any) -> Any:
        """A field beside the records; a list of the page is read as the value that it is."""
        if not isinstance(value, _List):
            return value
        return [_LENIENT.raw_decode(self._text, i.start)[0] for i in value.items if i.whole]

    def _record(
        self, span: _Span, key: str | None = None, page: Mapping[str, Any] = _NO_PAGE
    ) -> Found | Bad:
        self._number += 1
        raw = self._text[span.start : span.end].encode("utf-8", "surrogateescape")
        offset = self._offset(span.start)
        value, problem = read_line(raw)
        if problem or value is None:
            return refused(self._member, self._number, offset, problem or ("JSON_SYNTAX", ""), raw)
        return Found(self._number, value, raw, offset, key, page)

    def _offset(self, position: int) -> int:
        if position < self._told:
            self._told = self._told_bytes = 0
        between = self._text[self._told : position]
        self._told_bytes += len(between.encode("utf-8", "surrogateescape"))
        self._told = position
        return self._told_bytes

    def _page(self, position: int, keys: tuple[str, ...]) -> _Page | None:
        """The object that begins here taken apart, lists under `keys` as spans; None when it is no object."""
        text = self._text
        fields: list[tuple[str, Any]] = []
        if text[position] != "{":
            return None
        position = self._skip(position + 1)
        try:
            while text[position] != "}":
                name, position = _LENIENT.raw_decode(text, position)
                position = self._skip(position)
                if text[position] != ":" or not isinstance(name, str):
                    return None
                position = self._skip(position + 1)
                value: Any
                if name in keys and text[position] == "[":
                    value = self._list(position)
                    position = value.end
                else:
                    value, position = _LENIENT.raw_decode(text, position)
                fields.append((name, value))
                position = self._skip(position)
                if text[position] == ",":
                    position = self._skip(position + 1)
        except (ValueError, IndexError, RecursionError):
            return None
        return _Page(fields, self._key_of(fields, keys), position + 1)

    def _key_of(self, fields: Sequence[tuple[str, Any]], keys: tuple[str, ...]) -> str | None:
        """The key of the records; what has an id of its own is a record, whatever lists it holds."""
        if any(name == "id" for name, _ in fields):
            return None
        lists = {name: value.items for name, value in fields if isinstance(value, _List)}
        for key in keys:
            if key in lists and (
                key in self._page_keys or all(self._text[i.start] == "{" for i in lists[key])
            ):
                return key
        return None

    def _list(self, position: int) -> _List:
        """The elements of the array that begins here."""
        text = self._text
        items: list[_Span] = []
        position = self._skip(position + 1)
        while True:
            if position >= len(text):
                raise self._cut(items)
            if text[position] == "]":
                return _List(items, position + 1)
            span = self._span(position)
            if span.end > position:
                items.append(span)
            elif text[position] != ",":
                raise NotADocument(f"character {position} cannot stand in an array")
            position = self._skip(span.end)
            if position < len(text) and text[position] == ",":
                position = self._skip(position + 1)

    def _span(self, position: int) -> _Span:
        """The value that begins here, up to its end or, when it is broken, up to what can only be its end."""
        try:
            end = _LENIENT.raw_decode(self._text, position)[1]
            following = self._skip(end)
            if following >= len(self._text) or self._text[following] in ",]}{[":
                return _Span(position, end)
        except (ValueError, IndexError, RecursionError):
            pass
        end = self._end_of_broken(position)
        return _Span(position, position + len(self._text[position:end].rstrip()), whole=False)

    def _end_of_broken(self, position: int) -> int:
        """The next value of the same indentation, else the comma or bracket at which the brackets add up."""
        text = self._text
        indent = _INDENT.search(text[max(0, position - 200) : position])
        sibling = -1
        if indent and text[position] == "{":
            sibling = text.find(f"\n{indent[1]}{{", position)
        opened: list[str] = []
        for mark in _MARK.finditer(text, position, sibling if sibling >= 0 else len(text)):
            sign = mark[0]
            if sign in "[{":
                opened.append(_CLOSES[sign])
            elif sign in "]}":
                if not opened:
                    return mark.start()
                if opened.pop() != sign:
                    break
                if not opened and self._skip(mark.end()) >= len(text):
                    return mark.end()
            elif sign == "," and not opened:
                return mark.start()
            elif sign[0] == '"' and (len(sign) == 1 or sign[-1] != '"'):
                break
        if sibling < 0:
            raise NotADocument(f"the value at character {position} has no end that can be told")
        return len(text[:sibling].rstrip().removesuffix(","))

    def _cut(self, items: Sequence[_Span]) -> Reject:
        size = self._offset(len(self._text))
        return Reject(
            "INCOMPLETE_FILE",
            f"the JSON document stops at byte {size} before its end, after {len(items)} records; send it again",
        )

    def _skip(self, position: int) -> int:
        found = _BLANK.match(self._text, position)
        return found.end() if found else position
