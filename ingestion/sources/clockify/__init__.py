"""Reader of Clockify's detailed report (CSV), in any date order and language.

Knows: the report's columns. Must not know: which projects and tags are what kind of work.

Day and month are declared (`date_order`) or proven by the file, once for all its rows. Times are of the project's
`timezone`, else the company's. Headers in another language are named in `columns`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Reject, Sample
from ingestion.values.fields import bag, match_header, number, text
from ingestion.values.localtime import day_order, parse_day
from ingestion.values.time_entries import (
    duration_seconds,
    read_entry,
    tags,
    yes_or_no,
    zone_of_entries,
)

_ALIASES = {
    "project": ("Project",),
    "client": ("Client",),
    "description": ("Description",),
    "task": ("Task", "Activity"),
    "user": ("User",),
    "group": ("Group", "User Group"),
    "email": ("Email",),
    "tags": ("Tags", "Tag"),
    "billable": ("Billable",),
    "start_date": ("Start Date",),
    "start_time": ("Start Time",),
    "end_date": ("End Date",),
    "end_time": ("End Time",),
    "duration": ("Duration (h)",),
    "duration_decimal": ("Duration (decimal)",),
    "billable_rate": (),
    "billable_amount": (),
}
_MONEY = re.compile(r"(Billable Rate|Billable Amount) \(([A-Z]{3})\)", re.I)


def looks_like(sample: Sample) -> bool:
    """Clockify writes the duration twice, in hours and as a decimal."""
    named = {name.casefold() for name in sample.header}
    return {"start date", "duration (h)", "duration (decimal)"} <= named


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header; the currency of amounts stands in theirs."""
    names = match_header(next(rows), _ALIASES, ("start_date", "start_time"), context)
    if not {"duration", "duration_decimal"} & set(names):
        raise Reject("HEADER", f"the header lacks a duration; it has {', '.join(names[:30])}")
    return names


def learn(records: Iterable[Mapping[str, Any]], context: Context) -> Mapping[str, Any]:
    """The order of day and month in this file."""
    texts = (text(r, name) or "" for r in records for name in ("start_date", "end_date"))
    declared = context.settings.get("date_order")
    return {"date_order": day_order(texts, str(declared) if declared else None, "the start and end dates")}  # fmt: skip


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One entry as one row."""
    email, user = text(record, "email"), text(record, "user")
    if not email and not user:
        raise BadRecord("TYPE", "neither User nor Email is given")
    order = str(context.learned["date_order"])
    entry = read_entry(
        _moment(record, "start", order) or "",
        _moment(record, "end", order),
        _duration(record),
        zone_of_entries(context),
    )
    money = {name: found for name in record if (found := _MONEY.fullmatch(name))}
    known = {*_ALIASES, *money}
    return {
        "user_name": user,
        "email": email,
        "user_group": text(record, "group"),
        **{name: text(record, name) for name in ("client", "project", "task", "description")},
        "is_billable": yes_or_no(text(record, "billable")),
        "start_at": entry.start_at,
        "end_at": entry.end_at,
        "duration_seconds": entry.seconds,
        "tags": tags(text(record, "tags")),
        "rate": _amount(record, money, "billable rate"),
        "amount": _amount(record, money, "billable amount"),
        "currency": next((found.group(2).upper() for found in money.values()), None),
        "properties": bag({n: v for n, v in record.items() if n not in known and v}),
    }


def _moment(record: Mapping[str, Any], name: str, order: str) -> str | None:
    written = text(record, f"{name}_date")
    if not written or not written.strip():
        return None
    clock = (text(record, f"{name}_time") or "").strip()
    return f"{parse_day(written, order, f'{name} date')} {clock}".strip()


def _duration(record: Mapping[str, Any]) -> int | None:
    """Seconds of the duration in hours, else of the decimal one."""
    seconds = duration_seconds(text(record, "duration"), "Duration (h)")
    if seconds is not None or not text(record, "duration_decimal"):
        return seconds
    hours = number(record, "duration_decimal")
    return None if hours is None else round(hours * 3600)


def _amount(
    record: Mapping[str, Any], money: Mapping[str, re.Match[str]], what: str
) -> float | None:
    names = [name for name, found in money.items() if found.group(1).lower() == what]
    return number(record, *names, what.replace(" ", "_"))


READER = Reader(
    source="clockify",
    formats=("csv",),
    looks_like=looks_like,
    parse=parse,
    header=header,
    learn=learn,
)
