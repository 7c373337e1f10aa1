"""Reader of Toggl Track's detailed report (CSV).

Knows: the report's columns. Must not know: which projects and tags are what kind of work.

Times are local to the user or workspace and say no zone: they are of the project's `timezone`, else the company's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.fields import bag, match_header, number, text
from ingestion.values.time_entries import (
    duration_seconds,
    read_entry,
    tags,
    yes_or_no,
    zone_of_entries,
)

_ALIASES = {
    "user": ("User",),
    "email": ("Email",),
    "client": ("Client",),
    "project": ("Project",),
    "task": ("Task",),
    "description": ("Description",),
    "billable": ("Billable",),
    "start_date": ("Start date",),
    "start_time": ("Start time",),
    "end_date": ("End date", "Stop date"),
    "end_time": ("End time", "Stop time"),
    "duration": ("Duration",),
    "tags": ("Tags",),
    "amount": ("Amount ()",),
}
_AMOUNT = re.compile(r"amount \(([a-z]{3})\)", re.I)


def looks_like(sample: Sample) -> bool:
    """Toggl's report has a duration of its own name beside start dates and times."""
    named = {name.casefold() for name in sample.header}
    return {"start date", "start time", "duration"} <= named and bool(named & {"user", "email"})


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header; the currency of amounts stands in theirs, if anywhere."""
    return match_header(next(rows), _ALIASES, ("start_date", "start_time", "duration"), context)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One entry as one row."""
    email, user = text(record, "email"), text(record, "user")
    if not email and not user:
        raise BadRecord("TYPE", "neither User nor Email is given")
    entry = read_entry(
        _moment(record, "start"),
        _moment(record, "end") or None,
        _duration(record),
        zone_of_entries(context),
    )
    amounts = {name: found.group(1).upper() for name in record if (found := _AMOUNT.fullmatch(name))}  # fmt: skip
    amount = next(iter(amounts), "amount")
    known = {*_ALIASES, *amounts}
    return {
        "user_name": user,
        "email": email,
        **{name: text(record, name) for name in ("client", "project", "task", "description")},
        "is_billable": yes_or_no(text(record, "billable")),
        "start_at": entry.start_at,
        "end_at": entry.end_at,
        "duration_seconds": entry.seconds,
        "tags": tags(text(record, "tags")),
        "amount": number(record, amount),
        "currency": amounts.get(amount),
        "properties": bag({n: v for n, v in record.items() if n not in known and v}),
    }


def _moment(record: Mapping[str, Any], name: str) -> str:
    return f"{record.get(f'{name}_date') or ''} {record.get(f'{name}_time') or ''}".strip()


def _duration(record: Mapping[str, Any]) -> int | None:
    """Seconds; an entry that still runs has none, or minus the second in which it began."""
    written = text(record, "duration")
    if written and re.fullmatch(r"-\d{1,12}", written.strip(), re.ASCII):
        return None
    seconds = duration_seconds(written, "Duration")
    return None if seconds is not None and seconds < 0 and not _moment(record, "end") else seconds


READER = Reader(source="toggl", formats=("csv",), looks_like=looks_like, parse=parse, header=header)
