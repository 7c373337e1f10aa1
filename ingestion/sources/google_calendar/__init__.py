"""Reader of calendars: pages of the Google Calendar API, and iCalendar files of any producer.

Knows: both forms of an event. Must not know: whose calendars count, or which hours are working hours.

A calendar belongs to the address in its `summary` (of an iCalendar: its name, else the file's name). Recurring events
stay one row with their rules; moved and cancelled instances are rows of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.calendar_values import Moment, Zones, iana_name, unescape
from ingestion.values.fields import day, identifier, inside, instant, integer, text
from ingestion.values.localtime import parse_local, utc_text, zone_of
from ingestion.values.recurrence import runs_of

_ADDRESS = re.compile(r"[^\s<>@:,;/\\]+@[^\s<>@:,;/\\]+\.[A-Za-z]{2,}")
_LOCAL_FORMS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%M")
_STATUSES = ("confirmed", "tentative", "cancelled")
_REPLIES = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative", "NEEDS-ACTION": "needsAction"}  # fmt: skip
_BUSY = {"OOF": "outOfOffice", "WORKINGELSEWHERE": "workingLocation"}


def looks_like(sample: Sample) -> bool:
    """An event of a calendar has an iCalendar id, or a start that is a day or a time with its zone."""
    if sample.shape == "ics":
        return True
    return any(
        "iCalUID" in r
        or r.get("kind") == "calendar#event"
        or any(inside(r, f"start.{key}") for key in ("dateTime", "date"))
        for r in sample.records
    )


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One event as one row."""
    is_ics = isinstance(record.get("UID"), list) or isinstance(record.get("DTSTART"), list)
    row = _of_ics(record, context) if is_ics else _of_api(record, context)
    if row["status"] != "cancelled" and row["start_at"] is None and row["start_on"] is None:
        raise BadRecord("TYPE", "the event has no start")
    for first, last in (("start_at", "end_at"), ("start_on", "end_on")):
        if row[first] and row[last] and row[last] < row[first]:
            raise BadRecord("NEGATIVE_DURATION", "the event ends before it starts")
    return row


def _of_api(record: Mapping[str, Any], context: Context) -> dict[str, Any]:
    status = text(record, "status") or "confirmed"
    if status not in _STATUSES:
        raise BadRecord("TYPE", f"status is none of {', '.join(_STATUSES)}")
    guests = [
        {
            "email": _address(guest.get("email")),
            "response": text(guest, "responseStatus"),
            "is_self": bool(guest.get("self")),
            "is_optional": bool(guest.get("optional")),
            "is_resource": bool(guest.get("resource")),
        }
        for guest in record.get("attendees") or ()
        if isinstance(guest, Mapping)
    ]
    organizer = record.get("organizer") or {}
    own = next(
        (_address(g.get("email")) for g in record.get("attendees") or () if g.get("self")), None
    )
    own = own or (_address(organizer.get("email")) if organizer.get("self") else None)
    calendar = text(context.page, "summary") or own
    zone = _zone(record, context)
    start, end = _api_moment(record, "start", zone), _api_moment(record, "end", zone)
    original = _api_moment(record, "originalStartTime", zone)
    zone = iana_name(text(record.get("start") or {}, "timeZone")) or zone
    rules = record.get("recurrence")
    return {
        **_times(start, end, original),
        **_people(calendar, guests, _address(organizer.get("email")), bool(organizer.get("self"))),
        "event_key": identifier(record, "id", required=True),
        "ical_uid": identifier(record, "iCalUID"),
        "status": status,
        "summary": text(record, "summary"),
        "event_type": text(record, "eventType") or "default",
        "transparency": text(record, "transparency") or "opaque",
        "visibility": text(record, "visibility"),
        "time_zone": zone,
        "recurrence": _list(rules),
        "occurrence_runs": _api_runs(start, rules, zone) if status != "cancelled" else None,
        "recurring_event_id": identifier(record, "recurringEventId"),
        "attendees_omitted": record.get("attendeesOmitted") is True,
        "sequence": integer(record, "sequence"),
        "created_at": instant(record, "created"),
        "updated_at": instant(record, "updated", "created"),
    }


def _zone(record: Mapping[str, Any], context: Context) -> str:
    """The zone of times without an offset: the page's, else the project's or the company's."""
    told = iana_name(text(context.page, "timeZone"))
    return told or str(context.settings.get("timezone") or context.company_timezone)


def _api_moment(record: Mapping[str, Any], name: str, zone: str) -> Moment | None:
    value = record.get(name)
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise BadRecord("TYPE", f"{name} is neither a day nor a time")
    if value.get("date"):
        return Moment(date.fromisoformat(str(day(value, "date"))))
    written = text(value, "dateTime")
    if written is None:
        return None
    if re.search(r"(Z|[+-]\d{2}:?\d{2})$", written):
        at = instant(value, "dateTime", required=True)
    else:
        own = iana_name(text(value, "timeZone")) or zone
        at = parse_local(written, own, _LOCAL_FORMS, f"{name}.dateTime")
    found = datetime.fromisoformat(str(at))
    return Moment(found.date(), found, found)


def _api_runs(start: Moment | None, rules: Any, zone: str) -> str | None:
    """When a recurring event takes place; its rules are those of its zone, whatever offset its start is written in."""
    if start is None or not isinstance(rules, list) or not rules:
        return None
    if start.at is not None:
        local = start.at.replace(tzinfo=UTC).astimezone(zone_of(zone)).replace(tzinfo=None)
        start = Moment(local.date(), local, start.at, zone)
    found = runs_of(start, [str(rule) for rule in rules], Zones({}, zone), lambda local: local)
    return json.dumps(found)


def _of_ics(record: Mapping[str, Any], context: Context) -> dict[str, Any]:
    zones = Zones.of(context.page, context.settings.get("timezone"), context.company_timezone)
    uid = _one(record, "UID")
    if not uid:
        raise BadRecord("TYPE", "UID is missing")
    status = _one(record, "STATUS").lower() or "confirmed"
    if status not in _STATUSES:
        raise BadRecord("TYPE", f"STATUS is none of {', '.join(_STATUSES)}")
    start, original = _ics_moment(record, "DTSTART", zones), _ics_moment(record, "RECURRENCE-ID", zones)  # fmt: skip
    busy = _one(record, "X-MICROSOFT-CDO-BUSYSTATUS").upper()
    is_free = busy == "FREE" or _one(record, "TRANSP").upper() == "TRANSPARENT"
    organizer = _entry(record, "ORGANIZER")
    sequence, rules = _sequence(record), _rules(record)
    modified = _ics_moment(record, "LAST-MODIFIED", zones) or _ics_moment(record, "DTSTAMP", zones)
    return {
        **_times(start, _ics_end(record, start, zones), original),
        **_people(_calendar_of(context), _ics_guests(record), _address(_mail(organizer)), False),
        "event_key": _key(uid, original),
        "ical_uid": uid,
        "status": status,
        "summary": unescape(_one(record, "SUMMARY")) or None,
        "event_type": _BUSY.get(busy, "default"),
        "transparency": "transparent" if is_free else "opaque",
        "visibility": _one(record, "CLASS").lower() or None,
        "time_zone": start.zone if start and start.local else None,
        "recurrence": _list(rules),
        "occurrence_runs": _ics_runs(record, start, rules, zones)
        if status != "cancelled"
        else None,
        "recurring_event_id": _key(uid, None) if original else None,
        "attendees_omitted": False,
        "sequence": sequence,
        "created_at": _text_of(_ics_moment(record, "CREATED", zones)),
        "updated_at": _version(modified, sequence),
    }


def _times(start: Moment | None, end: Moment | None, original: Moment | None) -> dict[str, Any]:
    is_all_day = start is not None and start.at is None
    return {
        "is_all_day": is_all_day,
        "start_at": _text_of(start),
        "end_at": _text_of(end),
        "start_on": start.day.isoformat() if start and is_all_day else None,
        "end_on": end.day.isoformat() if end and is_all_day else None,
        "original_start_at": _text_of(original),
        "original_start_on": original.day.isoformat() if original and not original.at else None,
    }


def _people(
    calendar: str | None, guests: list[dict[str, Any]], organizer: str | None, is_own: bool
) -> dict[str, Any]:
    """Whose calendar it is, who is invited, and what the owner replied."""
    owner = _address(calendar)
    for guest in guests:
        guest["is_self"] = guest["is_self"] or (owner is not None and guest["email"] == owner)
    reply = next((guest["response"] for guest in guests if guest["is_self"]), None)
    return {
        "calendar": calendar or "",
        "owner_email": owner,
        "organizer_email": organizer,
        "is_organizer": is_own or (owner is not None and organizer == owner),
        "owner_response": reply,
        "attendees": json.dumps(guests, ensure_ascii=False),
    }


def _calendar_of(context: Context) -> str | None:
    """The calendar's name; exports without one are named after the address by their file."""
    name = next((str(entry["value"]) for entry in context.page.get("X-WR-CALNAME") or ()), "")
    if _address(unescape(name)):
        return unescape(name)
    file = _ADDRESS.search(re.sub(r"\.ics(\.\w+)?$", "", context.member or context.file_name))
    return file.group() if file else unescape(name) or None


def _entry(record: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    entries: list[Mapping[str, Any]] = record.get(name) or []
    if len(entries) > 1 and any(entry != entries[0] for entry in entries):
        raise BadRecord("DUP_KEY", f"the event gives {name} more than once")
    return entries[0] if entries else None


def _one(record: Mapping[str, Any], name: str) -> str:
    entry = _entry(record, name)
    return str(entry["value"]).strip() if entry else ""


def _ics_moment(record: Mapping[str, Any], name: str, zones: Zones) -> Moment | None:
    entry = _entry(record, name)
    return zones.moment(entry, name) if entry and str(entry["value"]).strip() else None


def _ics_end(record: Mapping[str, Any], start: Moment | None, zones: Zones) -> Moment | None:
    """DTEND, else start and duration, else a day for a day and nothing for a time."""
    end = _ics_moment(record, "DTEND", zones)
    if end is not None or start is None:
        if start and end and (start.at is None) != (end.at is None):
            raise BadRecord("TYPE", "DTSTART and DTEND are not both days or both times")
        return end
    if _one(record, "DURATION"):
        return zones.after(start, _one(record, "DURATION"), "DURATION")
    return start if start.at else Moment(start.day + timedelta(days=1))


def _ics_guests(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "email": _address(_mail(entry)),
            "response": _REPLIES.get(entry["params"].get("PARTSTAT", "NEEDS-ACTION").upper()),
            "is_self": False,
            "is_optional": entry["params"].get("ROLE", "").upper() == "OPT-PARTICIPANT",
            "is_resource": entry["params"].get("CUTYPE", "").upper() in ("RESOURCE", "ROOM"),
        }
        for entry in record.get("ATTENDEE") or ()
    ]


def _mail(entry: Mapping[str, Any] | None) -> str | None:
    """The address of a person; Exchange gives it beside a directory path."""
    if entry is None:
        return None
    return re.sub(r"(?i)^mailto:", "", str(entry["value"]).strip()) or entry["params"].get("EMAIL")


def _address(value: Any) -> str | None:
    found = _ADDRESS.search(value) if isinstance(value, str) else None
    return found.group().lower() if found else None


def _ics_runs(
    record: Mapping[str, Any], start: Moment | None, rules: list[str], zones: Zones
) -> str | None:
    """When a recurring event takes place."""
    entry = _entry(record, "DTSTART")
    if start is None or entry is None or not rules:
        return None
    own = entry["params"].get("TZID")
    return json.dumps(runs_of(start, rules, zones, lambda local: zones.instant(local, own)))


def _rules(record: Mapping[str, Any]) -> list[str]:
    """RRULE, RDATE, EXDATE and EXRULE as the API writes them: one content line each."""
    lines = []
    for name in ("RRULE", "EXRULE", "RDATE", "EXDATE"):
        for entry in record.get(name) or ():
            params = "".join(f";{key}={value}" for key, value in entry["params"].items())
            lines.append(f"{name}{params}:{entry['value']}")
    return lines


def _list(values: Any) -> str | None:
    return json.dumps(values, ensure_ascii=False) if values and isinstance(values, list) else None


def _key(uid: str, original: Moment | None) -> str:
    """The id that Google's API gives the same event or instance, so that both forms are one."""
    uid = uid.removesuffix("@google.com")
    if original is None:
        return uid
    if original.at is None:
        return f"{uid}_{original.day:%Y%m%d}"
    return f"{uid}_{original.at:%Y%m%dT%H%M%SZ}"


def _sequence(record: Mapping[str, Any]) -> int | None:
    written = _one(record, "SEQUENCE")
    if written and not re.fullmatch(r"\d{1,9}", written, re.ASCII):
        raise BadRecord("NUMBER", "SEQUENCE is not a whole number")
    return int(written) if written else None


def _version(modified: Moment | None, sequence: int | None) -> str | None:
    """When the version was made; of two made in the same second the higher sequence is the later."""
    if modified is None:
        return None
    at = modified.at or datetime.combine(modified.day, datetime.min.time())
    return utc_text(at + timedelta(microseconds=min(sequence or 0, 999_999)))


def _text_of(moment: Moment | None) -> str | None:
    return moment.text if moment else None


READER = Reader(
    source="google_calendar",
    formats=("json", "ndjson", "ics"),
    looks_like=looks_like,
    parse=parse,
    page_keys=("items",),
)
