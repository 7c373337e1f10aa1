"""Local times, patterns of display dates, and the order of day and month."""

from __future__ import annotations

from datetime import datetime

import pytest

from ingestion.spec import BadRecord, Reject
from ingestion.values.localtime import (
    day_order,
    day_part,
    parse_day,
    parse_local,
    parse_pattern,
    parse_pattern_day,
    to_utc,
)


@pytest.mark.parametrize(
    ("local", "zone", "utc"),
    [
        ("2024-03-04 10:00:00", "Europe/Berlin", "2024-03-04 09:00:00"),
        ("2024-07-04 10:00:00", "Europe/Berlin", "2024-07-04 08:00:00"),
        ("2026-03-29 02:30:00", "Europe/Berlin", "2026-03-29 01:30:00"),  # does not exist: 03:30
        ("2026-03-29 03:30:00", "Europe/Berlin", "2026-03-29 01:30:00"),
        ("2026-10-25 02:30:00", "Europe/Berlin", "2026-10-25 00:30:00"),  # twice: the first
        ("2026-10-25 03:00:00", "Europe/Berlin", "2026-10-25 02:00:00"),
        ("2024-03-04 10:00:00", "Asia/Kolkata", "2024-03-04 04:30:00"),
        ("2024-03-04 10:00:00", "Pacific/Kiritimati", "2024-03-03 20:00:00"),
        ("2024-03-04 10:00:00", "Pacific/Pago_Pago", "2024-03-04 21:00:00"),
        ("2026-04-05 01:45:00", "Australia/Lord_Howe", "2026-04-04 14:45:00"),  # half an hour back
    ],
)
def test_case_071_072_a_local_time_has_one_instant(local, zone, utc):
    assert str(to_utc(datetime.fromisoformat(local), zone)) == utc


def test_an_unknown_zone_is_told_with_what_to_write():
    with pytest.raises(Reject, match="Europe/Berlin"):
        to_utc(datetime(2024, 1, 1), "Mars/Olympus")


def test_forms_are_tried_in_order_and_named_when_none_fits():
    forms = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %I:%M:%S %p")
    assert parse_local("2024-03-04 10:00:00", "UTC", forms, "start") == "2024-03-04 10:00:00"
    assert parse_local(" 2024-03-04 01:15:00\u202fPM", "UTC", forms, "start") == "2024-03-04 13:15:00"  # fmt: skip
    assert parse_local("2024-03-04T10:00+0100", "UTC", ("%Y-%m-%dT%H:%M%z",), "s") == "2024-03-04 09:00:00"  # fmt: skip
    with pytest.raises(BadRecord, match="start is not a time written as 2024-03-31 22:10:05 or "):
        parse_local("04.03.2024", "UTC", forms, "start")


@pytest.mark.parametrize(
    ("text", "pattern", "locale", "expected"),
    [
        ("04/Mar/24 10:10 PM", "dd/MMM/yy h:mm a", "en", "2024-03-04 22:10:00"),
        ("4/Mar/24 12:00 AM", "dd/MMM/yy h:mm a", "en", "2024-03-04 00:00:00"),
        ("4/Mar/24 12:00 PM", "dd/MMM/yy h:mm a", "en_US", "2024-03-04 12:00:00"),
        ("4/mar/24 9:41 am", "dd/MMM/yy h:mm a", "en-GB", "2024-03-04 09:41:00"),
        ("6/21/2025 16:14", "M/d/yyyy HH:mm", "en", "2025-06-21 16:14:00"),
        ("11/May/24 03:26 PM", "dd/MMM/yy hh:mm a", "en", "2024-05-11 15:26:00"),
        ("04/Mär/24 10:10 PM", "dd/MMM/yy h:mm a", "de", "2024-03-04 22:10:00"),
        ("04/Mrz/24 22:10", "dd/MMM/yy HH:mm", "de", "2024-03-04 22:10:00"),
        ("04/März/24 10:10 nachm.", "dd/MMM/yy h:mm a", "de_AT", "2024-03-04 22:10:00"),
        ("31. Dezember 2024 23:59:07", "d. MMMM yyyy HH:mm:ss", "de", "2024-12-31 23:59:07"),
        ("04/févr./24 10:10 AM", "dd/MMM/yy h:mm a", "fr", "2024-02-04 10:10:00"),
        ("04-mar-24 10:10 p. m.", "dd-MMM-yy h:mm a", "es", "2024-03-04 22:10:00"),
        ("2024-03-04T10:10:05.123+0100", "yyyy-MM-dd'T'HH:mm:ss.SSSZ", "en", "2024-03-04 09:10:05.123000"),
        ("Mon 04 Mar 2024 24:10", "EEE dd MMM yyyy kk:mm", "en", "2024-03-04 00:10:00"),
        ("04/Mar/75 00:10", "dd/MMM/yy HH:mm", "en", "1975-03-04 00:10:00"),
    ],
)  # fmt: skip
def test_display_dates_are_read_by_pattern_and_language(text, pattern, locale, expected):
    assert parse_pattern(text, pattern, locale, "UTC", "Created") == expected


@pytest.mark.parametrize(
    ("text", "pattern", "locale"),
    [
        ("04/Mai/24 10:10 PM", "dd/MMM/yy h:mm a", "en"),
        ("04/Ju/24 10:10 PM", "dd/MMM/yy h:mm a", "en"),
        ("31/Feb/24 10:10 PM", "dd/MMM/yy h:mm a", "en"),
        ("04/Mar/24 13:10 PM", "dd/MMM/yy h:mm a", "en"),
        ("04/Mar/24", "dd/MMM/yy h:mm a", "en"),
        ("04/Mar/024 1:10 PM", "dd/MMM/yy h:mm a", "en"),
        ("2024-03-04 10:10", "dd/MMM/yy h:mm a", "en"),
        ("21/6/2025 16:14", "M/d/yyyy HH:mm", "en"),
    ],
)
def test_a_text_that_does_not_fit_the_pattern_is_refused(text, pattern, locale):
    with pytest.raises(BadRecord, match="Created is not a time written as") as caught:
        parse_pattern(text, pattern, locale, "UTC", "Created")
    assert caught.value.code == "TIME_FORMAT"


def test_a_pattern_is_read_in_its_zone():
    told = parse_pattern("04/Mar/24 12:10 AM", "dd/MMM/yy h:mm a", "en", "Europe/Berlin", "Created")
    assert told == "2024-03-03 23:10:00"


@pytest.mark.parametrize("pattern", ["dd/MMM", "dd/dd/MM/yy", "ww/MM/yy", "HH:mm", ""])
def test_a_pattern_that_names_no_day_is_told_with_an_example(pattern):
    with pytest.raises(Reject, match="dd/MMM/yy h:mm a"):
        parse_pattern("1/2/24", pattern, "en", "UTC", "Created")


def test_an_unknown_language_is_told():
    with pytest.raises(Reject, match="en or de"):
        parse_pattern("1/Mar/24", "d/MMM/yy", "xx_klingon", "UTC", "Created")


def test_a_day_may_come_without_the_time_of_its_pattern():
    assert day_part("dd/MMM/yy h:mm a") == "dd/MMM/yy"
    assert day_part("EEE HH:mm, d MMMM yyyy") == "d MMMM yyyy"
    for text in ("31/Mar/24", "31/Mar/24 12:00 AM"):
        assert parse_pattern_day(text, "dd/MMM/yy h:mm a", "en", "Due date") == "2024-03-31"
    with pytest.raises(BadRecord, match="written as dd/MMM/yy"):
        parse_pattern_day("Mar 31", "dd/MMM/yy h:mm a", "en", "Due date")


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("03/04/2024", "dmy", "2024-04-03"),
        ("03/04/2024", "mdy", "2024-03-04"),
        ("3/4/24", "mdy", "2024-03-04"),
        ("3.4.2024", "dmy", "2024-04-03"),
        ("2024-03-04", "dmy", "2024-03-04"),
        ("2024/3/4", "ymd", "2024-03-04"),
        ("24-03-04", "ymd", "2024-03-04"),
        ("29/02/2024", "dmy", "2024-02-29"),
    ],
)
def test_a_day_is_read_in_its_order(text, order, expected):
    assert parse_day(text, order, "Start Date") == expected


@pytest.mark.parametrize(
    ("text", "order"),
    [("13/14/2024", "dmy"), ("13/01/2024", "mdy"), ("29/02/2023", "dmy"), ("03/04/2024", "ymd"), ("0000-00-00", "mdy"), ("3/4", "dmy"), ("3/4-2024", "dmy"), ("03/04/024", "dmy")],
)  # fmt: skip
def test_a_day_of_another_order_is_refused(text, order):
    with pytest.raises(BadRecord, match="Start Date is not a day written as"):
        parse_day(text, order, "Start Date")


def test_case_069_the_order_of_day_and_month_is_proven_or_declared_never_guessed():
    assert day_order(["03/04/2024", "13/04/2024"], None, "the start dates") == "dmy"
    assert day_order(["03/04/2024", "04/13/2024"], None, "the start dates") == "mdy"
    assert day_order(["13/14/2024", "04/13/2024"], None, "the start dates") == "mdy"
    assert day_order(["05/05/2024"], None, "the start dates") == "mdy"
    assert day_order(["2024-03-04"], None, "the start dates") == "ymd"
    assert day_order(["03/04/2024"], "dmy", "the start dates") == "dmy"
    with pytest.raises(Reject, match="two orders"):
        day_order(["13/04/2024", "04/13/2024"], None, "the start dates")
    with pytest.raises(Reject, match="write date_order: dmy"):
        day_order(["03/04/2024"], None, "the start dates")
    with pytest.raises(Reject, match="correct date_order"):
        day_order(["13/04/2024"], "mdy", "the start dates")
