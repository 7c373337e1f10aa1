"""Traps of Clockify's detailed report: the order of day and month, clocks of 12 hours, translated headers."""

from __future__ import annotations

import pytest

from ingestion.load import IngestSettings

TABLE = "clockify.entries"
HEAD = "Project,Client,Description,Task,User,Group,Email,Tags,Billable,Start Date,Start Time,End Date,End Time,Duration (h),Duration (decimal)"


def entry(day: str, start: str = "13:00:00", end: str = "14:15:00", duration: str = "01:15:00", number: int = 1) -> str:  # fmt: skip
    return f"Reporting,,Entry {number},,P M,,pm@example.com,,No,{day},{start},{day},{end},{duration},1.25"


def deliver(lake, *rows: str, head: str = HEAD, name: str = "x.csv", **settings):
    lake.settings = IngestSettings({"clockify": {"projects": {"p": settings}}}, "UTC")
    return lake.deliver("\n".join([head, *rows]) + "\n", "clockify", name)


def starts(lake) -> list[str]:
    return [row[0] for row in lake.rows(TABLE, "cast(start_at as varchar)")]


def test_case_069_the_file_proves_that_the_day_stands_first(lake):
    deliver(lake, entry("03/04/2024"), entry("13/04/2024", number=2))
    assert starts(lake) == ["2024-04-03 13:00:00", "2024-04-13 13:00:00"]


def test_case_069_the_file_proves_that_the_month_stands_first(lake):
    deliver(lake, entry("03/04/2024"), entry("04/13/2024", number=2))
    assert starts(lake) == ["2024-03-04 13:00:00", "2024-04-13 13:00:00"]


def test_case_069_a_file_of_both_orders_is_rejected(lake):
    report = deliver(lake, entry("13/04/2024"), entry("04/13/2024", number=2))
    assert (report.status, report.reason, report.loaded) == ("rejected", "TIME_FORMAT", 0)
    assert "13/04/2024" in report.message and "04/13/2024" in report.message


def test_case_069_a_file_that_proves_nothing_needs_the_setting(lake):
    report = deliver(lake, entry("03/04/2024"))
    assert (report.status, report.reason) == ("rejected", "TIME_FORMAT")
    assert "date_order: dmy" in report.message
    deliver(lake, entry("03/04/2024"), date_order="dmy")
    assert starts(lake) == ["2024-04-03 13:00:00"]


def test_a_declared_order_that_the_file_disproves_is_rejected(lake):
    report = deliver(lake, entry("13/04/2024"), date_order="mdy")
    assert (report.status, report.reason) == ("rejected", "TIME_FORMAT")


def test_iso_dates_need_no_setting(lake):
    deliver(lake, entry("2024-03-04"))
    assert starts(lake) == ["2024-03-04 13:00:00"]


def test_a_day_that_is_none_costs_its_row(lake):
    report = deliver(lake, entry("13/04/2024"), entry("13/14/2024", number=2))
    assert (report.loaded, lake.codes()) == (1, {3: "TIME_FORMAT"})


@pytest.mark.parametrize(
    ("start", "end", "duration"),
    [
        ("01:00:00 PM", "02:15:00 PM", "01:15:00"),
        ("13:00", "14:15", "1:15:00"),
        ("1:00 PM", "2:15 PM", "1:15"),
    ],
)
def test_clocks_of_12_and_24_hours_are_read(lake, start, end, duration):
    deliver(lake, entry("2024-03-04", start, end, duration), timezone="Europe/Berlin")
    assert lake.rows(TABLE, "cast(start_at as varchar), duration_seconds") == [("2024-03-04 12:00:00", 4500)]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end", "duration", "code"),
    [
        ("13:00:00", "14:15:00", "01:20:00", "TIME_FORMAT"),
        ("14:15:00", "13:00:00", "01:15:00", "NEGATIVE_DURATION"),
        ("25:00:00", "26:15:00", "01:15:00", "TIME_FORMAT"),
    ],
)
def test_end_minus_start_must_be_the_duration(lake, start, end, duration, code):
    report = deliver(lake, entry("2024-03-04"), entry("2024-03-04", start, end, duration, 2))
    assert (report.loaded, lake.codes()) == (1, {3: code})


def test_rows_without_a_task_are_quarantined_never_shifted(lake):
    short = entry("2024-03-04", number=2).replace("Entry 2,,", "Entry 2,")
    report = deliver(lake, entry("2024-03-04"), short)
    assert (report.loaded, lake.codes()) == (1, {3: "COLUMN_COUNT"})


def test_a_translated_header_is_read_by_the_companys_own_mapping(lake):
    german = "Projekt,Kunde,Beschreibung,Aufgabe,Benutzer,Gruppe,E-Mail,Tags,Abrechenbar,Startdatum,Startzeit,Enddatum,Endzeit,Dauer (h),Dauer (dezimal)"
    columns = dict(zip(
        ("project", "client", "description", "task", "user", "group", "email", "tags", "billable", "start_date", "start_time", "end_date", "end_time", "duration", "duration_decimal"),
        german.split(","),
        strict=True,
    ))  # fmt: skip
    report = deliver(lake, entry("2024-03-04"), head=german)
    assert (report.reason, report.loaded) == ("HEADER", 0)
    assert deliver(lake, entry("2024-03-04"), head=german, columns=columns).loaded == 1
    assert lake.rows(TABLE, "project, email, duration_seconds") == [("Reporting", "pm@example.com", 4500)]  # fmt: skip


def test_money_and_new_columns_are_kept(lake):
    head = HEAD + ",Billable Rate (EUR),Billable Amount (EUR),Cost Rate (EUR)"
    deliver(lake, entry("2024-03-04") + ",80.00,100.00,40.00", head=head)
    assert lake.rows(TABLE, "rate, amount, currency, properties") == [(80.0, 100.0, "EUR", '{"Cost Rate (EUR)": "40.00"}')]  # fmt: skip


def test_a_report_without_the_duration_in_hours_uses_the_decimal_one(lake):
    head = HEAD.replace(",Duration (h)", "")
    deliver(lake, entry("2024-03-04").replace(",01:15:00,", ","), head=head)
    assert lake.rows(TABLE, "duration_seconds") == [(4500,)]
