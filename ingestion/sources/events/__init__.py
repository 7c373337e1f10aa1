"""Reader of generic event files, for products without a reader of their own: CSV or lines.

Knows: event, user_id, device_id, time and event_id; every further column is a property. Must not know: any vendor.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.formats.strict import load_strict
from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.declared import declared_instant
from ingestion.values.fields import identifier, match_header, text

_ALIASES: dict[str, tuple[str, ...]] = {
    "event": ("event_name",),
    "user_id": (),
    "device_id": (),
    "time": ("timestamp", "occurred_at"),
    "event_id": (),
}
_TIMES = ("time", *_ALIASES["time"])
_KEYS = (*_ALIASES, "event_name", "timestamp", "occurred_at", "properties")


def looks_like(sample: Sample) -> bool:
    """A flat event with a user or device and a time of its own."""
    return any(
        "event" in r and "time" in r and ("user_id" in r or "device_id" in r)
        for r in sample.records
    )


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header."""
    return match_header(next(rows), _ALIASES, ("event", "time"), context)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One event as one row."""
    event = text(record, "event", "event_name")
    if not event or not event.strip():
        raise BadRecord("TYPE", "event is missing")
    properties = {name: value for name, value in record.items() if name not in _KEYS}
    nested = record.get("properties")
    if isinstance(nested, str) and nested.lstrip()[:1] == "{":
        try:
            nested = load_strict(nested)
        except (ValueError, RecursionError):
            properties["properties"] = nested
    if isinstance(nested, Mapping):
        properties.update(nested)
    event_id = identifier(record, "event_id")
    return {
        "event": event,
        "user_id": identifier(record, "user_id"),
        "device_id": identifier(record, "device_id"),
        "time_at": declared_instant(record, _TIMES, context, required=True),
        "event_id": event_id,
        "properties": json.dumps(properties, ensure_ascii=False, sort_keys=True),
        "__marks": "" if event_id else "NO_ID",
    }


READER = Reader(
    source="events",
    formats=("csv", "ndjson", "json"),
    looks_like=looks_like,
    parse=parse,
    header=header,
)
