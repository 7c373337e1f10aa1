"""Reader of the Okta System Log: arrays of an API page, or lines.

Knows: Okta's log event. Must not know: which applications are tools of the company.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingestion.fields import identifier, inside, instant, text
from ingestion.spec import BadRecord, Context, Reader, Sample


def looks_like(sample: Sample) -> bool:
    """A log event has an eventType, an actor and when it was published."""
    return any("eventType" in r and "published" in r for r in sample.records)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One log event as one row; the application is the target of type AppInstance, wherever it stands."""
    kind = text(record, "eventType")
    if not kind:
        raise BadRecord("TYPE", "eventType is missing")
    targets = [t for t in record.get("target") or [] if isinstance(t, Mapping)]
    app = next((t for t in targets if t.get("type") == "AppInstance"), {})
    actor = record.get("actor") if isinstance(record.get("actor"), Mapping) else {}
    return {
        "uuid": identifier(record, "uuid"),
        "published_at": instant(record, "published", required=True),
        "event_type": kind,
        "outcome": text({"result": inside(record, "outcome.result")}, "result"),
        "actor_login": text(actor or {}, "alternateId"),
        "actor_id": identifier(actor or {}, "id"),
        "app_id": identifier(app, "id"),
        "app_name": text(app, "displayName"),
    }


READER = Reader(source="okta", formats=("json", "ndjson"), looks_like=looks_like, parse=parse)
