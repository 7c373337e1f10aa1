"""Reader of Mode's report runs in the generic form of usage events.

Knows: that the tool is Mode. Must not know: anything of Mode's API, of which no form is confirmed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.sources.usage.rows import event_header, event_row, tools_of
from ingestion.spec import Context, Reader, Sample


def looks_like(sample: Sample) -> bool:
    """A use at an instant, of the tool mode only."""
    return tools_of(sample) == {"mode"} and any("event_time" in r for r in sample.records)


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header."""
    wanted = ("event_time", "user_email", "asset_id", "action")
    return event_header(rows, context, wanted)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One run or view as one row."""
    return event_row(record, context, tool="mode")


READER = Reader(
    source="mode",
    formats=("csv", "ndjson", "json"),
    looks_like=looks_like,
    parse=parse,
    header=header,
)
