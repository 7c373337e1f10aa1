"""When recurring events take place: rules, extra and left-out days, and rules that must not hang."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from ingestion.spec import BadRecord
from ingestion.values.calendar_values import Moment, Zones
from ingestion.values.localtime import to_utc
from ingestion.values.recurrence import runs_of
from ingestion.values.rules import Rule

ZONES = Zones({}, "Europe/Berlin")


def moment(local: str = "2024-03-04T10:00:00", zone: str | None = "Europe/Berlin") -> Moment:
    at = datetime.fromisoformat(local)
    return Moment(at.date(), at, to_utc(at, zone or "UTC"), zone)


def starts(*lines: str, start: Moment | None = None) -> list[str]:
    runs = runs_of(start or moment(), lines, ZONES, lambda local: local)
    found = [
        datetime.fromisoformat(first) + timedelta(days=days * number)
        for first, days, count in runs
        for number in range(count)
    ]
    assert len(set(found)) == len(found)
    return [at.isoformat() for at in sorted(found)]


def days(*lines: str, start: Moment | None = None) -> list[str]:
    return [at[5:10] for at in starts(*lines, start=start)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["RRULE:FREQ=WEEKLY;COUNT=3"], ["03-04", "03-11", "03-18"]),
        (["RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4"], ["03-04", "03-06", "03-11", "03-13"]),
        (["RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20240401T075959Z"], ["03-04", "03-18"]),  # 9:59 Berlin
        (["RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20240401T080000Z"], ["03-04", "03-18", "04-01"]),
        (["RRULE:FREQ=WEEKLY;UNTIL=20240318"], ["03-04", "03-11", "03-18"]),  # a day means all of it
        (["RRULE:FREQ=MONTHLY;BYDAY=1MO;COUNT=3"], ["03-04", "04-01", "05-06"]),
        (["RRULE:FREQ=MONTHLY;BYMONTHDAY=31;COUNT=2"], ["03-04", "03-31", "05-31"]),
        (["RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20240305T090000Z"], ["03-04", "03-06"]),
        (["RRULE:FREQ=DAILY;COUNT=3", "EXDATE;TZID=Europe/Berlin:20240305T100000,20240306T100000"], ["03-04"]),
        (["RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20240304"], ["03-05", "03-06"]),
        (["RDATE;TZID=Asia/Tokyo:20240308T180000", "EXDATE:20240304T090000Z"], ["03-08"]),
        (["RRULE:FREQ=DAILY;COUNT=2", "RDATE:"], ["03-04", "03-05"]),
    ],
)  # fmt: skip
def test_rules_extra_and_left_out_days(lines, expected):
    assert days(*lines) == expected


def test_the_clock_of_the_zone_stays_when_it_is_changed():
    found = starts("RRULE:FREQ=WEEKLY;COUNT=5")
    assert {at[11:] for at in found} == {"10:00:00"}


def test_whole_days_recur():
    day = Moment(datetime(2024, 3, 4).date())
    assert days("RRULE:FREQ=YEARLY;COUNT=2", "EXDATE;VALUE=DATE:20250304", start=day) == ["03-04"]


def test_a_weekly_event_without_end_is_one_run_of_thirty_years():
    runs = runs_of(moment(), ["RRULE:FREQ=WEEKLY"], ZONES, lambda local: local)
    assert runs == [("2024-03-04T10:00:00", 7, 1566)]


def test_starts_in_a_zone_without_a_name_are_told_in_utc():
    runs = runs_of(
        moment(zone=None), ["RRULE:FREQ=DAILY;COUNT=1"], ZONES, lambda at: at - timedelta(hours=5)
    )
    assert runs == [("2024-03-04T05:00:00", 0, 1)]


@pytest.mark.parametrize(
    "line",
    [
        "RRULE:FREQ=SECONDLY",
        "RRULE:FREQ=HOURLY;COUNT=3",
        "RRULE:FREQ=DAILY;INTERVAL=0",
        "RRULE:FREQ=DAILY;BYDAY=XX",
        "RRULE:FREQ=DAILY;UNTIL=20241399",
        "RRULE:",
        "EXDATE:tomorrow",
        "EXDATE;TZID=Mars:20240304T100000",
        "NOTE:x",
    ],
)
def test_a_rule_that_cannot_be_read_says_so(line):
    with pytest.raises(BadRecord) as caught:
        starts(line)
    assert caught.value.code == "TIME_FORMAT"


@pytest.mark.parametrize(
    "rule", ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;COUNT=999999999"]
)  # fmt: skip
def test_a_rule_that_never_holds_or_never_ends_is_over_soon(rule):
    begun = time.monotonic()
    starts(f"RRULE:{rule}")
    assert time.monotonic() - begun < 5


@given(
    st.lists(st.integers(min_value=0, max_value=400), max_size=30),
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]),
    st.integers(min_value=1, max_value=4),
)
def test_runs_hold_exactly_the_days_that_are_left(gone, frequency, interval):
    rule = f"RRULE:FREQ={frequency};INTERVAL={interval};COUNT=60"
    everything = starts(rule)
    out = {everything[place] for place in gone if place < len(everything)}
    lines = [f"EXDATE;TZID=Europe/Berlin:{at.replace('-', '').replace(':', '')}" for at in out]
    assert starts(rule, *lines) == [at for at in everything if at not in out]


@pytest.mark.parametrize("first", [date(2016, 2, 29), date(2019, 12, 31), date(2024, 3, 4)])
@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=3;BYDAY=MO,FR",
        "FREQ=DAILY;BYMONTH=2,7;BYMONTHDAY=1,-1",
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=MO",
        "FREQ=WEEKLY;BYDAY=TU,TH;BYSETPOS=-1",
        "FREQ=WEEKLY;BYMONTH=6,12",
        "FREQ=MONTHLY",
        "FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYDAY=2TU",
        "FREQ=MONTHLY;BYDAY=-1FR,1MO",
        "FREQ=MONTHLY;BYDAY=5WE",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "FREQ=MONTHLY;BYMONTHDAY=-1,15",
        "FREQ=YEARLY",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "FREQ=YEARLY;BYMONTH=11,4;BYDAY=1SU",
        "FREQ=YEARLY;BYDAY=20MO",
        "FREQ=YEARLY;BYMONTHDAY=1",
        "FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=4,-4;BYSETPOS=2",
    ],
)
def test_the_days_of_a_rule_are_those_of_an_independent_reader(rule, first):
    last = date(first.year + 6, 3, 1)
    start = datetime.combine(first, datetime.min.time())
    theirs = rrulestr(f"{rule};UNTIL={last:%Y%m%d}T000000", dtstart=start)
    assert list(Rule.read(rule).days(first, last)) == [at.date() for at in theirs]
