"""Schedules tick once for each logical day and period, whatever the clock does; the sensor waits and never repeats."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from orchestration.schedules import schedules
from orchestration.sensors import landing_sensor


def ticks(
    schedule: dg.ScheduleDefinition, start: datetime, end: datetime
) -> list[tuple[str, datetime]]:
    """Run keys and instants of every tick in the range."""
    found = []
    for at in (
        schedule.get_execution_times(start)
        if hasattr(schedule, "get_execution_times")
        else _times(schedule, start)
    ):
        if at >= end:
            return found
        context = dg.build_schedule_context(scheduled_execution_time=at)
        (request,) = schedule.evaluate_tick(context).run_requests
        found.append((str(request.run_key), at))
    return found


def _times(schedule: dg.ScheduleDefinition, start: datetime):
    from dagster._utils.schedules import schedule_execution_time_iterator

    return schedule_execution_time_iterator(
        start.timestamp(), schedule.cron_schedule, schedule.execution_timezone, ascending=True
    )


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati", "America/Santiago"]
)
@pytest.mark.parametrize("month", [3, 9, 10])
def test_case_142_every_day_has_one_run_across_a_clock_change(zone: str, month: int) -> None:
    daily = schedules(zone, 1)[0]
    start = datetime(2026, month, 1, tzinfo=ZoneInfo(zone))
    found = ticks(daily, start, start + timedelta(days=60))
    days = [key.removeprefix("daily_run:") for key, _ in found]
    expected = [(start.date() + timedelta(days=n)).isoformat() for n in range(60)]
    assert days[: len(expected) - 1] == expected[: len(expected) - 1]
    assert len(set(days)) == len(days)


@pytest.mark.parametrize(("week_start", "weekday"), [(1, 0), (7, 6), (6, 5)])
def test_each_week_and_month_has_one_snapshot(week_start: int, weekday: int) -> None:
    _, weekly, monthly = schedules("Europe/Berlin", week_start)
    start = datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))
    weeks = ticks(weekly, start, start + timedelta(days=364))
    months = ticks(monthly, start, start + timedelta(days=365))
    assert len({key for key, _ in weeks}) == len(weeks) == 52
    assert {at.astimezone(ZoneInfo("Europe/Berlin")).weekday() for _, at in weeks} == {weekday}
    assert [key for key, _ in months][:2] == [
        "monthly_snapshot:2025-12",
        "monthly_snapshot:2026-01",
    ]
    assert len({key for key, _ in months}) == 12


def test_case_001_the_sensor_waits_for_a_stable_file_and_runs_it_once(fresh, events) -> None:
    sensor = landing_sensor(fresh.settings)
    instance = dg.DagsterInstance.ephemeral()

    def look(cursor: str | None):
        return sensor.evaluate_tick(dg.build_sensor_context(instance=instance, cursor=cursor))

    assert look(None).run_requests == []
    file = fresh.land("a.ndjson", events(3))
    growing = look("{}")
    assert growing.run_requests == [] and "a.ndjson" in str(growing.skip_message)
    file.write_text(file.read_text() + "\n")
    assert look(growing.cursor).run_requests == []
    stable = look(look(growing.cursor).cursor)
    (request,) = stable.run_requests
    again = look(stable.cursor)
    assert [r.run_key for r in again.run_requests] == [request.run_key], (
        "Dagster drops a repeated key"
    )
    assert json.loads(str(stable.cursor))


def test_case_136_a_lost_cursor_costs_one_look_and_nothing_else(fresh, events) -> None:
    sensor = landing_sensor(fresh.settings)
    instance = dg.DagsterInstance.ephemeral()
    fresh.land("a.ndjson", events(3))
    first = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, cursor=None))
    second = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, cursor=first.cursor))
    lost = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, cursor=None))
    found = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, cursor=lost.cursor))
    assert [r.run_key for r in second.run_requests] == [r.run_key for r in found.run_requests]
