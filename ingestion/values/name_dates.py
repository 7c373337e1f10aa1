"""The dates in the names of exports: a day that has not come, or one that the content does not have.

Knows: how tools write days into file names. Must not know: what is in a file; its times are given to it.
Only `2024-03-05` and `2024_03_05` are dates: eight digits in a row are as likely an id.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

_DAY = re.compile(r"(?<!\d)(\d{4})([-_])(\d{2})\2(\d{2})(?!\d)")
_CLOCKS_DIFFER = timedelta(hours=1)  # a machine's clock may be an hour behind (case 28)
_ZONES_DIFFER = timedelta(days=1)  # a day of the name may be another day in UTC


def days_in(name: str) -> list[date]:
    """The days that a file name tells, in their order."""
    found: list[date] = []
    for year, _, month, day in _DAY.findall(name):
        try:
            found.append(date(int(year), int(month), int(day)))
        except ValueError:  # 2024-13-45 is a number, not a day
            continue
    return found


def day_ahead(name: str, timezone: str, now: datetime | None = None) -> date | None:
    """The first day that the name tells when it has not begun in the company's time zone.

    The first one, because a range is often named by the day after its end.
    """
    days = days_in(name)
    zone: tzinfo = ZoneInfo(timezone)
    today = ((now or datetime.now(UTC)) + _CLOCKS_DIFFER).astimezone(zone).date()
    return days[0] if days and days[0] > today else None


def days_differ(name: str, *ranges: tuple[str | None, str | None]) -> str | None:
    """What the content says instead, when no range of times (event or receipt) meets the days of the name."""
    days = days_in(name)
    known = [(first, last) for first, last in ranges if first and last]
    if not days or not known:
        return None
    start, end = min(days) - _ZONES_DIFFER, max(days) + _ZONES_DIFFER
    for first, last in known:
        if date.fromisoformat(first[:10]) <= end and date.fromisoformat(last[:10]) >= start:
            return None
    first, last = known[0]
    return f"the name says {_span(min(days), max(days))}, the content is of {first[:10]} to {last[:10]}"


def _span(first: date, last: date) -> str:
    return first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"
