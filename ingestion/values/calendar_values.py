"""Reads the values of iCalendar properties: texts, moments with their zones, durations.

Knows: RFC 5545's value types, the zone names of Windows and zones that a calendar defines itself. Must not know: how a
calendar's lines are walked, or any source.
"""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from ingestion.spec import BadRecord
from ingestion.values.localtime import to_utc, utc_text
from ingestion.values.rules import Rule

_MOMENT = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?", re.ASCII)
_DURATION = re.compile(r"([+-]?)P(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?", re.ASCII)  # fmt: skip
_OFFSET = re.compile(r"([+-]?)(\d{2})(\d{2})(\d{2})?", re.ASCII)
_ESCAPE = re.compile(r"\\([\\;,nN])")
_LAST_CHANGE = datetime(2100, 1, 1)


def unescape(text: str) -> str:
    """A text as its author wrote it."""
    return _ESCAPE.sub(lambda found: "\n" if found.group(1) in "nN" else found.group(1), text)


def names(text: str) -> list[str]:
    """The parts of a text list such as CATEGORIES, which escaped commas do not part."""
    found = [unescape(part).strip() for part in re.split(r"(?<!\\),", text)]
    return [name for name in found if name]


@dataclass(frozen=True)
class Moment:
    """A day, or a time of a day in a zone."""

    day: date
    local: datetime | None = None  # null for a whole day
    at: datetime | None = None  # UTC without a zone
    zone: str | None = (
        None  # IANA name; null for UTC offsets that only the calendar knows, and for whole days
    )

    @property
    def text(self) -> str | None:
        """The instant as ISO text in UTC; null for a whole day."""
        return utc_text(self.at) if self.at else None


@dataclass(frozen=True)
class Zones:
    """The zones of one calendar: by name, by Windows name, or by the calendar's own definition."""

    defined: Mapping[str, Mapping[str, Any]]
    floating: str  # the zone of times without one

    @staticmethod
    def of(page: Mapping[str, Any], floating: str | None, fallback: str) -> Zones:
        """The zones of a calendar; times without a zone are of `floating`, else the calendar's, else `fallback`."""
        defined = {
            _first(zone, "TZID"): zone for zone in page.get("VTIMEZONE") or () if zone.get("TZID")
        }
        own = iana_name(_first(page, "X-WR-TIMEZONE"))
        return Zones(defined, floating or own or fallback)

    def moment(self, entry: Mapping[str, Any], name: str) -> Moment:
        """The moment of a property such as DTSTART."""
        value, params = str(entry["value"]).strip(), entry["params"]
        found = _MOMENT.fullmatch(value)
        if found is None:
            raise BadRecord("TIME_FORMAT", f"{name} is not a time such as 20240304T090000Z")
        try:
            digits = found.group(1)
            day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
            if found.group(2) is None:
                return Moment(day)
            local = _clock(day, found.group(2))
        except ValueError as error:
            raise BadRecord("TIME_FORMAT", f"{name} is not a time: {error}") from None
        if found.group(3):
            return Moment(day, local, local, "UTC")
        return self._in_zone(local, params.get("TZID"), name)

    def _in_zone(self, local: datetime, zone: str | None, name: str) -> Moment:
        known = iana_name(zone) if zone else self.floating
        if known is None and zone is not None and zone in self.defined:
            known = iana_name(_first(self.defined[zone], "X-LIC-LOCATION"))
            if known is None:
                return Moment(local.date(), local, self.instant(local, zone), None)
        if known is None:
            raise BadRecord(
                "TIME_FORMAT",
                f"{name} is in the zone {zone!r}, which is neither known nor defined in the calendar",
            )
        return Moment(local.date(), local, to_utc(local, known), known)

    def instant(self, local: datetime, zone: str | None) -> datetime:
        """UTC of a local time in a zone that only the calendar defines."""
        definition = json.dumps(self.defined[zone or ""], sort_keys=True)
        return local - _offset_at(_onsets_of(definition), local)

    def after(self, start: Moment, text: str, name: str) -> Moment:
        """The end of what starts then and lasts so long: days and weeks by the calendar, hours by the clock."""
        found = _DURATION.fullmatch(text.strip())
        if found is None or not any(found.groups()[1:]):
            raise BadRecord("TIME_FORMAT", f"{name} is not a duration such as PT30M")
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
        if found.group(1) == "-":
            raise BadRecord("NEGATIVE_DURATION", f"{name} is negative")
        try:
            whole = timedelta(days=7 * weeks + days)
            clock = timedelta(hours=hours, minutes=minutes, seconds=seconds)
            if start.local is None or start.at is None:
                return Moment(start.day + whole + timedelta(days=clock.days))
            moved = start.local + whole
            at = to_utc(moved, start.zone) if start.zone else start.at + whole
            return Moment(moved.date(), moved + clock, at + clock, start.zone)
        except OverflowError:
            raise BadRecord("TIME_FORMAT", f"{name} is beyond the calendar") from None


def iana_name(name: str | None) -> str | None:
    """The IANA name of a zone that is named so, in the Windows way, or at the end of a path; null when unknown."""
    if not name:
        return None
    name = name.strip().strip('"')
    if _exists(name):
        return name
    windows = _windows_names().get(name.casefold())
    if windows:
        return windows
    parts = name.strip("/").split("/")
    tails = ["/".join(parts[-length:]) for length in (3, 2) if len(parts) > length]
    return next((tail for tail in tails if _exists(tail)), None)


@lru_cache(maxsize=1024)
def _exists(name: str) -> bool:
    if name in ("localtime", "posixrules", "Factory"):
        return False  # they mean another zone on each machine
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=1)
def _windows_names() -> Mapping[str, str]:
    from babel.core import get_global

    return {name.casefold(): zone for name, zone in get_global("windows_zone_mapping").items()}


def _first(properties: Mapping[str, Any], name: str) -> str:
    entries = properties.get(name)
    return str(entries[0]["value"]).strip() if entries else ""


def _clock(day: date, digits: str) -> datetime:
    """The time of a day; a leap second counts as the one before it."""
    hour, minute, second = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    return datetime(day.year, day.month, day.day, hour, minute, min(second, 59) if second == 60 else second)  # fmt: skip


def _offset_at(onsets: Sequence[tuple[datetime, timedelta, timedelta]], local: datetime) -> timedelta:  # fmt: skip
    """UTC offset of a local time: skipped times as if the clock had not jumped, doubled times the first."""
    position = bisect.bisect_right([onset[0] for onset in onsets], local) - 1
    if position < 0:
        return onsets[0][1]
    onset, before, after = onsets[position]
    return before if local < onset + (after - before) else after


@lru_cache(maxsize=64)
def _onsets_of(definition: str) -> list[tuple[datetime, timedelta, timedelta]]:
    """(local time, offset before, offset after) of every change that a calendar's own zone tells."""
    zone = json.loads(definition)
    name = _first(zone, "TZID")
    found: list[tuple[datetime, timedelta, timedelta]] = []
    for part in zone["parts"]:
        try:
            first = datetime.strptime(_first(part, "DTSTART")[:15], "%Y%m%dT%H%M%S")
            before, after = (_offset(_first(part, key)) for key in ("TZOFFSETFROM", "TZOFFSETTO"))
            days = [first, *_rule_days(_first(part, "RRULE"), first)]
            for entry in part.get("RDATE") or ():
                texts = filter(None, entry["value"].split(","))
                days += [datetime.strptime(text.strip()[:15], "%Y%m%dT%H%M%S") for text in texts]
        except (ValueError, TypeError, KeyError):
            raise BadRecord(
                "TIME_FORMAT", f"the calendar's definition of the zone {name!r} cannot be read"
            ) from None
        found += [(day, before, after) for day in days]
    if not found:
        raise BadRecord("TIME_FORMAT", f"the calendar's zone {name!r} has no offset")
    return sorted(found)


def _rule_days(text: str, first: datetime) -> list[datetime]:
    """The changes by a yearly rule, until 2100; other rules make no time zone."""
    if not text:
        return []
    rule = Rule.read(text)
    if rule.frequency != "YEARLY":
        raise ValueError("a zone changes by the year")
    last = datetime.strptime(rule.until[:8], "%Y%m%d") if rule.until else _LAST_CHANGE
    return [
        datetime.combine(day, first.time())
        for day in rule.days(first.date(), min(last, _LAST_CHANGE).date())
    ]


def _offset(text: str) -> timedelta:
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise ValueError("no offset")
    size = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -size if found[1] == "-" else size
