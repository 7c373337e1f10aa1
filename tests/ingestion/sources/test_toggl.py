"""Traps of Toggl's detailed report: local times, durations beyond a day, running entries, amounts of any currency."""

from __future__ import annotations

import pytest

from ingestion.load import IngestSettings

TABLE = "toggl.entries"
HEAD = "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,Tags"


def entry(start: str, end: str, duration: str, tags: str = "") -> str:
    parts = [*start.split(" "), *(end.split(" ") if end else ["", ""])]
    return f'P M,pm@example.com,,Reporting,,Deck,No,{",".join(parts)},{duration},"{tags}"'


def deliver(lake, *rows: str, head: str = HEAD, zone: str | None = "Europe/Berlin"):
    settings = {"timezone": zone} if zone else {}
    lake.settings = IngestSettings({"toggl": {"projects": {"p": settings}}}, "Asia/Kolkata")
    return lake.deliver("\n".join([head, *rows]) + "\n", "toggl", "x.csv")


def times(lake) -> list[tuple]:
    return lake.rows(TABLE, "cast(start_at as varchar), cast(end_at as varchar), duration_seconds")


def test_times_are_of_the_declared_zone_else_of_the_company(lake):
    deliver(lake, entry("2024-03-04 10:00:00", "2024-03-04 11:00:00", "01:00:00"))
    assert times(lake) == [("2024-03-04 09:00:00", "2024-03-04 10:00:00", 3600)]
    report = deliver(lake, entry("2024-03-05 10:00:00", "2024-03-05 11:00:00", "01:00:00"), zone=None)  # fmt: skip
    assert report.loaded == 1
    assert times(lake)[-1] == ("2024-03-05 04:30:00", "2024-03-05 05:30:00", 3600)


@pytest.mark.parametrize(
    ("start", "end", "duration", "code"),
    [
        ("2024-03-04 10:00:00", "2024-03-04 11:00:00", "01:00:01", None),  # one second is rounding
        ("2024-03-04 10:00:00", "2024-03-04 11:00:00", "01:00:02", "TIME_FORMAT"),
        ("2024-03-04 11:00:00", "2024-03-04 10:00:00", "01:00:00", "NEGATIVE_DURATION"),
        ("2024-03-04 10:00:00", "2024-03-04 11:00:00", "-01:00:00", "NEGATIVE_DURATION"),
        ("2024-03-04 10:00:00", "2024-03-05 10:00:00", "24:00:00", None),
        ("2024-03-04 10:00:00", "2024-03-05 10:00:01", "24:00:01", "TIME_UNIT"),
        ("2024-03-04 10:00:00", "2024-03-05 12:00:00", "26:00:00", "TIME_UNIT"),
        ("2024-03-04 10:00:00", "2024-03-04 11:00:00", "1 h", "TIME_FORMAT"),
        ("2024-03-04 10:00:00", "2024-03-04 11:00:00", "01:00:75", "TIME_FORMAT"),
        ("2024-03-04 10:00:00", "2024-03-04 11:00:00", "", "TYPE"),
        ("03/04/2024 10:00:00", "03/04/2024 11:00:00", "01:00:00", "TIME_FORMAT"),
        ("2024-03-04 23:30:00", "2024-03-05 00:45:00", "01:15:00", None),  # over midnight
    ],
)
def test_end_minus_start_must_be_the_duration(lake, start, end, duration, code):
    good = entry("2024-03-01 10:00:00", "2024-03-01 11:00:00", "01:00:00")
    report = deliver(lake, good, entry(start, end, duration))
    assert lake.codes() == ({3: code} if code else {})
    assert report.loaded == (1 if code else 2)


@pytest.mark.parametrize(
    ("start", "end", "duration"),
    [
        ("2026-03-29 01:30:00", "2026-03-29 03:30:00", "01:00:00"),  # what passed
        ("2026-03-29 01:30:00", "2026-03-29 03:30:00", "02:00:00"),  # what the clock showed
        ("2026-10-25 01:30:00", "2026-10-25 03:30:00", "03:00:00"),
        ("2026-10-25 01:30:00", "2026-10-25 03:30:00", "02:00:00"),
    ],
)
def test_case_071_a_changed_clock_explains_a_duration(lake, start, end, duration):
    assert deliver(lake, entry(start, end, duration)).loaded == 1


@pytest.mark.parametrize("duration", ["", "-1709546400", "-00:10:00"])
def test_an_entry_that_still_runs_has_no_end(lake, duration):
    deliver(lake, entry("2024-03-04 10:00:00", "", duration))
    assert times(lake) == [("2024-03-04 09:00:00", None, None)]


@pytest.mark.parametrize(
    ("column", "amount", "currency"),
    [("Amount (EUR)", 75.5, "EUR"), ("Amount ()", 75.5, None), ("Amount", 75.5, None)],
)
def test_amounts_are_of_any_currency_or_none(lake, column, amount, currency):
    row = entry("2024-03-04 10:00:00", "2024-03-04 11:00:00", "01:00:00")
    deliver(lake, row + ",75.50", head=f"{HEAD},{column}")
    assert lake.rows(TABLE, "amount, currency, properties") == [(amount, currency, "{}")]


def test_tags_stand_in_one_cell_and_two_equal_entries_are_one(lake):
    row = entry("2024-03-04 10:00:00", "2024-03-04 11:00:00", "01:00:00", "status, manual")
    report = deliver(lake, row, row)
    assert (report.loaded, report.duplicate) == (1, 1)
    assert lake.rows(TABLE, "tags")[0] == ('["status", "manual"]',)


def test_case_048_short_rows_are_quarantined(lake):
    good = entry("2024-03-04 10:00:00", "2024-03-04 11:00:00", "01:00:00")
    report = deliver(lake, good, good.removesuffix(',""'))
    assert (report.loaded, lake.codes()) == (1, {3: "COLUMN_COUNT"})


def test_an_entry_of_nobody_is_quarantined(lake):
    row = entry("2024-03-04 10:00:00", "2024-03-04 11:00:00", "01:00:00")
    deliver(lake, row.replace("P M,pm@example.com", ","))
    assert lake.codes() == {2: "TYPE"}


def test_case_051_another_report_is_refused(lake):
    report = deliver(lake, "pm,1", head="User,Time")
    assert (report.reason, report.loaded) == ("HEADER", 0)
