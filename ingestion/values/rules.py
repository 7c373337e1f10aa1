"""The days of a recurrence rule (RFC 5545's RRULE), with a bound on the work that any rule may cost.

Knows: frequency, interval, and the BY parts that calendars use. Must not know: zones, events or files. A rule that
repeats within a day, or by week number or day of the year, is refused.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

_WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
_KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "BYHOUR", "BYMINUTE", "BYSECOND"}  # fmt: skip
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


@dataclass(frozen=True)
class Rule:
    """A rule in parts; `until` is left to who knows the zone."""

    frequency: str
    interval: int
    count: int | None
    until: str | None
    weekdays: tuple[tuple[int | None, int], ...]  # (which one of the period, weekday)
    month_days: tuple[int, ...]
    months: tuple[int, ...]
    places: tuple[int, ...]
    week_start: int

    @staticmethod
    def read(text: str) -> Rule:
        """The rule of a text such as `FREQ=WEEKLY;BYDAY=MO,WE`; ValueError where it cannot be read."""
        parts: dict[str, str] = {}
        for part in filter(None, text.strip().upper().split(";")):
            name, mark, value = part.partition("=")
            if not mark or name not in _KNOWN or name in parts:
                raise ValueError(f"{name} is not read")
            parts[name] = value
        frequency = parts.get("FREQ", "")
        if frequency not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
            raise ValueError("the rule repeats neither daily, weekly, monthly nor yearly")
        interval = int(parts.get("INTERVAL", "1"))
        if not 1 <= interval <= 10_000:
            raise ValueError("INTERVAL is not a number of periods")
        if any("," in parts.get(name, "") for name in ("BYHOUR", "BYMINUTE", "BYSECOND")):
            raise ValueError("the rule repeats within a day")
        return Rule(
            frequency,
            interval,
            int(parts["COUNT"]) if "COUNT" in parts else None,
            parts.get("UNTIL"),
            tuple(_weekday(part) for part in _list(parts, "BYDAY")),
            _numbers(parts, "BYMONTHDAY", 31),
            _numbers(parts, "BYMONTH", 12),
            _numbers(parts, "BYSETPOS", 366),
            _WEEKDAYS[parts.get("WKST", "MO")],
        )

    def days(self, first: date, last: date) -> Iterator[date]:
        """The days of the rule from the first to the last, at most COUNT."""
        left = self.count
        for found in self._periods(first, last):
            days = sorted(set(found)) if len(found) > 1 else found
            if self.places:
                count = len(days)
                wanted = {place - 1 if place > 0 else count + place for place in self.places}
                days = [day for number, day in enumerate(days) if number in wanted]
            for day in days:
                if day > last or left == 0:
                    return
                if day >= first:
                    yield day
                    left = None if left is None else left - 1

    def _periods(self, first: date, last: date) -> Iterator[list[date]]:
        """The candidate days of each day, week, month or year of the rule."""
        if self.frequency == "DAILY":
            for number in range(0, (last - first).days + 1, self.interval):
                day = first + timedelta(days=number)
                yield [day] if self._fits_a_day(day) else []
        elif self.frequency == "WEEKLY":
            monday = first - timedelta(days=(first.weekday() - self.week_start) % 7)
            weekdays = {weekday for _, weekday in self.weekdays} or {first.weekday()}
            places = sorted((weekday - self.week_start) % 7 for weekday in weekdays)
            for number in range(0, (last - monday).days + 1, 7 * self.interval):
                week = [monday + timedelta(days=number + place) for place in places]
                yield [d for d in week if self._fits_a_month(d)] if self.months else week
        elif self.frequency == "MONTHLY":
            months = range(_month_number(first), _month_number(last) + 1, self.interval)
            for number in months:
                yield self._of_month(number // 12, number % 12 + 1, first)
        else:
            for year in range(first.year, last.year + 1, self.interval):
                yield self._of_year(year, first)

    def _fits_a_month(self, day: date) -> bool:
        return not self.months or day.month in self.months

    def _fits_a_month_day(self, day: date) -> bool:
        length = calendar.monthrange(day.year, day.month)[1]
        return not self.month_days or bool({day.day, day.day - length - 1} & set(self.month_days))

    def _fits_a_day(self, day: date) -> bool:
        weekdays = {weekday for _, weekday in self.weekdays}
        fits_a_weekday = not weekdays or day.weekday() in weekdays
        return fits_a_weekday and self._fits_a_month(day) and self._fits_a_month_day(day)

    def _of_month(self, year: int, month: int, first: date) -> list[date]:
        """The days of one month: by number, by weekday, or by both."""
        if self.months and month not in self.months:
            return []
        length = calendar.monthrange(year, month)[1]
        everything = [date(year, month, number) for number in range(1, length + 1)]
        if not self.month_days and not self.weekdays:
            return everything[first.day - 1 : first.day]
        wanted = _by_weekday(everything, self.weekdays) if self.weekdays else set(everything)
        return [day for day in everything if day in wanted and self._fits_a_month_day(day)]

    def _of_year(self, year: int, first: date) -> list[date]:
        """The days of one year; a weekday's number counts in the year where no month is named."""
        if self.weekdays and not self.months:
            length = 366 if calendar.isleap(year) else 365
            everything = [date(year, 1, 1) + timedelta(days=number) for number in range(length)]
            wanted = _by_weekday(everything, self.weekdays)
            return [day for day in wanted if self._fits_a_month_day(day)]
        every_month = self.month_days and not self.months
        months = range(1, 13) if every_month else self.months or (first.month,)
        return [day for month in months for day in self._of_month(year, month, first)]


def _by_weekday(days: list[date], wanted: Iterable[tuple[int | None, int]]) -> set[date]:
    """The days that are of these weekdays; a number says which of the period, from its end where negative."""
    found: set[date] = set()
    for which, weekday in wanted:
        own = [day for day in days if day.weekday() == weekday]
        if which is None:
            found.update(own)
        elif 0 < which <= len(own) or 0 < -which <= len(own):
            found.add(own[which - 1 if which > 0 else which])
    return found


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _list(parts: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in parts[name].split(",")] if name in parts else []


def _weekday(text: str) -> tuple[int | None, int]:
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} is not a weekday")
    return int(found.group(1)) if found.group(1) else None, _WEEKDAYS[found.group(2)]


def _numbers(parts: Mapping[str, str], name: str, most: int) -> tuple[int, ...]:
    found = tuple(int(part) for part in _list(parts, name))
    if any(number == 0 or abs(number) > most for number in found):
        raise ValueError(f"{name} is beyond its bounds")
    return found
