"""Reads planning periods and shares as plans write them: `Q1 2024`, `FY24 Q1`, `45%`, `0.45` or `45`.

Knows: quarters, halves and years of the calendar and of a fiscal year; percent forms. Must not know: any source.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import date

from ingestion.spec import BadRecord, Reject
from ingestion.values.fields import parse_number

_NONE = ("", "none", "-", "n/a", "tbd")
_PART = r"(?:(?P<kind>[QH])(?P<number>[1-4]))"
_YEAR = r"(?P<fiscal>FY)?\s?'?(?P<year>\d{4}|\d{2})"
_FORMS = tuple(
    re.compile(form, re.I | re.ASCII)
    for form in (
        rf"{_PART}[\s/,-]*{_YEAR}",
        rf"{_YEAR}[\s/,-]*{_PART}",
        r"(?P<fiscal>FY)\s?'?(?P<year>\d{4}|\d{2})",
        r"(?P<fiscal>)(?P<year>\d{4})",
    )
)
_MONTHS = {"Q": 3, "H": 6}


def is_unset(written: str | None) -> bool:
    """True for the words that plans write where nothing is set."""
    return written is None or written.strip().lower() in _NONE


def period_days(written: str, fiscal_start: int | None) -> tuple[date, date] | None:
    """First and last day of a period; null where the text is none.

    A fiscal year is named after the year in which it ends; `fiscal_start` is the month in which it begins.
    """
    text = " ".join(written.split())
    found = next((hit for form in _FORMS if (hit := form.fullmatch(text))), None)
    if found is None:
        return None
    parts = found.groupdict()
    year = int(parts["year"]) + (2000 if len(parts["year"]) == 2 else 0)
    month = 1
    if parts["fiscal"]:
        month = _fiscal_month(fiscal_start, text)
        year -= 1 if month > 1 else 0
    length = _MONTHS[parts["kind"].upper()] if parts.get("kind") else 12
    number = int(parts.get("number") or 1)
    if number * length > 12:
        return None
    first = _add_months(date(year, month, 1), (number - 1) * length)
    after = _add_months(first, length - 1)
    return first, after.replace(day=calendar.monthrange(after.year, after.month)[1])


def _fiscal_month(fiscal_start: int | None, text: str) -> int:
    if fiscal_start is None or not 1 <= fiscal_start <= 12:
        raise Reject(
            "TIME_FORMAT",
            f"{text} is a fiscal period; write fiscal_year_start: <month, 1 to 12> for the project in settings.yml "
            "(a fiscal year is named after the year in which it ends)",
        )
    return fiscal_start


def _add_months(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


def shares(cells: Sequence[str | None], names: Sequence[str]) -> list[float | None]:
    """Percent values of one row as shares of 1.

    `45%` is 0.45. Numbers without the sign are shares where none of the row is above 1, else percent.
    """
    signed: list[bool] = []
    numbers: list[float | None] = []
    for cell, name in zip(cells, names, strict=True):
        written = "" if is_unset(cell) else str(cell).strip()
        has_sign = written.endswith("%")
        value = parse_number(written.rstrip("% ")) if written else None
        if written and value is None:
            raise BadRecord("NUMBER", f"{name} is not a percentage such as 45%, 0.45 or 45")
        signed.append(has_sign)
        numbers.append(value)
    plain = [abs(v) for v, sign in zip(numbers, signed, strict=True) if v is not None and not sign]
    in_percent = max(plain, default=0) > 1
    return [
        value if value is None or not (sign or in_percent) else round(value / 100, 12)
        for value, sign in zip(numbers, signed, strict=True)
    ]
