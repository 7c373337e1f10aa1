"""Reads Zendesk's CSV of tickets: the account export and the export of a view, with their display headers.

Knows: the headers, words, units and local times of that CSV. Must not know: Zendesk's API objects, or files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.sources.zendesk.objects import DURATIONS, refuse_solved_before
from ingestion.spec import BadRecord, Context, Head, Reject
from ingestion.values.fields import identifier, instant, integer, match_header, number, text
from ingestion.values.localtime import parse_declared

_FORMS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")
_ALIASES: dict[str, tuple[str, ...]] = {
    "summation_column": ("Summation column",),
    "ticket_id": ("Id", "Ticket ID"),
    "requester_name": ("Requester",),
    "requester_id": ("Requester id",),
    "requester_external_id": ("Requester external id",),
    "requester_email": ("Requester email",),
    "requester_domain": ("Requester domain",),
    "submitter_name": ("Submitter",),
    "assignee_name": ("Assignee",),
    "group_name": ("Group",),
    "subject": ("Subject",),
    "tags": ("Tags",),
    "status": ("Status",),
    "priority": ("Priority",),
    "via_channel": ("Via",),
    "type": ("Ticket type", "Type"),
    "created_at": ("Created at", "Requested"),
    "updated_at": ("Updated at", "Updated"),
    "assigned_at": ("Assigned at",),
    "organization_name": ("Organization",),
    "due_at": ("Due date",),
    "initially_assigned_at": ("Initially assigned at",),
    "solved_at": ("Solved at", "Solved"),
    "resolution_hours": ("Resolution time",),
    "satisfaction_score": ("Satisfaction Score", "Satisfaction"),
    "group_stations": ("Group stations",),
    "assignee_stations": ("Assignee stations",),
    "reopens": ("Reopens",),
    "replies": ("Replies",),
}
_WORDS = {
    "reply_time": "First reply time",
    "first_resolution_time": "First resolution time",
    "full_resolution_time": "Full resolution time",
    "agent_wait_time": "Agent wait time",
    "requester_wait_time": "Requester wait time",
    "on_hold_time": "On hold time",
}
_DURATIONS = {
    f"{name}_{clock}": (f"{_WORDS[name]} in minutes{ending}",)
    for name in DURATIONS
    for clock, ending in (("calendar", ""), ("business", " within business hours"))
}
# Words of the screen for what the API writes otherwise; all others are its words with blanks and capitals.
_STATUSES = {"on-hold": "hold"}
_CHANNELS = {"web form": "web", "mail": "email", "web service (api)": "api"}
_SCORES = {"not offered": "unoffered"}
_API_NAMES = {"requester_id", "ticket_id", "created_at"}
_FIELD = re.compile(r"^(?P<title>.*?)\s*\[(?P<kind>list|txt|int|flag|date|dec)\]$")


def looks_like_csv(names: Sequence[str]) -> bool:
    """The account export has a summation column; the export of a view at least tickets, requesters and a status."""
    folded = {name.strip().casefold() for name in names}
    in_view = bool({"id", "ticket id"} & folded) and {"subject", "requester", "status"} <= folded
    return "summation column" in folded or in_view


def header(rows: Iterator[list[str]], context: Context) -> Head:
    """The names of the raw table; columns that are not Zendesk's own are custom fields.

    A connector's table has the API's names and times in UTC: it is left as it is.
    """
    delivered = next(rows)
    if _API_NAMES & set(delivered):
        return Head(delivered)
    if not context.settings.get("timezone"):
        raise Reject(
            "TIME_FORMAT",
            "Zendesk's CSV writes times in the account's zone and does not name it; write it as "
            f"sources.zendesk.projects.{context.project}.timezone in settings.yml",
        )
    names = _distinct(delivered)
    found = match_header(names, {**_ALIASES, **_DURATIONS}, ("ticket_id", "created_at"), context)
    return Head(found, {"is_display_csv": True})


def _distinct(names: Sequence[str]) -> list[str]:
    """Two custom fields may have the same title; the second gets a number."""
    seen: dict[str, int] = {}
    told = []
    for name in names:
        folded = name.casefold()
        seen[folded] = seen.get(folded, 0) + 1
        is_field = bool(_FIELD.match(name))
        told.append(f"{name} #{seen[folded]}" if is_field and seen[folded] > 1 else name)
    return told


def ticket_of_row(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One row as a ticket: words as the API writes them, times in UTC, `-` as nothing."""
    row = {name: None if str(cell).strip() in ("", "-") else cell for name, cell in record.items()}
    created = _time(row, "created_at", context)
    if created is None:
        raise BadRecord("TIME_FORMAT", "created_at is missing")
    updated, solved = _time(row, "updated_at", context), _time(row, "solved_at", context)
    refuse_solved_before(created, solved)
    metrics = _metrics(row, context)
    return {
        "ticket_id": identifier(row, "ticket_id", required=True),
        "status": _word(row, "status", _STATUSES),
        "type": _word(row, "type"),
        "priority": _word(row, "priority"),
        "subject": text(record, "subject"),
        "requester_id": identifier(row, "requester_id"),
        "requester_name": text(row, "requester_name"),
        "requester_external_id": text(row, "requester_external_id"),
        "requester_email": text(row, "requester_email"),
        "assignee_name": text(row, "assignee_name"),
        "group_name": text(row, "group_name"),
        "organization_name": text(row, "organization_name"),
        "tags": json.dumps(str(row.get("tags") or "").split(), ensure_ascii=False),
        "custom_fields": json.dumps(_custom_fields(row), ensure_ascii=False),
        "satisfaction_score": _word(row, "satisfaction_score", _SCORES),
        "via_channel": _word(row, "via_channel", _CHANNELS),
        "due_at": _time(row, "due_at", context),
        "created_at": created,
        "updated_at": updated,
        "generated_at": updated,
        "first_reply_minutes": integer(row, "reply_time_calendar"),
        "first_reply_business_minutes": integer(row, "reply_time_business"),
        "solved_at": solved,
        "reopens": integer(row, "reopens"),
        "replies": integer(row, "replies"),
        "followup_ids": "[]",
        "comments": "[]",
        "metrics": json.dumps(metrics) if metrics else None,
    }


def _time(row: Mapping[str, Any], name: str, context: Context) -> str | None:
    """A local time of the account as UTC; a time that names its zone is taken as it is."""
    written = text(row, name)
    if written is None:
        return None
    if re.search(r"(Z|UTC|[+-]\d{2}:?\d{2})\s*$", written[10:]):
        return instant(row, name)
    zone = str(context.settings["timezone"])
    return parse_declared(written, context.settings, zone, _FORMS, name)


def _word(row: Mapping[str, Any], name: str, words: Mapping[str, str] | None = None) -> str | None:
    """A word of the screen as the API writes it."""
    written = " ".join((text(row, name) or "").split()).casefold()
    return (words or {}).get(written, written.replace(" ", "_")) or None


def _metrics(row: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """The metrics of the row under the API's names; the resolution time is in hours, all others in minutes."""
    found: dict[str, Any] = {
        name: integer(row, name) for name in ("group_stations", "assignee_stations")
    }
    hours = number(row, "resolution_hours")
    found["resolution_time_in_minutes"] = None if hours is None else hours * 60
    for name in ("assigned_at", "initially_assigned_at"):
        found[name] = _time(row, name, context)
    for name in DURATIONS:
        pair = {clock: integer(row, f"{name}_{clock}") for clock in ("calendar", "business")}
        found[f"{name}_in_minutes"] = pair if set(pair.values()) != {None} else None
    return {name: value for name, value in found.items() if value is not None}


def _custom_fields(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every other column with a value, with the kind that its header names."""
    found = []
    for name, cell in row.items():
        if cell is None or name in _ALIASES or name in _DURATIONS:
            continue
        named = _FIELD.match(re.sub(r" #\d+$", "", name))
        title = named["title"] if named else name
        found.append({"title": title, "type": named["kind"] if named else None, "value": cell})
    return found
