"""Quarters by name, `2025-Q3`, and how they lie to each other.

Knows the calendar. Must not know a number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from dashboards import wording
from dashboards.answer import BadParameter

NAME = re.compile(r"(\d{4})-?Q([1-4])", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Quarter:
    """Three calendar months of the reporting zone; `end` is the day after the last."""

    first: date

    @property
    def name(self) -> str:
        return f"{self.first.year}-Q{self.number}"

    @property
    def text(self) -> str:
        return wording.period(self.first, "quarter")

    @property
    def number(self) -> int:
        return (self.first.month + 2) // 3

    @property
    def end(self) -> date:
        return self.moved(1).first

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    def moved(self, quarters: int) -> Quarter:
        """The quarter so many later, or earlier."""
        months = self.first.year * 12 + self.first.month - 1 + 3 * quarters
        return Quarter(date(months // 12, months % 12 + 1, 1))


def read(name: str) -> Quarter:
    """The quarter of that name; raises BadParameter with the form."""
    found = NAME.fullmatch(name.strip())
    if not found or not 1900 <= int(found[1]) <= 2200:
        raise BadParameter(f"a quarter is written like 2025-Q3, not `{name[:40]}`")
    return Quarter(date(int(found[1]), int(found[2]) * 3 - 2, 1))


def of(day: date) -> Quarter:
    """The quarter that the day lies in."""
    return Quarter(date(day.year, (day.month - 1) // 3 * 3 + 1, 1))


def between(first: date, last: date) -> list[Quarter]:
    """All quarters from that of the first day to that of the last, newest first."""
    found, at = [], of(last)
    while at >= of(first):
        found.append(at)
        at = at.moved(-1)
    return found
