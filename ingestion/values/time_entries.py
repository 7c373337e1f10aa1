"""Reads entries of time trackers: local start and end, and a duration that must agree with them.

Knows: what holds for an entry of any tracker. Must not know: any tracker's columns, or which work counts as what.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingestion.spec import BadRecord, Context
from ingestion.values.localtime import parse_local, to_utc, utc_text

TOLERANCE_SECONDS = 1
LONGEST_SECONDS = 24 * 3600
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
_FORMS = tuple(f"%Y-%m-%d {clock}" for clock in _CLOCKS)
_DURATION = re.compile(r"(-?)(\d{1,5}):(\d{2})(?::(\d{2}))?", re.ASCII)
_YES_NO = {"yes": True, "no": False, "true": True, "false": False}


@dataclass(frozen=True)
class Entry:
    """When somebody worked; an entry that still runs has no end."""

    start_at: str
    end_at: str | None
    seconds: int | None


def zone_of_entries(context: Context) -> str:
    """The zone of local times: the project's, else the company's."""
    return str(context.settings.get("timezone") or context.company_timezone)


def read_entry(start: str, end: str | None, seconds: int | None, zone: str) -> Entry:
    """Checks `YYYY-MM-DD` and a clock, at start and end, against the duration.

    On days when the clock is changed the duration may be that of the clock on the wall or the one that passed.
    """
    begun = _local(start, "start")
    if end is None:
        if seconds is not None and seconds >= 0:
            _check_length(seconds)
            ended = to_utc(begun, zone) + timedelta(seconds=seconds)
            return Entry(_utc(begun, zone), utc_text(ended), seconds)
        return Entry(_utc(begun, zone), None, None)
    ended = _local(end, "end")
    if ended < begun or (seconds is not None and seconds < 0):
        raise BadRecord("NEGATIVE_DURATION", "the entry ends before it starts")
    on_the_wall = (ended - begun).total_seconds()
    passed = (to_utc(ended, zone) - to_utc(begun, zone)).total_seconds()
    if seconds is None:
        raise BadRecord("TYPE", "the entry has an end and no duration")
    if min(abs(seconds - on_the_wall), abs(seconds - passed)) > TOLERANCE_SECONDS:
        raise BadRecord(
            "TIME_FORMAT",
            f"from start to end are {int(on_the_wall)} seconds, the duration says {seconds}",
        )
    _check_length(seconds)
    return Entry(_utc(begun, zone), _utc(ended, zone), seconds)


def duration_seconds(written: str | None, name: str) -> int | None:
    """Seconds of `01:15:00`; blank is null, a minus stays."""
    if not written or not written.strip():
        return None
    found = _DURATION.fullmatch(written.strip())
    if found is None or int(found[3]) > 59 or int(found[4] or 0) > 59:
        raise BadRecord("TIME_FORMAT", f"{name} is not a duration such as 01:15:00")
    seconds = int(found[2]) * 3600 + int(found[3]) * 60 + int(found[4] or 0)
    return -seconds if found[1] else seconds


def yes_or_no(written: str | None) -> bool | None:
    """True or false of an English export; null in any other language, as it is not needed."""
    return _YES_NO.get((written or "").strip().lower())


def tags(written: str | None) -> str:
    """The tags of a cell as a JSON list."""
    return json.dumps([t.strip() for t in (written or "").split(",") if t.strip()], ensure_ascii=False)  # fmt: skip


def _local(written: str, name: str) -> datetime:
    """The local time; the forms are those of a clock with 24 or with 12 hours."""
    return datetime.fromisoformat(parse_local(written, "UTC", _FORMS, name))


def _utc(local: datetime, zone: str) -> str:
    return utc_text(to_utc(local, zone))


def _check_length(seconds: int) -> None:
    if seconds > LONGEST_SECONDS:
        raise BadRecord(
            "TIME_UNIT", f"the entry lasts {seconds // 3600} hours; no entry is longer than 24"
        )
