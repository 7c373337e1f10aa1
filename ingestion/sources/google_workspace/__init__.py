"""Reader of Google Workspace's activity reports: one item with its events is one row.

Knows: the item of the Reports API. Must not know: which events are use of a tool.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.fields import bag, identifier, instant, part, text


def looks_like(sample: Sample) -> bool:
    """An item says its kind, or has events and an id with an application."""
    return any(
        r.get("kind") == "admin#reports#activity"
        or ("events" in r and "applicationName" in part(r, "id"))
        for r in sample.records
    )


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One item as one row; an item that a shipper split holds one event, and is told apart by it."""
    key, actor = part(record, "id"), part(record, "actor")
    events = record.get("events")
    is_split = isinstance(events, Mapping)
    listed = [events] if is_split else events
    if not isinstance(listed, list) or not all(isinstance(event, Mapping) for event in listed):
        raise BadRecord("TYPE", "events is not a list of events")
    return {
        "occurred_at": instant(key, "time", required=True),
        "unique_qualifier": identifier(key, "uniqueQualifier", required=True),
        "application": identifier(key, "applicationName", required=True),
        "event_part": _which(events) if is_split else "",
        "customer_id": identifier(key, "customerId"),
        "actor_email": text(actor, "email"),
        "actor_id": identifier(actor, "profileId"),
        "caller_type": text(actor, "callerType"),
        "ip_address": text(record, "ipAddress"),
        "events": bag(listed),
    }


def _which(event: Any) -> str:
    """The name of an event with the hash of all that it says."""
    written = json.dumps(event, sort_keys=True).encode()
    return f"{event.get('name')}:{hashlib.sha256(written).hexdigest()[:16]}"


READER = Reader(
    source="google_workspace",
    formats=("json", "ndjson"),
    looks_like=looks_like,
    parse=parse,
    page_keys=("items",),
)
