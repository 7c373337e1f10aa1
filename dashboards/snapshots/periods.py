"""The weeks and months that a snapshot can be of.

Knows the names `2026-W46` and `2026-10` and which of them have ended. Must not know a number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dashboards import wording
from dashboards.answer import BadParameter
from dashboards.published import Published

WEEK = re.compile(r"^(\d{4})-W(\d{2})$")
MONTH = re.compile(r"^(\d{4})-(\d{2})$")


@dataclass(frozen=True)
class Period:
    """One week or month; `last` is its last day."""

    name: str
    first: date
    last: date
    title: str
    text: str


def read(name: str) -> Period:
    """The period of that name; raises BadParameter with the two forms."""
    try:
        if found := WEEK.match(name):
            first = date.fromisocalendar(int(found[1]), int(found[2]), 1)
            text = f"complete week {wording.period(first, 'week')}"
            return Period(
                name, first, first + timedelta(days=6), f"Product week {int(found[2])}", text
            )
        if found := MONTH.match(name):
            first = date(int(found[1]), int(found[2]), 1)
            last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
            return Period(
                name,
                first,
                last,
                f"Product month {wording.month(first)}",
                f"complete month {wording.month(first)}",
            )
    except ValueError as error:
        raise BadParameter(f"there is no period `{name[:40]}`: {error}") from error
    raise BadParameter(
        f"a period is a week like 2026-W10 or a month like 2026-03, not `{name[:40]}`"
    )


def data_day(published: Published) -> date | None:
    """The day, in the reporting zone, up to whose start the data is complete."""
    if published.data_through is None:
        return None
    zone = ZoneInfo(str(published.settings["timezone"]))
    local: datetime = published.data_through.replace(tzinfo=UTC).astimezone(zone)
    return local.date()


def newest_complete(published: Published) -> list[Period]:
    """The last week and the last month that the data covers whole."""
    day = data_day(published)
    if day is None:
        return []
    last_sunday = day - timedelta(days=day.isoweekday())
    year, week, _ = last_sunday.isocalendar()
    last_of_month = day.replace(day=1) - timedelta(days=1)
    return [read(f"{year}-W{week:02d}"), read(f"{last_of_month:%Y-%m}")]
