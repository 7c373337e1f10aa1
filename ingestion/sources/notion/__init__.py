"""Reader of Notion's lists of members in the generic form of seats.

Knows: that the tool is Notion. Must not know: anything of Notion's own exports, of which no form is confirmed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.sources.usage.rows import seat_header, seat_row, tools_of
from ingestion.spec import Context, Reader, Sample


def looks_like(sample: Sample) -> bool:
    """A seat of the tool notion only."""
    return tools_of(sample) == {"notion"} and not any("event_time" in r for r in sample.records)


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header."""
    return seat_header(rows, context, ("user_email",))


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One member as one row."""
    return seat_row(record, context, tool="notion")


READER = Reader(
    source="notion",
    formats=("csv", "ndjson", "json"),
    looks_like=looks_like,
    parse=parse,
    header=header,
)
