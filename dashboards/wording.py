"""How numbers are written: the same digits on every page, in every export and snapshot.

Knows the rules for shares, counts, durations, dates and intervals. Must not know questions. Pure functions, text out.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

NONE = "–"
MINUS = "\N{MINUS SIGN}"
DASH = "–"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def number(value: Any, decimals: int | None = None) -> str:
    """A plain number with thousands commas; whole ones without decimals, others with one unless told."""
    x = _finite(value)
    if x is None:
        return NONE
    if decimals is None:
        decimals = 0 if x == int(x) else 1
    return _signed(f"{abs(x):,.{decimals}f}", x)


def count(value: Any) -> str:
    """A count, with thousands commas."""
    return number(value, 0)


def share(value: Any, decimals: int = 1) -> str:
    """A share of 0 to 1 as a percentage; never rounded up to all or down to none."""
    x = _finite(value)
    if x is None:
        return NONE
    text = f"{100 * abs(x):.{decimals}f}"
    least = 10.0**-decimals
    if 0 < x < 1 and float(text) == 100:
        return f">{100 - least:.{decimals}f}%"
    if abs(x) > 0 and float(text) == 0:
        return f"<{least:.{decimals}f}%"
    return _signed(text, x) + "%"


def change_points(value: Any, decimals: int = 1) -> str:
    """A change between two shares, in percentage points with its sign."""
    x = _finite(value)
    return NONE if x is None else f"{_plus(100 * x, decimals)} pp"


def change_rate(value: Any, decimals: int = 1) -> str:
    """A relative change with its sign."""
    x = _finite(value)
    return NONE if x is None else f"{_plus(100 * x, decimals)}%"


def change_count(value: Any, decimals: int = 0) -> str:
    """A change between two counts or scores with its sign."""
    x = _finite(value)
    return NONE if x is None else _plus(x, decimals)


def interval(low: Any, high: Any, decimals: int = 1) -> str:
    """The interval of a share: 30.3–32.6%; with signs between its ends, −28% to −26%."""
    if _finite(low) is None or _finite(high) is None:
        return NONE
    first, last = share(low, decimals), share(high, decimals)
    if not (first[0].isdigit() and last[0].isdigit()):
        return f"{first} to {last}"
    return f"{first.removesuffix('%')}{DASH}{last}"


def duration(seconds: Any) -> str:
    """A duration: 12 s, 1:48, 6 min, 22 h, 1 d 2 h."""
    x = _finite(seconds)
    if x is None:
        return NONE
    whole = round(x)
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        return f"{whole // 60}:{whole % 60:02d}"
    if whole < 3600:
        return f"{round(whole / 60)} min"
    if whole < 86400:
        hours, minutes = divmod(round(whole / 60), 60)
        return f"{hours} h" if minutes == 0 or hours >= 10 else f"{hours} h {minutes} min"
    days, hours = divmod(round(whole / 3600), 24)
    return f"{days} d" if hours == 0 or days >= 10 else f"{days} d {hours} h"


def duration_minutes(minutes: Any) -> str:
    """A duration given in minutes."""
    x = _finite(minutes)
    return NONE if x is None else duration(60 * x)


def day(value: Any) -> str:
    """A date: 15 Nov 2026."""
    found = as_date(value)
    return NONE if found is None else f"{found.day} {MONTHS[found.month - 1]} {found.year}"


def month(value: Any) -> str:
    """A month: Nov 2026; takes a date or 2026-11."""
    text = str(value)
    found = as_date(f"{text}-01" if len(text) == 7 else value)
    return NONE if found is None else f"{MONTHS[found.month - 1]} {found.year}"


def period(start: Any, unit: str) -> str:
    """The period that begins at `start`: a day, the week 9–15 Nov 2026, a month, a quarter."""
    first = as_date(start)
    if first is None:
        return NONE
    if unit == "month":
        return month(first)
    if unit == "quarter":
        return f"Q{(first.month + 2) // 3} {first.year}"
    if unit == "week":
        return span(first, first + timedelta(days=6))
    return day(first)


def span(start: Any, end: Any) -> str:
    """From a day to a day, what they share written once: 9–15 Nov 2026."""
    first, last = as_date(start), as_date(end)
    if first is None or last is None:
        return NONE
    if first.year != last.year:
        return f"{day(first)}{DASH}{day(last)}"
    if first.month != last.month:
        return f"{first.day} {MONTHS[first.month - 1]}{DASH}{day(last)}"
    return f"{first.day}{DASH}{day(last)}"


def period_short(start: Any, unit: str) -> str:
    """The same as the name of a mark on an axis: 9 Nov, Nov 26, Q4 25."""
    first = as_date(start)
    if first is None:
        return str(start)
    if unit == "month":
        return f"{MONTHS[first.month - 1]} {first:%y}"
    if unit == "quarter":
        return f"Q{(first.month + 2) // 3} {first:%y}"
    return f"{first.day} {MONTHS[first.month - 1]}"


def instant(value: Any, zone: str) -> str:
    """A UTC instant on the clock of the reporting zone: Sun 15 Nov 2026, 23:59."""
    local = parse_instant(value).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    return f"{DAYS[local.weekday()]} {day(local.date())}, {local:%H:%M}"


def instant_short(value: Any, zone: str) -> str:
    """The same without weekday and year, for tables: 15 Nov, 23:59."""
    local = parse_instant(value).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    return f"{local.day} {MONTHS[local.month - 1]}, {local:%H:%M}"


def parse_instant(value: Any) -> datetime:
    """A naive UTC instant from a datetime or ISO 8601 text."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def value(item: Any, unit: str | None = None) -> str:
    """Any cell of an answer, by the unit of its column."""
    if item is None:
        return NONE
    if isinstance(item, bool):
        return "yes" if item else "no"
    if isinstance(item, datetime):
        return item.isoformat(sep=" ", timespec="minutes")
    if isinstance(item, date):
        return day(item)
    if isinstance(item, int | float):
        if unit in ("rate", "share"):
            return share(item)
        if unit == "seconds":
            return duration(item)
        if unit == "minutes":
            return duration_minutes(item)
        return number(item)
    if isinstance(item, list | tuple):
        return ", ".join(value(part) for part in item) or NONE
    if isinstance(item, dict):
        return _part(item)
    return str(item)


def _part(item: dict[str, Any]) -> str:
    """A part with a name and a count or share (web 5.2%), else each key with its value."""
    if "name" in item:
        how_much = (
            share(item["share"]) if item.get("share") is not None else value(item.get("events"))
        )
        return f"{short(item['name'] or 'not said')} {how_much}"
    return " ".join(f"{key.replace('_', ' ')} {value(part)}" for key, part in item.items())


def short(text: object, longest: int = 60) -> str:
    """A name of the data as far as it is shown, on one line; what arrives may be ten kilobytes long."""
    flat = " ".join(str(text).split())
    return flat if len(flat) <= longest else f"{flat[: longest - 1]}…"


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson)."""
    z = 1.959963984540054
    p = part / whole
    middle = p + z * z / (2 * whole)
    reach = z * math.sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole))
    scale = 1 + z * z / whole
    return max((middle - reach) / scale, 0.0), min((middle + reach) / scale, 1.0)


def _finite(item: Any) -> float | None:
    if item is None or isinstance(item, bool):
        return None
    try:
        x = float(item)
    except (TypeError, ValueError):
        return None
    return x if math.isfinite(x) else None


def _signed(text: str, x: float) -> str:
    is_zero = not any(digit in text for digit in "123456789")
    return f"{MINUS}{text}" if x < 0 and not is_zero else text


def _plus(x: float, decimals: int) -> str:
    text = f"{abs(x):,.{decimals}f}"
    if not any(digit in text for digit in "123456789"):
        return f"±{text}"
    return f"+{text}" if x > 0 else f"{MINUS}{text}"


def as_date(item: Any) -> date | None:
    """The day of a date, an instant or their text; none where it is something else."""
    if isinstance(item, datetime):
        return item.date()
    if isinstance(item, date):
        return item
    try:
        return date.fromisoformat(str(item)[:10])
    except ValueError:
        return None
