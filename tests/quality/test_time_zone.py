"""The time zone gate (case 70): local times that were taken for UTC hold, everything else passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from quality.gate import Evidence
from quality.gates import time_zone

LAGS: dict[str, str] = {
    "live events": "5 + n % 120",
    "an hour of batching": "n * 7 % 3600",
    "hourly batches": "3600 - n * 11 % 3600",
    "mobile clients that come back within days": "n * n % 200000",
    "an import of old events": "86400 * 30 + n * 3571",
    "an import made at one moment, days ago": "86400 * 3",
    "half of them live": "case when n % 2 = 0 then 4 else 18000 + 4 end",
}
SHIFTED: dict[str, tuple[str, str]] = {
    "New York in winter": ("18000 + 3 + n % 60", "5 h"),
    "New York over a year, summer time included": ("case when n % 3 = 0 then 18000 else 14400 end + n % 90", "4 h"),
    "India taken for UTC, then declared as Berlin": ("case when n % 10 < 8 then 16200 else n * 97 end + 5", "4.5 h"),
    "a UTC project declared as local time of Berlin": ("3600 + n % 30", "1 h"),
    "Samoa": ("39600 + n % 100", "11 h"),
}  # fmt: skip

Judge = Callable[..., list]


@pytest.fixture
def judge(tmp_path: Path) -> Iterator[Judge]:
    """Writes one load of Mixpanel events with these seconds between event and receipt, and judges it."""
    with duckdb.connect() as con:

        def of(
            lag: str, events: int = 300, accepted: str = "null", source: str = "mixpanel"
        ) -> list:
            folder = tmp_path / source / "events" / "load=7"
            folder.mkdir(parents=True)
            received = {"mixpanel": "received_at", "amplitude": "server_upload_time"}[source]
            time = {"mixpanel": "time_at", "amplitude": "event_time"}[source]
            con.execute(
                f"copy (select 7 as _load_id, t as {received}, t - interval 1 second * ({lag}) as {time} from ("
                f"select n, timestamp '2024-03-05' + interval 97 second * n as t from range({events}) as r(n)))"
                f" to '{folder}/part-0.parquet' (format parquet)"
            )
            loads = tmp_path / "_ingestion/loads/load=0"
            loads.mkdir(parents=True)
            con.execute(
                f"copy (select 7 as load_id, '{source}' as source, 'web' as project, 'events' as table_name, 'a.json' as"
                f" file_name, 'live' as state, {events} as loaded, 0 as duplicate, {accepted}::varchar as accepted)"
                f" to '{loads}/part-0.parquet' (format parquet)"
            )
            return time_zone.check(Evidence(con, tmp_path))

        yield of


@pytest.mark.parametrize("name", LAGS)
def test_case_070_times_that_fit_pass(judge, name):
    (result,) = judge(LAGS[name])
    assert result.passed


@pytest.mark.parametrize("name", SHIFTED)
def test_case_070_local_times_taken_for_utc_hold_and_say_what_to_declare(judge, name):
    lag, hours = SHIFTED[name]
    (result,) = judge(lag)
    assert result.holds
    assert result.message.startswith("TZ_SHIFT: ") and f"mostly {hours}" in result.message
    assert "mixpanel/web: a.json" in result.message
    assert "quarantine replay --source mixpanel --project web" in result.fix


def test_case_070_another_source_is_looked_at_too(judge):
    (result,) = judge("7200 + n % 30", source="amplitude")
    assert result.holds and "2 h" in result.message


def test_case_070_few_events_say_nothing(judge):
    (result,) = judge("18000", events=49)
    assert result.passed


def test_case_070_what_a_person_accepted_passes(judge):
    (result,) = judge("18000", accepted="'SHRINK,TZ_SHIFT'")
    assert result.passed
