"""Reader of Slack's member analytics: the CSV of a window, and the API's lines of one day.

Knows: the columns of both, and that a window is declared, not guessed. Must not know: who is an employee.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from ingestion.sources.usage.rows import window_of, window_wanted
from ingestion.spec import BadRecord, Context, Reader, Reject, Sample
from ingestion.values.declared import declared_day
from ingestion.values.fields import (  # fmt: skip
    bag,
    boolean,
    day,
    identifier,
    instant,
    integer,
    match_header,
    text,
)
from ingestion.values.localtime import parse_pattern_day

_ALIASES: dict[str, tuple[str, ...]] = {
    "user_id": ("User ID", "Member ID"),
    "name": ("Name", "Full name"),
    "display_name": ("Display name",),
    "username": ("Username",),
    "job_title": ("What I Do", "Title"),
    "email": ("Email", "Email address"),
    "account_type": ("Account type",),
    "created_on": ("Account created (UTC)", "Account created", "Date created"),
    "claimed_on": ("Claimed Date (UTC)", "Claimed Date", "Date claimed"),
    "deactivated_on": ("Deactivated date (UTC)", "Deactivated date"),
    "days_active": ("Days active",),
    "days_active_desktop": ("Days active (Desktop)",),
    "days_active_android": ("Days active (Android)",),
    "days_active_ios": ("Days active (iOS)",),
    "messages_posted": ("Messages posted",),
    "channel_messages_posted": ("Messages posted in channels",),
    "reactions_added": ("Reactions added",),
    "last_active_on": ("Last active (UTC)", "Last active"),
}
_COUNTS = ("days_active", "days_active_desktop", "days_active_android", "days_active_ios", "messages_posted", "channel_messages_posted", "reactions_added")  # fmt: skip
_TEXT_DAY = re.compile(r"^([^\W\d_]{3,9}\.?)\s+(\d{1,2}),?\s+(\d{4})\b")


def looks_like(sample: Sample) -> bool:
    """The CSV has days active and account types; a line of the API an active flag and counts of one day."""
    if sample.shape == "csv":
        folded = {name.strip().casefold() for name in sample.header}
        return {"days active", "account type"} <= folded
    return any({"user_id", "date", "is_active", "messages_posted_count"} <= r.keys() for r in sample.records)  # fmt: skip


def table_of(member: str, page_key: str | None, record: Mapping[str, Any]) -> str:
    """A line of the API has a date of its own; a row of the CSV has the window of its file."""
    return "members" if "days_active" in record else "member_days"


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps the CSV header; Reject where the settings do not tell the window of the file."""
    found = match_header(next(rows), _ALIASES, ("user_id", "account_type", "days_active"), context)
    if window_of(context) is None:
        raise Reject("HEADER", window_wanted(context))
    return found


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One member in a window, or on one day, as one row."""
    return (_member if context.table == "members" else _member_day)(record, context)


def _member(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    window = window_of(context)
    if window is None:
        raise BadRecord("TYPE", window_wanted(context))
    counts = {name: _count(record, name, context) for name in _COUNTS}
    length = (date.fromisoformat(window[1]) - date.fromisoformat(window[0])).days
    if (counts["days_active"] or 0) > length:
        raise BadRecord("NUMBER", f"days_active is more than the {length} days of the window")
    return {
        "user_id": identifier(record, "user_id", required=True),
        "name": text(record, "name"),
        "display_name": text(record, "display_name"),
        "username": text(record, "username"),
        "job_title": text(record, "job_title"),
        "email": text(record, "email"),
        "account_type": text(record, "account_type"),
        "created_on": _shown_day(record, "created_on", context),
        "claimed_on": _shown_day(record, "claimed_on", context),
        "deactivated_on": _shown_day(record, "deactivated_on", context),
        **counts,
        "last_active_on": _shown_day(record, "last_active_on", context),
        "window_from": window[0],
        "window_to": window[1],
        "properties": bag({k: v for k, v in record.items() if k not in _ALIASES and v != ""}),
    }


def _member_day(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    on = day(record, "date")
    if on is None:
        raise BadRecord("TIME_FORMAT", "date is missing")
    return {
        "team_id": identifier(record, "team_id", "enterprise_id") or "",
        "user_id": identifier(record, "user_id", required=True),
        "active_on": on,
        "email": text(record, "email_address"),
        "is_guest": boolean(record, "is_guest"),
        "is_billable_seat": boolean(record, "is_billable_seat"),
        "is_active": boolean(record, "is_active"),
        "is_active_desktop": boolean(record, "is_active_desktop"),
        "is_active_ios": boolean(record, "is_active_ios"),
        "is_active_android": boolean(record, "is_active_android"),
        "messages_posted": _count(record, "messages_posted_count", context),
        "channel_messages_posted": _count(record, "channel_messages_posted_count", context),
        "reactions_added": _count(record, "reactions_added_count", context),
        "files_added": _count(record, "files_added_count", context),
        "claimed_at": instant(record, "date_claimed") if record.get("date_claimed") else None,
    }


def _shown_day(record: Mapping[str, Any], name: str, context: Context) -> str | None:
    """A day as people see it, such as Mar 4, 2024, or ISO, or as the settings declare."""
    written = (text(record, name) or "").strip()
    found = _TEXT_DAY.match(written)
    if found:
        shown = f"{found.group(1)} {found.group(2)}, {found.group(3)}"
        return parse_pattern_day(shown, "MMM d, yyyy", "en", name)
    return declared_day(record, name, context)


def _count(record: Mapping[str, Any], name: str, context: Context) -> int | None:
    value = integer(record, name, context=context)
    if value is not None and value < 0:
        raise BadRecord("NUMBER", f"{name} is below 0")
    return value


READER = Reader(
    source="slack",
    formats=("csv", "ndjson", "json"),
    looks_like=looks_like,
    parse=parse,
    header=header,
    table_of=table_of,
)
