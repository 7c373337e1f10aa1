"""Reader of generic usage and seat files of any tool: CSV or JSON lines.

Knows: which of the two forms a file has. Must not know: any tool; Mode, Notion and Confluence have folders of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from ingestion.sources.usage.rows import (  # fmt: skip
    EVENTS,
    event_header,
    event_row,
    is_event,
    seat_header,
    seat_row,
    tools_of,
)
from ingestion.spec import Context, Reader, Sample
from ingestion.values.fields import renamed

_OWN_FOLDER = {"mode", "notion", "confluence"}


def looks_like(sample: Sample) -> bool:
    """A use has a time, a person, an action and a tool; a seat has a tool, a person and a type or state."""
    own = tools_of(sample)
    if own and own <= _OWN_FOLDER:
        return False
    return any(
        {"event_time", "user_email", "action", "tool"} <= r.keys()
        or ({"tool", "user_email"} <= r.keys() and bool({"seat_type", "seat_status"} & r.keys()))
        for r in sample.records
    )


def table_of(member: str, page_key: str | None, record: Mapping[str, Any]) -> str:
    """Events have a time of use, seats have not."""
    return "events" if is_event(record) else "seats"


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header of either form; a file with a time of use holds events."""
    given = next(rows)
    again = chain([given], rows)
    if is_event(renamed(dict.fromkeys(given), EVENTS, context)) and "seat_status" not in given:
        wanted = ("event_time", "user_email", "asset_id", "action", "tool")
        return event_header(again, context, wanted)
    return seat_header(again, context, ("tool", "user_email"))


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One use or one seat as one row."""
    return (event_row if context.table == "events" else seat_row)(record, context)


READER = Reader(
    source="usage",
    formats=("csv", "ndjson", "json"),
    looks_like=looks_like,
    parse=parse,
    header=header,
    table_of=table_of,
)
