"""Periods as people see them (cases 71, 73, 74 and 75): clock changes, week 53, today, and one zone for everybody."""

from __future__ import annotations

import time

import pytest


def test_case_071_a_day_with_a_clock_change_is_one_day_and_totals_stay_exact(world):
    """One event in each real hour of two weeks around a change: 23 and 25 hours, days and weeks add up."""
    for start, hours in (("2024-03-31", 23), ("2024-10-27", 25)):
        month = int(start[5:7])
        events = [
            (f"u{day}-{hour}", "open", f"2024-{month:02d}-{day:02d}T{hour:02d}:30")
            for day in range(24, 31)
            for hour in range(24)
        ]
        with world(events, settings={"timezone": "Europe/Berlin"}) as asks:
            until = "2024-04-02" if month == 3 else "2024-11-02"
            of_day = {"from_": start, "to": "2024-04-01" if month == 3 else "2024-10-28"}
            rows = asks("sessions", until, period="hour", **of_day).rows
            assert len(rows) == hours
            in_hours = sum(row["sessions"] for row in rows)
            (day,) = asks("sessions", until, period="day", **of_day).rows
            assert day["sessions"] == in_hours
            week = {"from_": "2024-03-25" if month == 3 else "2024-10-21", "to": of_day["to"]}
            (whole,) = asks("sessions", until, period="week", **week).rows
            days = asks("sessions", until, period="day", **week).rows
            assert len(days) == 7 and whole["sessions"] == sum(row["sessions"] for row in days)


def test_case_073_the_last_week_of_a_year_is_one_week(world):
    """2020 ends in ISO week 53; a leap day is a day of its month."""
    events = [("a", "open", f"{day}T12:00") for day in ("2020-12-27", "2020-12-28", "2021-01-03", "2021-01-04")]  # fmt: skip
    with world(events) as asks:
        rows = asks("active_users", "2021-01-12", period="week", from_="2020-12-21", to="2021-01-11").rows  # fmt: skip
        assert [(row["period_start"], row["active"]) for row in rows] == [
            ("2020-12-21", 1), ("2020-12-28", 1), ("2021-01-04", 1),
        ]  # fmt: skip
    with world([("a", "open", "2024-02-29T23:59:59"), ("b", "open", "2024-03-01T00:00")]) as asks:
        rows = asks("active_users", "2024-04-01", period="month", from_="2024-02-01", to="2024-04-01").rows  # fmt: skip
        assert [(row["period_start"], row["active"]) for row in rows] == [("2024-02-01", 1), ("2024-03-01", 1)]  # fmt: skip


@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_case_074_the_period_of_today_is_marked_and_left_out_by_default(world, period):
    """Asked at ten in the morning: what is not over is not complete, and not among what is shown unasked."""
    events = [("a", "open", f"2024-0{month}-15T09:00") for month in (1, 2, 3, 4, 5)]
    with world([*events, ("b", "open", "2024-05-15T08:00")], data_through="2024-05-15T10:00") as asks:  # fmt: skip
        first = "2024-04-29" if period == "week" else "2024-05-01"
        asked = asks("active_users", period=period, from_=first, to="2024-06-01").rows
        open_ones = [row["period_start"] for row in asked if not row["complete"]]
        today = {"day": "2024-05-15", "week": "2024-05-13", "month": "2024-05-01"}[period]
        assert open_ones == [today]
        if period == "day":
            unasked = asks("active_users").rows
            assert unasked[-1]["period_start"] == "2024-05-14"
            assert all(row["complete"] for row in unasked)


def test_case_075_the_zone_of_the_viewer_and_of_the_machine_change_nothing(world, monkeypatch):
    """One reporting zone for everybody: the same link gives the same rows wherever it is opened."""
    events = [("a", "open", "2024-03-09T22:30"), ("b", "open", "2024-03-10T22:59:59"), ("c", "open", "2024-03-10T23:00")]  # fmt: skip
    asked = {"from_": "2024-03-09", "to": "2024-03-12"}
    seen = []
    try:
        for zone in ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/St_Johns"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            with world(events, settings={"timezone": "Europe/Berlin"}) as asks:
                rows = asks("active_users", "2024-03-13", **asked).rows
                hours = asks("sessions", "2024-03-13", period="hour", **asked).rows
                seen.append((rows, hours))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert all(found == seen[0] for found in seen)
    assert [row["active"] for row in seen[0][0]] == [1, 1, 1]
