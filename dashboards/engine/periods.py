"""Calendar periods of the reporting zone, numbered so that the next period is one more.

Knows zones, weeks and months. Must not know events or questions. All instants are naive UTC; a local time is naive too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dashboards.answer import BadParameter

EPOCH = date(1970, 1, 1)
UNITS = ("hour", "day", "week", "month", "none")
UNIT_SECONDS = {
    "hour": 3600,
    "day": 86400,
    "week": 7 * 86400,
    "month": 30 * 86400,
}  # rolling: month = 30 days (R2)

# The same numbering in SQL; `shift` is 4 - week start, since 1970-01-01 was a Thursday.
PERIOD_INDEX = """\
create or replace temp macro period_index(unit, local_time, instant, shift) as
    case unit
        when 'hour' then cast(floor(epoch(instant - (local_time - date_trunc('hour', local_time))) / 3600) as bigint)
        when 'day' then cast(floor(epoch(local_time) / 86400) as bigint)
        when 'week' then cast(floor((floor(epoch(local_time) / 86400) + shift) / 7) as bigint)
        when 'month' then cast(year(local_time) * 12 + month(local_time) - 1 as bigint)
        else 0
    end"""


def period_sql(unit: str, shift: int, day: str = "fct_events.local_date") -> str:
    """The same numbering of an event of `fct_events`: of its local day, which is one cheap column, but for hours."""
    days = f"({day} - date '1970-01-01')"
    return {
        "hour": f"period_index('hour', fct_events.local_at, fct_events.occurred_at, {shift})",
        "day": days,
        "week": f"cast(floor(({days} + {shift}) / 7) as bigint)",
        "month": f"cast(year({day}) * 12 + month({day}) - 1 as bigint)",
    }.get(unit, "0::bigint")


@dataclass(frozen=True)
class Calendar:
    """The reporting zone and its week."""

    zone: str
    week_start: int = 1

    def to_utc(self, local: datetime) -> datetime:
        """A local wall-clock time as naive UTC."""
        return local.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC).replace(tzinfo=None)

    def to_local(self, instant: datetime) -> datetime:
        """A naive UTC instant as local wall-clock time."""
        return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    def midnight(self, day: date) -> datetime:
        """The UTC instant at which a local day begins."""
        return self.to_utc(datetime(day.year, day.month, day.day))

    def instant(self, name: str, text: str) -> datetime:
        """A date or an instant, which may carry an offset, as naive UTC."""
        value = str(text).strip()
        try:
            # no event is older or younger, and a range reaches back from here without leaving the calendar
            if not "1900" <= value[:4] <= "2200":
                raise ValueError
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
                return self.midnight(date.fromisoformat(value))
            if not re.match(r"\d{4}-\d{2}-\d{2}[T ]", value):
                raise ValueError
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC).replace(tzinfo=None)
            return self.to_utc(moment)
        except (ValueError, OverflowError) as error:
            raise BadParameter(
                f"`{name}` is a date like 2024-03-04 or an instant like 2024-03-04T10:00:00+01:00, from 1900 to 2200, not `{value[:40]}`"
            ) from error

    def index(self, unit: str, instant: datetime) -> int:
        """The number of the period that holds an instant."""
        local = self.to_local(instant)
        if unit == "hour":
            start = instant - timedelta(
                minutes=local.minute, seconds=local.second, microseconds=local.microsecond
            )
            return int((start - datetime(1970, 1, 1)).total_seconds() // 3600)
        days = (local.date() - EPOCH).days
        if unit == "day":
            return days
        if unit == "week":
            return (days + self.shift) // 7
        if unit == "month":
            return local.year * 12 + local.month - 1
        return 0

    @property
    def shift(self) -> int:
        """What the week formula adds to the days since 1970."""
        return 4 - self.week_start

    def first_day(self, unit: str, index: int) -> date:
        """The first local day of a period of a day or longer."""
        if unit == "day":
            return EPOCH + timedelta(days=index)
        if unit == "week":
            return EPOCH + timedelta(days=index * 7 - self.shift)
        return date(index // 12, index % 12 + 1, 1)

    def start(self, unit: str, index: int) -> datetime:
        """The UTC instant at which a period begins."""
        if unit == "hour":
            # Hours of zones with a half-hour offset begin at :30 or :15 of UTC.
            base = datetime(1970, 1, 1) + timedelta(hours=index)
            offset = self.to_local(base) - base
            return base + timedelta(seconds=-int(offset.total_seconds()) % 3600)
        return self.midnight(self.first_day(unit, index))

    def label(self, unit: str, index: int) -> str:
        """How a period's start prints: a date, or for hours ISO 8601 with the zone's offset."""
        if unit == "hour":
            return (
                self.start(unit, index)
                .replace(tzinfo=UTC)
                .astimezone(ZoneInfo(self.zone))
                .isoformat()
            )
        return self.first_day(unit, index).isoformat()


@dataclass(frozen=True)
class Period:
    """One period of the spine of an answer."""

    index: int
    label: str
    start_at: datetime
    end_at: datetime
    complete: bool


def spine(
    calendar: Calendar, unit: str, from_at: datetime, to_at: datetime, as_of: datetime
) -> list[Period]:
    """Every period that overlaps [from, to) and does not start after as-of.

    A period is complete when it lies inside the range as a whole and has ended by as-of.
    """
    if unit == "none":
        return [
            Period(0, calendar.to_local(from_at).date().isoformat(), from_at, to_at, to_at <= as_of)
        ]
    first = calendar.index(unit, from_at)
    last = calendar.index(unit, to_at - timedelta(microseconds=1))
    if last - first > 20_000:
        raise BadParameter(f"the range holds {last - first + 1} {unit}s; ask for at most 20000")
    found = []
    for index in range(first, last + 1):
        start, end = calendar.start(unit, index), calendar.start(unit, index + 1)
        if start >= as_of:
            break
        complete = start >= from_at and end <= to_at and end <= as_of
        found.append(Period(index, calendar.label(unit, index), start, end, complete))
    return found
