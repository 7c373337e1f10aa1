"""Traps of calendars: pages of the API, and iCalendar files with all that producers do to them."""

from __future__ import annotations

import json

import pytest
from literal_exports import fixture
from literal_exports.delivery import EVENT

from ingestion.load import IngestSettings

TABLE = "google_calendar.events"


def ics(*events: str, head: str = "", newline: str = "\r\n") -> bytes:
    """A calendar of these events, each given as its lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *head.splitlines()]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.splitlines(), "END:VEVENT"]
    return newline.join([*lines, "END:VCALENDAR", ""]).encode()


def event(uid: str = "e1", start: str = "DTSTART:20240304T090000Z", more: str = "") -> str:
    return f"UID:{uid}\n{start}\n{more}".rstrip()


def starts(lake) -> list[str | None]:
    return [row[0] for row in lake.rows(TABLE, "cast(coalesce(start_at, start_on) as varchar)")]


def test_the_same_event_from_the_api_and_from_a_file_is_one(lake):
    lake.deliver(fixture("google_calendar/events_page.json"), "google_calendar", "page.json")
    report = lake.deliver(
        fixture("google_calendar/pm@example.com.ics"), "google_calendar", "pm@example.com.ics"
    )
    assert (report.records_seen, report.loaded + report.duplicate) == (3, 3)
    keys = lake.rows(TABLE, "event_key, count(distinct _identity) over (partition by event_key)")
    assert all(row[1] == 1 for row in keys)


def test_the_calendar_belongs_to_the_address_in_the_summary_of_its_page(lake):
    page = json.loads(fixture("google_calendar/events_page.json"))
    lake.deliver(json.dumps({**page, "summary": "Dana@Example.com"}), "google_calendar", "d.json")
    assert {row[0] for row in lake.rows(TABLE, "owner_email")} == {"dana@example.com"}
    assert {row[0] for row in lake.rows(TABLE, "is_organizer")} == {False, True}


def test_two_calendars_hold_the_same_event_once_each(lake):
    page = json.loads(fixture("google_calendar/events_page.json"))
    lake.deliver(json.dumps([page, {**page, "summary": "eng@example.com"}]), "google_calendar")
    assert len(set(lake.rows(TABLE, "_identity"))) == 10


def test_what_the_owner_replied_and_what_is_free_is_kept(lake):
    lake.deliver(fixture("google_calendar/events_page.json"), "google_calendar")
    assert lake.rows(TABLE, "event_key, owner_response, transparency, event_type, is_all_day, attendees_omitted")[2:] == [
        ("4q1standup_20240325T090000Z", None, "opaque", "default", False, False),
        ("7ooo", None, "transparent", "outOfOffice", True, False),
        ("9priv", "declined", "opaque", "default", False, True),
    ]  # fmt: skip
    (rules, zone), *_ = lake.rows(TABLE, "recurrence, time_zone")
    assert json.loads(rules)[1] == "EXDATE;TZID=Europe/Berlin:20240318T100000"
    assert zone == "Europe/Berlin"


def test_a_later_version_of_an_event_wins_whatever_the_order(lake):
    page = json.loads(fixture("google_calendar/events_page.json"))
    newer = {
        **page["items"][0],
        "status": "cancelled",
        "updated": "2024-03-09T00:00:00.000Z",
    }
    lake.deliver(json.dumps({**page, "items": [newer]}), "google_calendar", "b.json")
    lake.deliver(json.dumps({**page, "items": page["items"][:1]}), "google_calendar", "a.json")
    query = "status, row_number() over (partition by _identity order by updated_at desc)"
    assert sorted(lake.rows(TABLE, query), key=lambda row: row[1])[0][0] == "cancelled"


def test_a_calendar_reaches_to_its_last_change_not_to_a_first_or_a_coming_meeting(lake):
    meetings = [
        event("old", "DTSTART:20200106T090000Z", "RRULE:FREQ=WEEKLY\nLAST-MODIFIED:20240301T080000Z"),
        event("coming", "DTSTART:20300107T090000Z", "LAST-MODIFIED:20240304T080000Z"),
    ]  # fmt: skip
    lake.deliver(ics(*meetings), "google_calendar", "pm@example.com.ics")
    (load,) = lake.loads().values()
    assert (load.first_event_at[:10], load.last_event_at[:10]) == ("2024-03-01", "2024-03-04")


def test_times_without_an_offset_are_of_the_zone_beside_them(lake):
    def item(number: int, **start: str) -> dict:
        return {"id": f"e{number}", "iCalUID": f"e{number}", "status": "confirmed", "start": start}

    page = {
        "summary": "pm@example.com",
        "timeZone": "Asia/Kolkata",
        "items": [
            item(1, dateTime="2024-03-04T10:00:00", timeZone="Europe/Berlin"),
            item(2, dateTime="2024-03-04T10:00:00"),
            item(3, dateTime="2024-03-04T10:00:00.000-0500"),
        ],
    }
    lake.deliver(json.dumps(page), "google_calendar")
    assert starts(lake) == ["2024-03-04 09:00:00", "2024-03-04 04:30:00", "2024-03-04 15:00:00"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"start": None}, "TYPE"),
        ({"status": "maybe"}, "TYPE"),
        ({"id": ""}, "TYPE"),
        ({"start": {"dateTime": "04/03/2024 10:00"}}, "TIME_FORMAT"),
        ({"end": {"dateTime": "2024-03-04T09:59:59+01:00"}}, "NEGATIVE_DURATION"),
    ],
)
def test_an_event_that_cannot_be_used_costs_itself(lake, change, code):
    page = json.loads(fixture("google_calendar/events_page.json"))
    page["items"][0].update(change)
    report = lake.deliver(json.dumps(page), "google_calendar")
    assert (report.loaded, lake.codes()) == (4, {1: code})


@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
def test_all_newlines_are_read_and_folds_may_cut_a_character(lake, newline):
    title = "Größe – 会議"
    raw = ics(event(more=f"SUMMARY:{title}"), newline=newline)
    cut = raw.index("ö".encode()) + 1
    folded = raw[:cut] + newline.encode() + b" " + raw[cut:]
    lake.deliver(folded, "google_calendar", "a.ics")
    assert lake.rows(TABLE, "summary, _line") == [(title, 3)]


def test_escaped_texts_and_quoted_parameters_are_read(lake):
    more = (
        r"SUMMARY:a\, b\; c\\n \n d"
        "\nATTENDEE;CN=\"O: x; y^n^'z^'\";PARTSTAT=DECLINED:MAILTO:PM@example.com"
    )
    lake.deliver(ics(event(more=more)), "google_calendar", "pm@example.com.ics")
    assert lake.rows(TABLE, "summary, owner_response") == [("a, b; c\\n \n d", "declined")]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("DTSTART;TZID=Europe/Berlin:20240304T100000", "2024-03-04 09:00:00"),
        ("DTSTART:20240304T090000Z", "2024-03-04 09:00:00"),
        ("DTSTART:20240304T100000", "2024-03-04 04:30:00"),  # floating: the calendar's own zone
        ("DTSTART;VALUE=DATE:20240304", "2024-03-04 00:00:00"),
        ("DTSTART;TZID=W. Europe Standard Time:20240704T100000", "2024-07-04 08:00:00"),
        ('DTSTART;TZID="Eastern Standard Time":20240704T100000', "2024-07-04 14:00:00"),
        ("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20240304T100000", "2024-03-04 09:00:00"),
        ("DTSTART;TZID=/x/20210210_1/America/Argentina/Ushuaia:20240304T100000", "2024-03-04 13:00:00"),
        ("DTSTART;TZID=Europe/Berlin:20260329T023000", "2026-03-29 01:30:00"),
        ("DTSTART;TZID=Europe/Berlin:20261025T023000", "2026-10-25 00:30:00"),
        ("DTSTART:20240630T235960Z", "2024-06-30 23:59:59"),
    ],
)  # fmt: skip
def test_every_way_to_write_a_start_is_read(lake, start, expected):
    lake.deliver(ics(event(start=start), head="X-WR-TIMEZONE:Asia/Kolkata"), "google_calendar", "a.ics")  # fmt: skip
    assert starts(lake) == [expected]


OWN_ZONE = """BEGIN:VTIMEZONE
TZID:Our Zone
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("20240104T100000", "2024-01-04 09:00:00"),
        ("20240704T100000", "2024-07-04 08:00:00"),
        ("20260329T015959", "2026-03-29 00:59:59"),
        ("20260329T023000", "2026-03-29 01:30:00"),
        ("20260329T030000", "2026-03-29 01:00:00"),
        ("20261025T023000", "2026-10-25 00:30:00"),
        ("20261025T030000", "2026-10-25 02:00:00"),
    ],
)
def test_a_zone_that_the_calendar_defines_is_read_like_a_known_one(lake, local, utc):
    lake.deliver(
        ics(event(start=f"DTSTART;TZID=Our Zone:{local}"), head=OWN_ZONE),
        "google_calendar",
        "a.ics",
    )
    assert starts(lake) == [utc]


def test_a_zone_may_be_defined_after_the_events_and_be_without_rules(lake):
    zone = "BEGIN:VTIMEZONE\nTZID:Fixed\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0545\nTZOFFSETTO:+0545\nEND:STANDARD\nEND:VTIMEZONE\n"
    data = ics(event(start="DTSTART;TZID=Fixed:20240304T100000"), newline="\n").decode()
    lake.deliver(data.replace("END:VCALENDAR", zone + "END:VCALENDAR"), "google_calendar", "a.ics")
    assert starts(lake) == ["2024-03-04 04:15:00"]


@pytest.mark.parametrize(
    "zone", ["", OWN_ZONE.replace("+0100", "east"), OWN_ZONE.replace("YEARLY", "SECONDLY")]
)
def test_a_zone_that_nobody_knows_costs_the_event(lake, zone):
    data = ics(event(), event("e2", "DTSTART;TZID=Our Zone:20240304T100000"), head=zone)
    report = lake.deliver(data, "google_calendar", "a.ics")
    assert (report.loaded, list(lake.codes().values())) == (1, ["TIME_FORMAT"])


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("DTSTART:20240304T090000Z", "DURATION:PT1H30M", "2024-03-04 10:30:00"),
        ("DTSTART:20240304T090000Z", "DURATION:P1DT1S", "2024-03-05 09:00:01"),
        ("DTSTART;TZID=Europe/Berlin:20260328T120000", "DURATION:P1D", "2026-03-29 10:00:00"),
        ("DTSTART;TZID=Europe/Berlin:20260328T120000", "DURATION:PT24H", "2026-03-29 11:00:00"),
        ("DTSTART;VALUE=DATE:20240304", "DURATION:P1W", "2024-03-11 00:00:00"),
        ("DTSTART;VALUE=DATE:20240304", "", "2024-03-05 00:00:00"),
        ("DTSTART:20240304T090000Z", "", "2024-03-04 09:00:00"),
    ],
)
def test_a_duration_in_place_of_an_end_is_read(lake, start, duration, end):
    lake.deliver(ics(event(start=start, more=duration)), "google_calendar", "a.ics")
    assert lake.rows(TABLE, "cast(coalesce(end_at, end_on) as varchar)") == [(end,)]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("DURATION:1H", "TIME_FORMAT"),
        ("DURATION:-PT1H", "NEGATIVE_DURATION"),
        ("DTEND:20240304T085959Z", "NEGATIVE_DURATION"),
        ("DTEND;VALUE=DATE:20240305", "TYPE"),
        ("STATUS:DONE", "TYPE"),
        ("SEQUENCE:x", "NUMBER"),
        ("DTSTART:20240305T090000Z", "DUP_KEY"),
        ("no colon here", "SHAPE"),
        ("SUMMARY:a\x00b", "CONTROL_CHAR"),
        ("BEGIN:VALARM", "SHAPE"),
        ("END:VALARM", "SHAPE"),
    ],
)
def test_a_bad_event_costs_one_record_with_its_bytes_line_and_offset(lake, more, code):
    data = ics(event(), event("bad", more=more), event("e3"))
    report = lake.deliver(data, "google_calendar", "a.ics")
    assert (report.loaded, report.quarantined) == (2, 1)
    assert lake.codes() == {7: code}
    raw = lake.raw_of(code)
    assert raw.startswith(b"BEGIN:VEVENT\r\nUID:bad") and raw.rstrip().endswith(b"END:VEVENT")
    assert raw in data


def test_bytes_that_are_not_utf8_cost_one_event(lake):
    data = ics(event(), event("bad", more="SUMMARY:caf?"), event("e3")).replace(b"?", b"\xe9")
    report = lake.deliver(data, "google_calendar", "a.ics")
    assert (report.loaded, lake.codes()) == (2, {7: "BAD_UTF8"})


def test_an_event_that_is_not_closed_does_not_take_the_next_with_it(lake):
    data = ics(event(), event("open"), event("e3"), newline="\n").decode()
    data = data.replace("UID:open\nDTSTART:20240304T090000Z\nEND:VEVENT\n", "UID:open\n")
    report = lake.deliver(data, "google_calendar", "a.ics")
    assert (report.loaded, lake.codes()) == (2, {7: "SHAPE"})


def test_case_033_a_cut_calendar_says_so(lake):
    whole = ics(event(), event("e2"), newline="\n")
    inside = whole[: whole.index(b"UID:e2") + 3]
    assert lake.deliver(inside, "google_calendar", "a.ics").loaded == 1
    assert lake.codes() == {7: "INCOMPLETE_FILE"}
    between = whole[: whole.index(b"END:VCALENDAR")]
    report = lake.deliver(between, "google_calendar", "b.ics", "q")
    assert (report.loaded, report.reason) == (2, "INCOMPLETE_FILE")


def test_tasks_and_journals_are_counted_and_left_out(lake):
    todo = "BEGIN:VTODO\nUID:t1\nBEGIN:VALARM\nEND:VALARM\nEND:VTODO"
    report = lake.deliver(ics(event(), head=todo), "google_calendar", "a.ics")
    assert (report.records_seen, report.loaded, report.filtered) == (2, 1, 1)


def test_of_two_versions_in_a_file_the_higher_sequence_wins(lake):
    stamp = "DTSTAMP:20240301T000000Z\n"
    data = ics(
        event(more=stamp + "SEQUENCE:3\nSTATUS:CANCELLED"),
        event(more=stamp + "SEQUENCE:2\nSTATUS:CONFIRMED"),
    )
    report = lake.deliver(data, "google_calendar", "a.ics")
    assert report.records_seen == 2
    query = "status, row_number() over (partition by _identity order by updated_at desc) as place"
    assert sorted(lake.rows(TABLE, query), key=lambda row: row[1])[0][0] == "CANCELLED".lower()


def test_instances_are_rows_of_their_own(lake):
    instance = "RECURRENCE-ID;TZID=Europe/Berlin:20240311T100000"
    whole_day = "RECURRENCE-ID;VALUE=DATE:20240311"
    data = ics(
        event("s@google.com", more="RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE:20240318T090000Z"),
        event("s@google.com", "DTSTART:20240312T090000Z", instance),
        event("d", "DTSTART;VALUE=DATE:20240312", whole_day),
    )
    lake.deliver(data, "google_calendar", "a.ics")
    query = "event_key, recurring_event_id, cast(coalesce(original_start_at, original_start_on) as varchar), recurrence"
    assert lake.rows(TABLE, query) == [
        ("s", None, None, '["RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE:20240318T090000Z"]'),
        ("s_20240311T090000Z", "s", "2024-03-11 09:00:00", None),
        ("d_20240311", "d", "2024-03-11 00:00:00", None),
    ]


def test_an_outlook_calendar_says_free_and_away_in_its_own_way(lake):
    free = event(more="X-MICROSOFT-CDO-BUSYSTATUS:FREE")
    away = event("e2", more="X-MICROSOFT-CDO-BUSYSTATUS:OOF")
    lake.deliver(ics(free, away), "google_calendar", "a.ics")
    assert lake.rows(TABLE, "transparency, event_type") == [
        ("transparent", "default"),
        ("opaque", "outOfOffice"),
    ]


@pytest.mark.parametrize(
    ("head", "name", "owner", "calendar"),
    [
        ("X-WR-CALNAME:pm@example.com", "x.ics", "pm@example.com", "pm@example.com"),
        ("X-WR-CALNAME:Team", "Dana@example.com.ics", "dana@example.com", "Dana@example.com"),
        ("X-WR-CALNAME:Team", "team.ics", None, "Team"),
        ("", "team.ics", None, ""),
    ],
)
def test_whose_calendar_a_file_is(lake, head, name, owner, calendar):
    lake.deliver(ics(event(), head=head), "google_calendar", name)
    assert lake.rows(TABLE, "owner_email, calendar") == [(owner, calendar)]


def test_several_calendars_in_one_file_keep_their_own_names(lake):
    data = ics(event(), head="X-WR-CALNAME:a@example.com") + ics(event(), head="X-WR-CALNAME:b@example.com")  # fmt: skip
    assert lake.deliver(data, "google_calendar", "x.ics").loaded == 2
    assert lake.rows(TABLE, "owner_email") == [("a@example.com",), ("b@example.com",)]


def test_a_floating_time_is_of_the_declared_zone(lake):
    settings = {"google_calendar": {"projects": {"p": {"timezone": "America/New_York"}}}}
    lake.settings = IngestSettings(settings, "Europe/Berlin")
    lake.deliver(ics(event(start="DTSTART:20240704T100000")), "google_calendar", "x.ics")
    lake.deliver(ics(event(start="DTSTART:20240704T100000")), "google_calendar", "y.ics", "q")
    assert starts(lake) == ["2024-07-04 14:00:00", "2024-07-04 08:00:00"]


def test_the_columns_of_the_examples_are_those_of_the_table(lake):
    lake.deliver(fixture("google_calendar/outlook.ics"), "google_calendar", "o.ics")
    assert len(lake.rows(TABLE, EVENT)) == 2


def test_a_recurring_event_tells_when_it_takes_place(lake):
    lake.deliver(fixture("google_calendar/events_page.json"), "google_calendar", "a.json")
    lake.deliver(fixture("google_calendar/pm@example.com.ics"), "google_calendar", "pm@example.com.ics", "q")  # fmt: skip
    own_zone = event(
        start="DTSTART;TZID=Our Zone:20240325T100000", more="RRULE:FREQ=WEEKLY;COUNT=2"
    )
    lake.deliver(ics(own_zone, head=OWN_ZONE), "google_calendar", "o.ics", "r")
    runs = [json.loads(row[0]) for row in lake.rows(TABLE, "occurrence_runs") if row[0]]
    assert runs == [
        [["2024-03-04T10:00:00", 7, 2], ["2024-03-25T10:00:00", 7, 2]],
        [["2024-03-04T10:00:00", 7, 2], ["2024-03-25T10:00:00", 7, 2]],
        [["2024-03-25T09:00:00", 0, 1], ["2024-04-01T08:00:00", 0, 1]],  # UTC: the zone has no name
    ]


def test_a_rule_that_cannot_be_read_costs_the_event(lake):
    page = json.loads(fixture("google_calendar/events_page.json"))
    page["items"][0]["recurrence"] = ["RRULE:FREQ=SECONDLY"]
    report = lake.deliver(json.dumps(page), "google_calendar")
    assert (report.loaded, lake.codes()) == (4, {1: "TIME_FORMAT"})
