"""From which day somebody asks: "since March", "since the March release", "since v5.2.0", "since 2026-03-01".

Knows how people write days, and the releases of a version. Must not know questions; what is not clear is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from dashboards.published import Published

MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_DAY = re.compile(r"\b(20\d\d) (\d\d) (\d\d)\b")
_MONTH = re.compile(
    rf"\b(?:since|from|after)(?: the)? ({'|'.join(MONTHS)})(?: (20\d\d))?( release)?\b"
)
_NEWEST = re.compile(r"\b(?:last|latest|newest) (?:release|launch)\b")
# What a word of time is made of; months are numbered so that quarters and years begin at multiples.
_UNITS = {
    "week": ("week", 1),
    "month": ("month", 1),
    "quarter": ("month", 3),
    "year": ("month", 12),
}
_LATEST = re.compile(r"\b(?:since|after)(?: the)? (?:last|latest|newest) release\b")


def asked_since(
    sentence: str, entities: Sequence[tuple[str, str]], published: Published
) -> dict[str, str]:
    """The parameter `since` of a cleaned sentence (lower case, blanks for signs), or nothing."""
    for kind, value in entities:
        if kind == "release":
            return {"since": value}
    if found := _DAY.search(sentence):
        return {"since": "-".join(found.groups())}
    if _LATEST.search(sentence):
        known = _releases(published)
        return {"since": known[-1][1]} if known else {}
    month = _MONTH.search(sentence)
    through = published.data_through
    if month is None or through is None:
        return {}
    number = MONTHS.index(month[1]) + 1
    year = int(month[2]) if month[2] else through.year - (number > through.month)
    if month[3]:
        for day, release in _releases(published):
            if (day.year, day.month) == (year, number):
                return {"since": release}
    return {"since": f"{year}-{number:02d}"}


def newest_release(sentence: str, published: Published) -> str | None:
    """The newest release, where a cleaned sentence asks about the last one, or about one of a time like "last month"."""
    known = _releases(published)
    bounds = asked_range(sentence, published)
    if bounds:
        first, end = (date.fromisoformat(bounds[side]) for side in ("from", "to"))
        known = [(day, release) for day, release in known if first <= day < end]
    elif not _NEWEST.search(sentence):
        return None
    return known[-1][1] if known else None


def asked_range(sentence: str, published: Published) -> dict[str, str]:
    """`from` and `to` of "last month", "last 30 days", "last quarter" and the like, before the data's last complete day."""
    from dashboards.engine.periods import Calendar

    if published.data_through is None:
        return {}
    calendar = Calendar(str(published.settings["timezone"]), int(published.settings["week_start"]))
    today = calendar.to_local(published.data_through).date()
    if " yesterday " in f" {sentence} ":
        return {"from": (today - timedelta(days=1)).isoformat(), "to": today.isoformat()}
    if found := re.search(r"\b(?:last|past|previous) (\d{1,3}) days?\b", sentence):
        first = today - timedelta(days=int(found[1]))
        return {"from": first.isoformat(), "to": today.isoformat()}
    if found := re.search(
        r"\b(?:last|past|previous) (?:(\d{1,2}) )?(week|month|quarter|year)s?\b", sentence
    ):
        count, (unit, size) = int(found[1] or 1), _UNITS[found[2]]
        index = calendar.index(unit, published.data_through) // size
        return {
            "from": calendar.label(unit, (index - count) * size),
            "to": calendar.label(unit, index * size),
        }
    return {}


def _releases(published: Published) -> list[tuple[date, str]]:
    """Releases that were out when the data ended, the oldest first; one that is only planned is not the last one."""
    through = published.data_through
    if not published.has("marts.dim_releases") or through is None:
        return []
    zone = ZoneInfo(str(published.settings["timezone"]))
    today = through.replace(tzinfo=UTC).astimezone(zone).date()
    with published.session() as session:
        rows = session.run("select min(released_on), release from marts.dim_releases group by release order by 1, 2")  # fmt: skip
    return [(row[0], row[1]) for row in rows if row[0] <= today]
