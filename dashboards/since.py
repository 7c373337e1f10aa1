"""From which day somebody asks: "since March", "since the March release", "since v5.2.0", "since 2026-03-01".

Knows how people write days, and the releases of a version. Must not know questions; what is not clear is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date
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
_NEWEST = re.compile(r"\b(?:last|latest|newest) release\b")
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
    """The newest release, where a cleaned sentence asks about the last one."""
    if not _NEWEST.search(sentence):
        return None
    known = _releases(published)
    return known[-1][1] if known else None


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
