"""Walks the events of an iCalendar file (RFC 5545), each with its calendar's own properties beside it.

Knows: folded lines, components, and names with parameters. Must not know: any source, or what an event means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingestion.lines import Content
from ingestion.spec import DOCUMENT_LIMIT, Bad, Found, Reject

_NAME = re.compile(r"^([A-Za-z0-9-]+)((?:;[^:;=]+=(?:\"[^\"]*\"|[^\";:])*)*):(.*)$", re.S)
_PARAMETER = re.compile(r";([^:;=]+)=((?:\"[^\"]*\"|[^\";:])*)")


def calendar_records(content: Content, member: str) -> Iterator[Found | Bad]:
    """Every VEVENT as {NAME: [{"value", "params"}, …]}; the page holds the calendar's properties in the same form."""
    everything = content.read_all(DOCUMENT_LIMIT)
    if everything is None:
        raise Reject("SHAPE", f"a calendar larger than {DOCUMENT_LIMIT // 1024**2} MiB")
    page: dict[str, Any] = {}
    stack: list[str] = []
    event: dict[str, Any] | None = None
    start, first = 0, 0
    broken: tuple[str, str] | None = None
    for number, offset, line in _unfolded(everything):
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            broken = ("BAD_UTF8", f"byte {error.start} of line {number} is not UTF-8")
            continue
        found = _NAME.match(text)
        if found is None:
            broken = ("SHAPE", f"line {number} is not NAME:VALUE")
            continue
        name, value = found.group(1).upper(), found.group(3)
        if name == "BEGIN":
            stack.append(value.upper())
            if stack[-1] == "VEVENT":
                event, start, first, broken = {}, offset, number, None
            continue
        if name == "END":
            closed = stack.pop() if stack else ""
            if closed == "VEVENT" and event is not None:
                raw = everything[start : offset + len(line)]
                if broken:
                    yield Bad(member, first, start, *broken, raw)
                else:
                    yield Found(first, event, raw, start, None, page)
                event = None
            continue
        parameters = {
            key.upper(): val.strip('"') for key, val in _PARAMETER.findall(found.group(2))
        }
        entry = {"value": value, "params": parameters}
        if event is not None and stack[-1:] == ["VEVENT"]:
            event.setdefault(name, []).append(entry)
        elif stack == ["VCALENDAR"]:
            page.setdefault(name, []).append(entry)
    if event is not None:
        message = "the file ends within this event"
        yield Bad(member, first, start, "INCOMPLETE_FILE", message, everything[start:])


def _unfolded(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(line number, offset, content line) with the continuation lines put together again."""
    held: tuple[int, int, bytes] | None = None
    offset = 0
    for number, raw in enumerate(data.splitlines(keepends=True), 1):
        line = raw.rstrip(b"\r\n")
        if line[:1] in (b" ", b"\t") and held is not None:
            held = (held[0], held[1], held[2] + line[1:])
        elif line.strip():
            if held is not None:
                yield held
            held = (number, offset, line)
        offset += len(raw)
    if held is not None:
        yield held
