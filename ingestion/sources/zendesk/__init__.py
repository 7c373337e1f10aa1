"""Reader of Zendesk tickets: API pages, arrays and lines of tickets.

Knows: Zendesk's ticket object and its changing shapes. Must not know: where files come from or how rows are stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingestion.fields import bag, identifier, inside, instant, integer, text
from ingestion.spec import BadRecord, Context, Reader, Sample


def looks_like(sample: Sample) -> bool:
    """A ticket has a requester, a status and an id."""
    return any("requester_id" in r and "status" in r and "id" in r for r in sample.records)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One ticket as one row; a ticket solved before it was made is refused."""
    metrics = record.get("metric_set") or record.get("metric_sets") or {}
    if isinstance(metrics, list):
        metrics = metrics[0] if metrics else {}
    metrics = metrics if isinstance(metrics, Mapping) else {}
    created = instant(record, "created_at", required=True)
    updated = instant(record, "updated_at")
    solved = instant(metrics, "solved_at") or instant(record, "solved_at")
    if solved and created and solved < created:
        raise BadRecord("NEGATIVE_DURATION", "solved_at is before created_at")
    reply = inside(metrics, "reply_time_in_minutes.calendar")
    return {
        "ticket_id": identifier(record, "id", required=True),
        "status": text(record, "status"),
        "type": text(record, "type"),
        "priority": text(record, "priority"),
        "subject": text(record, "subject", "raw_subject"),
        "description": text(record, "description"),
        "requester_id": identifier(record, "requester_id"),
        "assignee_id": identifier(record, "assignee_id"),
        "group_id": identifier(record, "group_id"),
        "organization_id": identifier(record, "organization_id"),
        "brand_id": identifier(record, "brand_id"),
        "ticket_form_id": identifier(record, "ticket_form_id"),
        "tags": bag(record.get("tags") or []),
        "custom_fields": bag(record.get("custom_fields") or record.get("fields") or []),
        "satisfaction_score": text({"score": inside(record, "satisfaction_rating.score")}, "score"),
        "via_channel": text({"channel": inside(record, "via.channel")}, "channel"),
        "created_at": created,
        "updated_at": updated,
        "generated_at": instant(record, "generated_timestamp") or updated,
        "first_reply_minutes": integer({"first_reply_minutes": reply}, "first_reply_minutes"),
        "solved_at": solved,
        "reopens": integer(metrics, "reopens"),
    }


READER = Reader(
    source="zendesk",
    formats=("ndjson", "json"),
    looks_like=looks_like,
    parse=parse,
    page_keys=("tickets",),
)
