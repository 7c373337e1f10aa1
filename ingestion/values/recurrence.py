"""Works out when a recurring event takes place: its rules, extra and left-out days become runs of starts.

Knows: RFC 5545's recurrence lines. Must not know: any source. A run is [first start, days between, how many]; starts
are local where the event's zone has a name, else UTC, so that a rule of any length is a few runs and no clock is asked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from ingestion.spec import BadRecord
from ingestion.values.calendar_values import Moment, Zones
from ingestion.values.localtime import zone_of
from ingestion.values.rules import Rule

HORIZON_YEARS = 30
_LINE = re.compile(r"(RRULE|EXRULE|RDATE|EXDATE)((?:;[^:;=]+=(?:\"[^\"]*\"|[^\";:]++)*+)*+):(.*)", re.I | re.S)  # fmt: skip
_PARAMETER = re.compile(r";([^:;=]+)=\"?([^\";:]*)\"?")
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")

Run = tuple[str, int, int]


def runs_of(
    start: Moment, lines: Sequence[str], zones: Zones, to_instant: Callable[[datetime], datetime]
) -> list[Run]:
    """The runs of an event that starts so; `to_instant` gives UTC for local times of a zone without a name."""
    first = start.local or datetime.combine(start.day, datetime.min.time())
    starts: set[datetime] = {first}
    left_out: set[datetime] = set()
    days_out: set[date] = set()
    for line in lines:
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise BadRecord("TIME_FORMAT", "a line of the recurrence is not RRULE, RDATE or EXDATE")
        name, value = found.group(1).upper(), found.group(3)
        if name in ("RRULE", "EXRULE"):
            (starts if name == "RRULE" else left_out).update(_by_rule(value, first, start))
            continue
        params = {key.upper(): text for key, text in _PARAMETER.findall(found.group(2))}
        for text in filter(None, (part.strip() for part in value.split(","))):
            moment = zones.moment({"value": text.split("/")[0], "params": params}, name)
            local = _local(moment, start)
            if name == "RDATE":
                starts.add(local)
            elif moment.local is None:
                days_out.add(moment.day)
            else:
                left_out.add(local)
    kept = sorted(at for at in starts - left_out if at.date() not in days_out)
    if start.local is not None and start.zone is None:
        kept = sorted(to_instant(at) for at in kept)
    return _runs(kept)


def _by_rule(text: str, first: datetime, start: Moment) -> Iterator[datetime]:
    """Local starts by a rule, within thirty years of the first."""
    try:
        rule = Rule.read(text)
    except (ValueError, KeyError):
        raise BadRecord("TIME_FORMAT", "a rule of the recurrence cannot be read") from None
    end = first.replace(year=first.year + HORIZON_YEARS, day=min(first.day, 28))
    if rule.until:
        end = min(end, _until(rule.until, start))
    if end < first:
        return
    for day in rule.days(first.date(), end.date()):
        at = datetime.combine(day, first.time())
        if at <= end:
            yield at


def _until(text: str, start: Moment) -> datetime:
    """The last local time that a rule allows; a day means all of it."""
    found = _UNTIL.fullmatch(text)
    try:
        if found is None:
            raise ValueError("no time")
        at = datetime.strptime(found.group(1) + (found.group(2) or "235959"), "%Y%m%d%H%M%S")
    except ValueError:
        raise BadRecord("TIME_FORMAT", "UNTIL of the rule is not a time") from None
    if not found.group(3) or start.local is None or start.at is None:
        return at
    if start.zone is None:
        return at + (start.local - start.at)
    return at.replace(tzinfo=UTC).astimezone(zone_of(start.zone)).replace(tzinfo=None)


def _local(moment: Moment, start: Moment) -> datetime:
    """An extra or left-out start as local time of the event's zone."""
    if moment.local is None or moment.at is None:
        clock = start.local.time() if start.local else datetime.min.time()
        return datetime.combine(moment.day, clock)
    if start.zone is None or moment.zone == start.zone:
        return moment.local
    return moment.at.replace(tzinfo=UTC).astimezone(zone_of(start.zone)).replace(tzinfo=None)


def _runs(starts: Sequence[datetime]) -> list[Run]:
    """Starts of one weekday and clock that follow each other at the same distance are one run."""
    by_clock: dict[object, list[datetime]] = defaultdict(list)
    for at in starts:
        by_clock[at.weekday(), at.time()].append(at)
    runs: list[Run] = []
    for group in by_clock.values():
        place = 0
        while place < len(group):
            step = group[place + 1] - group[place] if place + 1 < len(group) else timedelta()
            last = place + 1
            while last < len(group) and group[last] - group[last - 1] == step:
                last += 1
            runs.append((group[place].isoformat(), step.days, last - place))
            place = last
    return sorted(runs)
