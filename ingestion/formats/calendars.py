"""Walks an iCalendar file (RFC 5545): every VEVENT is a record of its properties, as delivered.

Knows: content lines, how they are folded, how components nest. Must not know: any source, or what a property means
(`ingestion/values/calendar_values.py` reads the values). A broken event costs one record, with its bytes, line and offset.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingestion.formats.lines import Content
from ingestion.spec import DOCUMENT_LIMIT, Bad, Filtered, Found, Reject

_PHYSICAL = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_NAME = re.compile(r"([A-Za-z0-9-]+)((?:;[^:;=\"]+=(?:\"[^\"]*\"|[^\";:]++)*+)*+):(.*)", re.S)
_PARAMETER = re.compile(r";([^:;=\"]+)=((?:\"[^\"]*\"|[^\";:]++)*+)")
_BORDER = re.compile(rb"(BEGIN|END)[ \t]*:[ \t]*([A-Za-z0-9-]+)[ \t]*\Z", re.I)
_CARET = re.compile(r"\^([n'^])")  # RFC 6868: how a parameter writes what it may not hold
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f]")
_NO_RECORDS = ("VTODO", "VJOURNAL", "VFREEBUSY", "VAVAILABILITY")

Entry = dict[str, Any]  # {"value": as delivered, "params": {NAME: value}}


@dataclass(frozen=True)
class _Line:
    """A content line put together again, and where it stood."""

    number: int
    start: int
    end: int
    data: bytes


@dataclass
class _Open:
    """An event whose end was not seen yet."""

    line: int
    start: int
    page: dict[str, Any]
    properties: dict[str, list[Entry]] = field(default_factory=dict)
    problem: tuple[str, str] | None = None
    inside: list[str] = field(default_factory=list)  # alarms and the like

    def take(self, line: _Line) -> None:
        """Keeps a property of the event; those of its alarms are nobody's business."""
        if self.inside or self.problem:
            return
        found = _property(line)
        if isinstance(found[1], str):
            self.problem = (found[0], found[1])
        else:
            self.properties.setdefault(found[0], []).append(found[1])


def calendar_records(content: Content, member: str) -> Iterator[Found | Bad | Filtered]:
    """Every event as {NAME: [{"value", "params"}, …]}; the page holds its calendar's properties in the same form.

    `page["VTIMEZONE"]` are the time zones that the calendar defines, wherever in the file they stand. Tasks, journals
    and free-busy times are counted as filtered.
    """
    everything = content.read_all(DOCUMENT_LIMIT)
    if everything is None:
        raise Reject("SHAPE", f"a calendar larger than {DOCUMENT_LIMIT // 1024**2} MiB")
    pages = iter(_pages(everything))
    page: dict[str, Any] = {}
    stack: list[str] = []
    event: _Open | None = None
    last: _Line | None = None

    def bad(code: str, message: str, line: int, start: int, end: int) -> Bad:
        return Bad(member, line, start, code, message, everything[start:end])

    def unclosed(before: _Line) -> Bad:
        assert event is not None
        message = f"the event is not closed before line {before.number}"
        return bad("SHAPE", message, event.line, event.start, before.start)

    for line in _unfolded(everything):
        last = line
        border = _BORDER.match(line.data)
        if border is None:
            if event is not None:
                event.take(line)
            elif not stack:
                message = f"line {line.number} stands outside of a calendar"
                yield bad("SHAPE", message, line.number, line.start, line.end)
            continue
        begins, name = border.group(1).upper() == b"BEGIN", border.group(2).decode().upper()
        if event is not None and (name == "VCALENDAR" or (begins and name == "VEVENT")):
            yield unclosed(line)
            event = None
        if begins:
            if name == "VCALENDAR":
                stack, page = [name], next(pages, {})
            elif name == "VEVENT":
                event = _Open(line.number, line.start, page)
            elif event is not None:
                event.inside.append(name)
            else:
                if name in _NO_RECORDS and stack[-1:] == ["VCALENDAR"]:
                    yield Filtered(line.number)
                stack.append(name)
        elif event is not None and name == "VEVENT":
            if event.inside and not event.problem:
                event.problem = ("SHAPE", f"{event.inside[-1]} in the event is not closed")
            if event.problem:
                yield bad(*event.problem, event.line, event.start, line.end)
            else:
                raw = everything[event.start : line.end]
                yield Found(event.line, event.properties, raw, event.start, None, event.page)
            event = None
        elif event is not None:
            if event.inside[-1:] == [name]:
                event.inside.pop()
            else:
                event.problem = event.problem or ("SHAPE", f"line {line.number} closes {name}, which is not open")  # fmt: skip
        elif stack[-1:] == [name]:
            stack.pop()
        else:
            message = f"line {line.number} closes {name}, which is not open"
            yield bad("SHAPE", message, line.number, line.start, line.end)
    if event is not None:
        message = "the file ends within this event"
        yield bad("INCOMPLETE_FILE", message, event.line, event.start, len(everything))
    elif stack and last is not None:
        message = f"the file ends before {stack[-1]} is closed; events may be missing"
        yield bad("INCOMPLETE_FILE", message, last.number, last.start, last.end)


def _property(line: _Line) -> tuple[str, Entry | str]:
    """(name, entry) of a content line, or (code, message)."""
    try:
        text = line.data.decode("utf-8")
    except UnicodeDecodeError as error:
        wrong = line.data[error.start]
        return "BAD_UTF8", f"byte 0x{wrong:02x} in line {line.number} is not UTF-8"
    if _CONTROL.search(text):
        return "CONTROL_CHAR", f"line {line.number} holds a raw control character"
    found = _NAME.fullmatch(text)
    if found is None:
        return "SHAPE", f"line {line.number} is not NAME:VALUE"
    parameters = {
        key.strip().upper(): _CARET.sub(_uncaret, value.strip('"'))
        for key, value in _PARAMETER.findall(found.group(2))
    }
    return found.group(1).upper(), {"value": found.group(3), "params": parameters}


def _uncaret(found: re.Match[str]) -> str:
    return {"n": "\n", "'": '"', "^": "^"}[found.group(1)]


def _pages(everything: bytes) -> list[dict[str, Any]]:
    """The own properties and time zones of each calendar of the file, in order."""
    pages: list[dict[str, Any]] = []
    stack: list[str] = []
    for line in _unfolded(everything):
        border = _BORDER.match(line.data)
        if border is None:
            if not pages or len(stack) > 3:
                continue
            found = _property(line) if stack and stack[-1] != "VEVENT" else ("", "")
            if isinstance(found[1], str):
                continue
            if stack == ["VCALENDAR"]:
                pages[-1].setdefault(found[0], []).append(found[1])
            elif stack[:2] == ["VCALENDAR", "VTIMEZONE"] and pages[-1].get("VTIMEZONE"):
                zone = pages[-1]["VTIMEZONE"][-1]
                part = zone if len(stack) == 2 else zone["parts"][-1]
                part.setdefault(found[0], []).append(found[1])
            continue
        begins, name = border.group(1).upper() == b"BEGIN", border.group(2).decode().upper()
        if begins and name == "VCALENDAR":
            stack = [name]
            pages.append({})
        elif begins:
            if name == "VEVENT":
                stack = ["VCALENDAR"]
            stack.append(name)
            if stack == ["VCALENDAR", "VTIMEZONE"]:
                pages[-1].setdefault("VTIMEZONE", []).append({"parts": []})
            elif stack[:2] == ["VCALENDAR", "VTIMEZONE"] and len(stack) == 3 and pages:
                pages[-1]["VTIMEZONE"][-1]["parts"].append({"kind": name})
        elif name in stack:
            del stack[stack.index(name) :]
    return pages


def _unfolded(data: bytes) -> Iterator[_Line]:
    """The content lines with their continuations put together as bytes: a fold may stand inside a character."""
    number, start, end = 0, 0, 0
    parts: list[bytes] = []
    for count, found in enumerate(_PHYSICAL.finditer(data), 1):
        raw = found.group()
        text = raw.rstrip(b"\r\n")
        if text[:1] in (b" ", b"\t") and parts:
            parts.append(text[1:])
            end = found.end()
            continue
        if not text.strip():
            continue
        if parts:
            yield _Line(number, start, end, b"".join(parts))
        number, start, end, parts = count, found.start(), found.end(), [text]
    if parts:
        yield _Line(number, start, end, b"".join(parts))
