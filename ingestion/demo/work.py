"""Writes how product managers spend their weeks: a time tracker's report and their calendars.

Knows: how much of each entry is planted to count, and when a new way of working began. Must not know: how K4 is computed.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from ingestion.company.model import Person
from ingestion.demo.scene import ZONE

FIRST_WEEK = date(2025, 6, 2)
LAST_WEEK = date(2025, 12, 29)  # under way at the demo's end of data
# From here on a digest takes the place of most status writing.
DIGEST_FROM = date(2025, 9, 15)
UNTRACKED_PM = "pm-07"
CATEGORIES = ("status_updates", "data_requests", "tool_configuration", "meeting_coordination")
_STATUS, _DATA, _TOOLS, _MEETINGS = CATEGORIES


@dataclass(frozen=True)
class Work:
    """A stretch of time in local time, and the minutes of it that are planted to count for its category."""

    who: str
    on: date
    clock: time
    minutes: int
    title: str
    category: str | None
    counted: int
    project: str = ""
    tags: str = ""
    is_digest: bool = False


def write_tracked(folder: Path, people: Sequence[Person], seed: int) -> list[Work]:
    """A detailed report of Toggl Track for all of them but one. Returns its entries."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed + 51)
    works = [
        work
        for person in sorted(people, key=lambda p: p.person_id)
        if person.role == "pm" and person.person_id != UNTRACKED_PM
        for week in _weeks()
        for work in _week(rng, person.person_id, week)
        if _employed(person, work.on)
    ]
    emails = {person.person_id: person.email for person in people}
    header = ("User", "Email", "Client", "Project", "Task", "Description", "Billable", "Start date", "Start time", "End date", "End time", "Duration", "Tags", "Amount ()")  # fmt: skip
    path = folder / "Toggl_time_entries_2025-06-02_to_2026-01-04.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        for work in works:
            begun = datetime.combine(work.on, work.clock)
            ended = begun + timedelta(minutes=work.minutes)
            lasted = f"{work.minutes // 60:02d}:{work.minutes % 60:02d}:00"
            writer.writerow([work.who, emails[work.who], "", work.project, "", work.title, "No", begun.date(), f"{begun:%H:%M:%S}", ended.date(), f"{ended:%H:%M:%S}", lasted, work.tags, ""])  # fmt: skip
    return works


def _weeks() -> Iterator[date]:
    week = FIRST_WEEK
    while week <= LAST_WEEK:
        yield week
        week += timedelta(days=7)


def _week(rng: np.random.Generator, who: str, week: date) -> Iterator[Work]:
    """A week of one person: half past ten on a Monday is status and coordination at once, and status is declared first."""
    is_after = week >= DIGEST_FROM
    more = 5 * int(rng.integers(-3, 4))

    def work(day: int, clock: str, minutes: int, title: str, category: str | None, counted: int | None = None, **told: Any) -> Work:  # fmt: skip
        hour, minute = map(int, clock.split(":"))
        counts = (minutes if counted is None else counted) if category else 0
        on = week + timedelta(days=day)
        return Work(who, on, time(hour, minute), minutes, title, category, counts, **told)

    yield work(0, "10:00", (50 if is_after else 90) + more, "Weekly status report", _STATUS)
    status_ends = 600 + (50 if is_after else 90) + more
    over = max(0, 660 - max(630, status_ends))
    yield work(0, "10:30", 30, "Planning sync", _MEETINGS, over)
    yield work(1, "09:30", (110 if is_after else 140) + more, "Numbers for sales", _DATA, project="Data requests")  # fmt: skip
    yield work(1, "14:00", 120, "Customer interviews", None, project="Discovery")
    # An hour and a half in the evening, of which half an hour is working time.
    yield work(2, "17:30", 90, "Set up the roadmap tool", _TOOLS, 30)
    yield work(3, "13:00", 75 if is_after else 90, "Find a slot", _MEETINGS, tags="scheduling")
    yield work(3, "16:00", 40 if is_after else 80, "Slides", _STATUS, tags="status, slides")
    yield work(5, "11:00", 60, "status of the weekend", _STATUS, 0)
    if is_after:
        yield work(4, "09:00", 15, "Read the digest", None, is_digest=True)


def _employed(person: Person, on: date) -> bool:
    return (not person.start_date or person.start_date <= on) and (
        not person.end_date or on <= person.end_date
    )


def write_calendars(folder: Path, people: Sequence[Person]) -> None:
    """One calendar page a product manager: recurring meetings, an all-day entry, what was declined and what is free."""
    folder.mkdir(parents=True, exist_ok=True)
    for person in people:
        if person.role != "pm":
            continue
        page = {
            "kind": "calendar#events",
            "summary": person.email,
            "timeZone": ZONE,
            "nextSyncToken": "CPDAlvWDx70CEPDAlvWDx70CGAU=",
            "items": list(_meetings(person.email)),
        }
        (folder / f"{person.email}.json").write_text(json.dumps(page), encoding="utf-8")


# Weekly meetings: id, first day, clock, minutes, title, last day, reply, transparency, and the planted category.
MEETINGS: tuple[tuple[str, date, str, int, str, date | None, str, str, str | None], ...] = (
    ("status", FIRST_WEEK, "11:00", 60, "Status round", DIGEST_FROM - timedelta(days=1), "accepted", "opaque", _STATUS),
    ("shortstatus", DIGEST_FROM, "11:00", 30, "Status round", None, "accepted", "opaque", _STATUS),
    ("sync", FIRST_WEEK + timedelta(days=2), "15:00", 45, "Design sync", None, "accepted", "opaque", _MEETINGS),
    ("interview", FIRST_WEEK + timedelta(days=3), "10:00", 60, "Customer interview", None, "accepted", "opaque", None),
    ("declined", FIRST_WEEK + timedelta(days=1), "16:00", 60, "Other team's status", None, "declined", "opaque", None),
    ("free", FIRST_WEEK + timedelta(days=4), "16:00", 60, "Optional sync", None, "accepted", "transparent", None),
)  # fmt: skip


def _meetings(email: str) -> Iterator[dict[str, Any]]:
    zone = ZoneInfo(ZONE)
    for key, on, clock, minutes, title, last, reply, transparency, _ in MEETINGS:
        hour, minute = map(int, clock.split(":"))
        begun = datetime.combine(on, time(hour, minute), zone)
        until = ""
        if last:
            ends = datetime.combine(last, time(23, 59, 59), zone).astimezone(UTC)
            until = f";UNTIL={ends:%Y%m%dT%H%M%SZ}"
        yield {
            "kind": "calendar#event",
            "id": f"{key}0{email.partition('@')[0]}",
            "iCalUID": f"{key}0{email}",
            "status": "confirmed",
            "summary": title,
            "created": "2025-05-26T08:00:00.000Z",
            # A series that still goes on is stamped anew whenever a guest replies or a day of it is moved.
            "updated": "2025-05-26T08:00:00.000Z" if last else "2026-01-05T08:00:00.000Z",
            "organizer": {"email": "ops01@northwind.example"},
            "start": {"dateTime": begun.isoformat(), "timeZone": ZONE},
            "end": {"dateTime": (begun + timedelta(minutes=minutes)).isoformat(), "timeZone": ZONE},
            "recurrence": [f"RRULE:FREQ=WEEKLY{until}"],
            "eventType": "default",
            "transparency": transparency,
            "attendees": [{"email": email, "self": True, "responseStatus": reply}],
        }
    yield {
        "kind": "calendar#event",
        "id": f"away0{email.partition('@')[0]}",
        "iCalUID": f"away0{email}",
        "status": "confirmed",
        "summary": "Status: company day",
        "created": "2025-05-26T08:00:00.000Z",
        "updated": "2025-05-26T08:00:00.000Z",
        "organizer": {"email": email, "self": True},
        "start": {"date": "2025-10-03"},
        "end": {"date": "2025-10-04"},
        "eventType": "default",
    }
