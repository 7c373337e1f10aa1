"""Turns Zendesk's JSON objects into rows: tickets, ticket events, metrics, ratings and comments.

Knows: the objects and their changing shapes. Must not know: files, or Zendesk's CSV.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ingestion.spec import BadRecord, Context
from ingestion.values.fields import bag, boolean, identifier, inside, instant, integer, text

Row = Mapping[str, Any]
DURATIONS = (
    "reply_time",
    "first_resolution_time",
    "full_resolution_time",
    "agent_wait_time",
    "requester_wait_time",
    "on_hold_time",
)


_RELATED = ("requester", "submitter", "assignee", "group", "organization")


def unwrapped(record: Row) -> Row:
    """The object itself where an answer of the API holds a single one under its name."""
    for name in ("ticket", "ticket_metric", "satisfaction_rating", "audit"):
        inner = record.get(name)
        if isinstance(inner, Mapping) and "id" in inner and "id" not in record:
            return inner
    return record


def ticket(record: Row, context: Context) -> Row:
    """One ticket; what has no status is none, and a ticket solved before it was made is refused."""
    if "status" not in record:
        raise BadRecord("TYPE", "this is no ticket: it has no status")
    metrics = _metric_set(record, context)
    created = instant(record, "created_at", required=True)
    updated = instant(record, "updated_at")
    solved = instant(metrics, "solved_at") or instant(record, "solved_at")
    refuse_solved_before(created, solved)
    rating = record.get("satisfaction_rating")
    rating = rating if isinstance(rating, Mapping) else {}
    return {
        "ticket_id": identifier(record, "id", required=True),
        "external_id": text(record, "external_id"),
        "status": text(record, "status"),
        "custom_status_id": identifier(record, "custom_status_id"),
        "type": text(record, "type"),
        "priority": text(record, "priority"),
        "subject": text(record, "subject", "raw_subject"),
        "description": text(record, "description"),
        **{f"{name}_id": _related(record, name) for name in _RELATED},
        "brand_id": identifier(record, "brand_id"),
        "ticket_form_id": identifier(record, "ticket_form_id"),
        "problem_id": identifier(record, "problem_id"),
        "tags": bag(record.get("tags") or []),
        "custom_fields": bag(record.get("custom_fields") or record.get("fields") or []),
        "satisfaction_score": text(rating, "score"),
        "satisfaction_comment": text(rating, "comment"),
        "satisfaction_reason": text(rating, "reason"),
        "via_channel": _inner_text(record, "via.channel") or text(record, "via_channel"),
        "via_rel": _inner_text(record, "via.source.rel") or text(record, "via_source_rel"),
        "has_incidents": boolean(record, "has_incidents"),
        "is_public": boolean(record, "is_public"),
        "followup_ids": bag(record.get("followup_ids") or []),
        "comments": bag(record.get("comments") or []),
        "due_at": instant(record, "due_at"),
        "created_at": created,
        "updated_at": updated,
        "generated_at": instant(record, "generated_timestamp") or updated,
        "first_reply_minutes": _minutes(metrics, "reply_time", "calendar"),
        "first_reply_business_minutes": _minutes(metrics, "reply_time", "business"),
        "solved_at": solved,
        "reopens": integer(metrics, "reopens"),
        "replies": integer(metrics, "replies"),
        "metrics": bag(dict(metrics) or None),
    }


def refuse_solved_before(created: str | None, solved: str | None) -> None:
    """NEGATIVE_DURATION when the solution lies before the creation."""
    if solved and created and solved < created:
        raise BadRecord("NEGATIVE_DURATION", "solved_at is before created_at")


def _metric_set(record: Row, context: Context) -> Row:
    """The ticket's metrics: inside the ticket, or side-loaded beside the tickets of its page."""
    metrics = record.get("metric_set") or record.get("metric_sets")
    if isinstance(metrics, list):
        metrics = metrics[0] if metrics else None
    beside = context.page.get("metric_sets")
    if not metrics and isinstance(beside, list):
        wanted = record.get("id")
        own = (m for m in beside if isinstance(m, Mapping) and m.get("ticket_id") == wanted)
        metrics = next(own, None)
    return metrics if isinstance(metrics, Mapping) else {}


def ticket_event(record: Row, context: Context) -> Row:
    """One change of a ticket, from the incremental export or from the audits, with what it holds."""
    return {
        "event_id": identifier(record, "id", required=True),
        "ticket_id": identifier(record, "ticket_id", required=True),
        "event_type": text(record, "event_type"),
        "updater_id": identifier(record, "updater_id", "author_id"),
        "via_channel": _channel(record),
        "child_events": bag(record.get("child_events") or record.get("events") or []),
        "metadata": bag(record.get("metadata") or record.get("system")),
        "occurred_at": instant(record, "created_at", "timestamp", required=True),
    }


def metric_event(record: Row, context: Context) -> Row:
    """One event of one metric of a ticket; metrics and types that nobody listed are taken as they are."""
    return {
        "event_id": identifier(record, "id", required=True),
        "ticket_id": identifier(record, "ticket_id", required=True),
        "metric": text(record, "metric"),
        "instance_id": integer(record, "instance_id"),
        "type": text(record, "type"),
        "calendar_minutes": integer({"m": inside(record, "status.calendar")}, "m"),
        "business_minutes": integer({"m": inside(record, "status.business")}, "m"),
        "sla": bag(record.get("sla")),
        "is_deleted": boolean(record, "deleted") or False,
        "occurred_at": instant(record, "time", required=True),
    }


def ticket_metric(record: Row, context: Context) -> Row:
    """The metric set of one ticket; a missing duration is no duration, never zero."""
    created, updated = instant(record, "created_at"), instant(record, "updated_at")
    solved = instant(record, "solved_at")
    refuse_solved_before(created, solved)
    times = ("initially_assigned_at", "assigned_at", "assignee_updated_at", "requester_updated_at", "status_updated_at", "custom_status_updated_at", "latest_comment_added_at")  # fmt: skip
    counts = ("reopens", "replies", "group_stations", "assignee_stations")
    return {
        "ticket_id": identifier(record, "ticket_id", required=True),
        "metric_id": identifier(record, "id"),
        **{name: integer(record, name) for name in counts},
        **{name: instant(record, name) for name in times},
        "solved_at": solved,
        **{
            f"{name}_{clock}_minutes": _minutes(record, name, clock)
            for name in DURATIONS
            for clock in ("calendar", "business")
        },
        "created_at": created,
        "updated_at": updated,
        "generated_at": instant(record, "generated_timestamp") or updated,
    }


def satisfaction_rating(record: Row, context: Context) -> Row:
    """One rating; a ticket can have several."""
    created = instant(record, "created_at", required=True)
    return {
        "rating_id": identifier(record, "id", required=True),
        "ticket_id": identifier(record, "ticket_id", required=True),
        "requester_id": identifier(record, "requester_id"),
        "assignee_id": identifier(record, "assignee_id"),
        "group_id": identifier(record, "group_id"),
        "score": text(record, "score"),
        "comment": text(record, "comment"),
        "reason": text(record, "reason"),
        "reason_id": identifier(record, "reason_id"),
        "created_at": created,
        "updated_at": instant(record, "updated_at") or created,
    }


def comment(record: Row, context: Context) -> Row:
    """One comment; the API's own list of comments names no ticket and cannot be placed."""
    if not identifier(record, "ticket_id"):
        raise BadRecord(
            "TYPE",
            "the comment names no ticket_id; export ticket events with comment_events, or the full JSON",
        )
    return {
        "comment_id": identifier(record, "id", required=True),
        "ticket_id": identifier(record, "ticket_id"),
        "author_id": identifier(record, "author_id", "user_id"),
        "is_public": boolean(record, "public"),
        "body": text(record, "plain_body", "body", "html_body"),
        "via_channel": _channel(record),
        "via_rel": _inner_text(record, "via.source.rel"),
        "created_at": instant(record, "created_at", "created", "timestamp", required=True),
    }


PARSERS: Mapping[str, Callable[[Row, Context], Row]] = {
    "tickets": ticket,
    "ticket_events": ticket_event,
    "metric_events": metric_event,
    "ticket_metrics": ticket_metric,
    "satisfaction_ratings": satisfaction_rating,
    "comments": comment,
}


def _inner_text(record: Row, path: str) -> str | None:
    return text({path: inside(record, path)}, path)


def _related(record: Row, name: str) -> str | None:
    """The id of who or what the ticket belongs to; the full export holds the whole object."""
    return identifier(record, f"{name}_id") or identifier(
        {name: inside(record, f"{name}.id")}, name
    )


def _channel(record: Row) -> str | None:
    """The channel; the incremental exports write it as a word, the others inside an object."""
    via = record.get("via")
    return _inner_text(record, "via.channel") if isinstance(via, Mapping) else text(record, "via")


def _minutes(metrics: Row, name: str, clock: str) -> int | None:
    return integer({name: inside(metrics, f"{name}_in_minutes.{clock}")}, name)
