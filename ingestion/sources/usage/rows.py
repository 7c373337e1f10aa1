"""The generic rows of tool use: events of use, and seats with their activity in a window.

Knows: the columns and their rules, for every source whose exports come in this form. Must not know: any tool.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from ingestion.spec import BadRecord, Context, Reject, Sample
from ingestion.values.declared import declared_day, declared_instant
from ingestion.values.fields import bag, identifier, integer, match_header, renamed, text

EVENTS: dict[str, tuple[str, ...]] = {
    "event_id": ("id", "run id", "token"),
    "event_time": ("time", "timestamp", "occurred at", "created at"),
    "user_email": ("email", "e-mail", "user e-mail", "mail"),
    "asset_id": ("asset", "report", "report token", "dashboard"),
    "action": ("event", "event type"),
    "tool": (),
    "duration_ms": (),
    "rows": ("result rows", "row count"),
    "status": ("state",),
}
SEATS: dict[str, tuple[str, ...]] = {
    "tool": (),
    "user_email": ("email", "e-mail", "user e-mail", "mail", "email address"),
    "seat_type": ("role", "seat", "license", "licence", "workspace role", "account type"),
    "seat_status": ("status", "state"),
    "seat_assigned_at": ("assigned at", "joined", "joined at", "date added", "added"),
    "last_active_at": ("last active", "last active date", "last seen", "last activity", "last login"),
    "events": ("actions", "activity count"),
    "days_active": ("active days",),
    "views": ("page views", "pages viewed", "total views"),
    "edits": ("page edits", "pages edited", "total edits"),
    "window_start": ("window from", "from"),
    "window_end": ("window to", "to"),
    "as_of": ("exported at", "export date", "listed on"),
}  # fmt: skip
COUNTS = ("events", "days_active", "views", "edits")
_ACTIONS = {
    "view": ("view", "viewed", "open", "visit"),
    "query": ("query", "run", "execute", "executed"),
    "export": ("export", "exported", "download", "csv_download"),
}
_STATUS = {
    "active": ("active", "member", "enabled"),
    "invited": ("invited", "pending", "invitation sent"),
    "deactivated": ("deactivated", "disabled", "suspended", "removed", "inactive"),
}
_NEVER = ("never", "-", "n/a", "1970-01-01")
_ZONED = re.compile(r"(Z|UTC|[+-]\d{2}(:?\d{2})?)$", re.IGNORECASE)


def tools_of(sample: Sample) -> set[str]:
    """The tools that the first rows name."""
    return {str(record.get("tool", "")).strip().casefold() for record in sample.records} - {""}


def is_event(record: Mapping[str, Any]) -> bool:
    """True for a use at an instant, false for a seat."""
    return "event_time" in record or ("asset_id" in record and "action" in record)


def event_header(rows: Iterator[list[str]], context: Context, required: Sequence[str]) -> list[str]:
    """Maps a CSV header of events."""
    return match_header(next(rows), EVENTS, required, context)


def seat_header(rows: Iterator[list[str]], context: Context, required: Sequence[str]) -> list[str]:
    """Maps a CSV header of seats; Reject(HEADER) where it has counts and nobody says of which window."""
    found = match_header(next(rows), SEATS, required, context)
    counts = [name for name in COUNTS if name in found]
    if counts and not {"window_start", "window_end"} <= set(found) and window_of(context) is None:
        raise Reject("HEADER", f"{', '.join(counts)}: {window_wanted(context)}")
    return found


def window_wanted(context: Context) -> str:
    """What to write where counts have no window."""
    return (
        "the counts are of a window that the file does not tell; write "
        f'`windows: {{"{context.file_name}": {{from: 2024-03-01, to: 2024-03-31}}}}` under '
        f"sources.{context.source}.projects.{context.project} in settings.yml, where `to` is the day after the last one"
    )


def window_of(context: Context) -> tuple[str, str] | None:
    """The window that the settings give the file, from its first day to the day after its last."""
    windows = context.settings.get("windows") or {}
    declared = windows.get(context.file_name) or windows.get(context.file_name.removesuffix(".gz"))
    if not declared:
        return None
    first, end = (date.fromisoformat(str(declared[edge])[:10]) for edge in ("from", "to"))
    if end <= first:
        raise Reject("TIME_FORMAT", f"the window of {context.file_name} ends before it starts")
    return first.isoformat(), end.isoformat()


def event_row(
    record: Mapping[str, Any], context: Context, tool: str | None = None
) -> Mapping[str, Any]:
    """One use as one row."""
    found = renamed(record, EVENTS, context)
    event_id = identifier(found, "event_id")
    return {
        "event_id": event_id,
        "occurred_at": _zoned(found, "event_time", context, required=True),
        "user_email": _needed(found, "user_email"),
        "asset_id": identifier(found, "asset_id"),
        "action": _one_of(_needed(found, "action"), _ACTIONS, "action"),
        "tool": text(found, "tool") or tool or _needed(found, "tool"),
        "duration_ms": _count(found, "duration_ms", context),
        "result_rows": _count(found, "rows", context),
        "status": text(found, "status"),
        "properties": bag({k: v for k, v in found.items() if k not in EVENTS}),
        "__marks": "" if event_id else "NO_ID",
    }


def seat_row(
    record: Mapping[str, Any], context: Context, tool: str | None = None
) -> Mapping[str, Any]:
    """One seat as one row, with the window of its counts."""
    found = renamed(record, SEATS, context)
    person = _needed(found, "user_email")
    named = text(found, "tool") or tool or _needed(found, "tool")
    counts = {name: _count(found, name, context) for name in COUNTS}
    first, end = _window(found, context)
    if any(value is not None for value in counts.values()) and not (first and end):
        raise BadRecord("TYPE", "counts need window_start and window_end")
    if first and end and counts["days_active"] is not None:
        days = (date.fromisoformat(end) - date.fromisoformat(first)).days
        if counts["days_active"] > days + 1:  # a last day that was meant inclusive
            raise BadRecord("NUMBER", f"days_active is more than the {days} days of the window")
    listed = declared_day(found, "as_of", context)
    status = text(found, "seat_status")
    last_active = None if _is_never(found) else _zoned(found, "last_active_at", context)
    # a list without window and day is one of many: each last active day that one of them tells is a use
    day = listed or ((last_active or "")[:10] if first is None else "")
    key = (named, person.strip().casefold(), first or "", end or "", day)
    return {
        "seat_key": "|".join(key),
        "tool": named,
        "user_email": person,
        "seat_type": text(found, "seat_type"),
        "seat_status": _one_of(status, _STATUS, "seat_status") if status else None,
        "seat_assigned_at": _zoned(found, "seat_assigned_at", context),
        "last_active_at": last_active,
        **counts,
        "window_from": first,
        "window_to": end,
        "listed_on": listed,
        "properties": bag({k: v for k, v in found.items() if k not in SEATS}),
    }


def _window(found: Mapping[str, Any], context: Context) -> tuple[str | None, str | None]:
    first = declared_day(found, "window_start", context)
    end = declared_day(found, "window_end", context)
    if first and end and end <= first:
        raise BadRecord("NEGATIVE_DURATION", "window_end is not after window_start")
    if first is None and end is None:
        return window_of(context) or (None, None)
    return first, end


def _is_never(found: Mapping[str, Any]) -> bool:
    written = (text(found, "last_active_at") or "").strip().casefold()
    return written in _NEVER or written.startswith("1970-01-01")


def _zoned(
    found: Mapping[str, Any], name: str, context: Context, required: bool = False
) -> str | None:
    """An instant whose zone is written or declared; a day alone stands for its start."""
    written = (text(found, name) or "").strip()
    has_time = ":" in written
    if has_time and not _ZONED.search(written) and not context.settings.get("timezone"):
        raise BadRecord(
            "TIME_FORMAT",
            f"{name} has no zone; write an offset, or `timezone: Europe/Berlin` for the project in settings.yml",
        )
    if written and not has_time and not written.replace(".", "").isdigit():
        on = declared_day(found, name, context)
        return None if on is None else datetime.fromisoformat(on).isoformat(sep=" ")
    return declared_instant(found, name, context, required=required)


def _needed(found: Mapping[str, Any], name: str) -> str:
    value = (text(found, name) or "").strip()
    if not value:
        raise BadRecord("TYPE", f"{name} is missing")
    return value


def _count(found: Mapping[str, Any], name: str, context: Context) -> int | None:
    value = integer(found, name, context=context)
    if value is not None and value < 0:
        raise BadRecord("NUMBER", f"{name} is below 0")
    return value


def _one_of(written: str, known: Mapping[str, Sequence[str]], name: str) -> str:
    folded = written.strip().casefold()
    for canonical, names in known.items():
        if folded in names:
            return canonical
    raise BadRecord("TYPE", f"{name} is {written!r}; known are {', '.join(known)}")
