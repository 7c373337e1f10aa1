"""Schedules tick once for each logical day and period, whatever the clock does; the sensor waits and never repeats."""

from __future__ import annotations

import gzip
import json
import os
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from orchestration import evidence
from orchestration.diagnosis import diagnose
from orchestration.ingest import ingest_pending
from orchestration.schedules import schedules
from orchestration.sensors import GRACE_SECONDS, INTERVAL_SECONDS, landing_sensor


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


class Watch:
    """The sensor, tick by tick, with a clock that the test moves."""

    def __init__(self, workspace, monkeypatch) -> None:
        self._sensor = landing_sensor(workspace.settings)
        self._instance = dg.DagsterInstance.ephemeral()
        self._cursor: str | None = None
        self.now = 1_000_000.0
        monkeypatch.setattr("orchestration.sensors.time.time", lambda: self.now)

    def tick(self, seconds: float = INTERVAL_SECONDS):
        self.now += seconds
        context = dg.build_sensor_context(instance=self._instance, cursor=self._cursor)
        result = self._sensor.evaluate_tick(context)
        self._cursor = result.cursor
        return result


def test_case_001_a_file_that_is_written_slowly_is_never_taken_before_it_rests(
    fresh, events, monkeypatch
) -> None:
    watch = Watch(fresh, monkeypatch)
    for count in range(1, 6):
        fresh.land("slow.ndjson", events(count))
        assert watch.tick().run_requests == []
    assert len(watch.tick().run_requests) == 1


def test_case_003_a_file_without_its_end_is_waited_for_until_the_grace_period_is_over(
    fresh, events, monkeypatch
) -> None:
    watch = Watch(fresh, monkeypatch)
    data = gzip.compress("".join(json.dumps(event) + "\n" for event in events(40)).encode())
    file = fresh.land("cut.ndjson.gz", [])
    file.write_bytes(data[:200])
    watch.tick()
    waiting = watch.tick()
    assert waiting.run_requests == []
    assert "cut.ndjson.gz" in waiting.skip_message and "200 bytes so far" in waiting.skip_message
    assert watch.tick(GRACE_SECONDS - 3 * INTERVAL_SECONDS).run_requests == []
    assert len(watch.tick(3 * INTERVAL_SECONDS).run_requests) == 1, (
        "abandoned: ingestion refuses it"
    )
    (refused,) = ingest_pending(fresh.settings)
    assert (refused["status"], refused["reason"]) == ("rejected", "GZ_TRUNCATED")
    assert "byte" in refused["message"]
    file.write_bytes(data)
    watch.tick()
    assert len(watch.tick().run_requests) == 1, "completed later under the same name"
    assert ingest_pending(fresh.settings)[0]["loaded"] == 40


def test_case_001_a_file_that_still_grows_keeps_no_other_from_being_read(
    fresh, events, monkeypatch
) -> None:
    watch = Watch(fresh, monkeypatch)
    fresh.land("whole.ndjson", events(3))
    fresh.land("growing.ndjson", events(1, start=50))
    watch.tick()
    growing = fresh.land("growing.ndjson", events(2, start=50))
    (request,) = watch.tick().run_requests
    assert request.tags["productops/landing"] == "at-rest"
    assert evidence.waiting(fresh.settings) == {str(growing)}
    read = ingest_pending(fresh.settings, evidence.waiting(fresh.settings))
    assert [report["file"].rsplit("/", 1)[-1] for report in read] == ["whole.ndjson"]


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_case_028_a_clock_that_jumps_an_hour_delays_a_resting_file_by_no_tick(
    fresh, events, monkeypatch, jump
) -> None:
    watch = Watch(fresh, monkeypatch)
    file = fresh.land("a.ndjson", events(3))
    os.utime(file, (watch.now + 7200,) * 2)
    watch.tick()
    assert len(watch.tick(jump).run_requests) == 1


def test_case_028_bytes_that_come_late_are_seen_though_size_and_time_stay(
    fresh, events, monkeypatch
) -> None:
    watch = Watch(fresh, monkeypatch)
    file = fresh.land("a.ndjson", events(3))
    whole = file.read_bytes()
    file.write_bytes(bytes(len(whole)))
    os.utime(file, ns=(1, 1))
    watch.tick()
    file.write_bytes(whole)
    os.utime(file, ns=(1, 1))
    assert watch.tick().run_requests == []
    assert len(watch.tick().run_requests) == 1


def test_case_002_temporary_names_are_listed_by_doctor(fresh, events) -> None:
    names = ["x.json.part", "x.tmp", "x.crdownload", "~$x.csv", ".DS_Store", "._x"]
    for name in names:
        fresh.land(name, events(1))
    assert ingest_pending(fresh.settings) == []
    told = [f.what for f in diagnose(fresh.settings) if "has a temporary name" in f.what]
    assert sorted(text.split(" ")[0].rsplit("/", 1)[-1] for text in told) == sorted(names)


def test_case_136_a_lost_cursor_costs_one_look_and_nothing_else(fresh, events) -> None:
    sensor = landing_sensor(fresh.settings)
    instance = dg.DagsterInstance.ephemeral()
    fresh.land("a.ndjson", events(3))
    first = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, cursor=None))
    second = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, cursor=first.cursor))
    lost = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, cursor=None))
    found = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, cursor=lost.cursor))
    assert [r.run_key for r in second.run_requests] == [r.run_key for r in found.run_requests]
