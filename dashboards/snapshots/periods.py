"""The weeks, months and quarters that a snapshot can be of.

Knows the names `2026-W46`, `2026-10` and `2026-Q3` and which of them have ended. Must not know a number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dashboards import wording
from dashboards.answer import BadParameter
from dashboards.published import Published
from dashboards.quarterly import quarter

WEEK = re.compile(r"^(\d{4})-W(\d{2})$")
MONTH = re.compile(r"^(\d{4})-(\d{2})$")


@dataclass(frozen=True)
class Period:
    """One week, month or quarter; `last` is its last day. While it is open, `while_open` says what the numbers are."""

    name: str
    first: date
    last: date
    title: str
    text: str
    while_open: str = "Numbers are of the last complete periods before that."

    @property
    def is_quarter(self) -> bool:
        return quarter.NAME.fullmatch(self.name) is not None


def read(name: str) -> Period:
    """The period of that name; raises BadParameter with the forms."""
    if quarter.NAME.fullmatch(name):
        return of_quarter(quarter.read(name))
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
        f"a period is a week like 2026-W10, a month like 2026-03 or a quarter like 2026-Q1, not `{name[:40]}`"
    )


def of_quarter(wanted: quarter.Quarter) -> Period:
    """The quarter as a period: the quarterly report of product operations."""
    return Period(
        wanted.name,
        wanted.first,
        wanted.last,
        f"Product operations in {wanted.text}",
        f"complete quarter {wording.span(wanted.first, wanted.last)}",
        while_open="No figure of it is shown until it is over.",
    )


def data_day(published: Published) -> date | None:
    """The day, in the reporting zone, up to whose start the data is complete."""
    if published.data_through is None:
        return None
    zone = ZoneInfo(str(published.settings["timezone"]))
    local: datetime = published.data_through.replace(tzinfo=UTC).astimezone(zone)
    return local.date()


def newest_complete(published: Published) -> list[Period]:
    """The last week, month and quarter that the data covers whole."""
    day = data_day(published)
    if day is None:
        return []
    last_sunday = day - timedelta(days=day.isoweekday())
    year, week, _ = last_sunday.isocalendar()
    last_of_month = day.replace(day=1) - timedelta(days=1)
    return [
        read(f"{year}-W{week:02d}"),
        read(f"{last_of_month:%Y-%m}"),
        of_quarter(quarter.of(day).moved(-1)),
    ]
