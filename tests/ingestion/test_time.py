"""Time on its way in (fault catalogue 67 to 70): what is corrected, flagged, refused or held."""

from __future__ import annotations

import duckdb
import pytest

from ingestion.manifest import Manifest
from ingestion.rawzone import export_loads
from ingestion.replay import accept_files, acceptable, replay
from ingestion.spec import IngestSettings
from quality.gate import Evidence, GateResult
from quality.gates import time_zone, too_many_bad

RECEIVED = "2024-03-05 10:00:00"
# The same lead or lag in the words of each source: (field of the time, field of the receipt, how a time is written).
SOURCES = {
    "amplitude": ("event_time", lambda at: {"event_time": at, "client_event_time": at, "server_upload_time": RECEIVED}),
    "posthog": ("timestamp_at", lambda at: {"timestamp": at.replace(" ", "T") + "Z", "created_at": "2024-03-05T10:00:00Z"}),
    "mixpanel": ("time_at", lambda at: {"time": epoch(at), "mp_processing_time_ms": epoch(RECEIVED) * 1000}),
}  # fmt: skip


def epoch(at: str) -> int:
    with duckdb.connect() as con:
        return int(con.execute("select epoch(?::timestamp)", [at]).fetchall()[0][0])


def judged(lake, gate) -> list[GateResult]:
    """The verdict of one gate on what the lake holds."""
    export_loads(lake.paths)
    with duckdb.connect() as con:
        return gate.check(Evidence(con, lake.paths.raw))


@pytest.mark.parametrize("source", SOURCES)
def test_case_067_ten_minutes_ahead_are_corrected_and_more_is_refused(lake, make, source):
    column, written = SOURCES[source]
    at = ["2024-03-05 09:59:59", "2024-03-05 10:05:00", "2024-03-05 10:10:00", "2024-03-05 10:10:01", "2024-03-08 10:00:00"]  # fmt: skip
    events = [getattr(make, source)(number, **written(when)) for number, when in enumerate(at)]
    report = lake.deliver(make.lines(*events), source)
    assert (report.loaded, report.quarantined) == (3, 2)
    assert lake.codes() == {4: "FUTURE_EVENT", 5: "FUTURE_EVENT"}
    assert report.message
    times = [str(row[0]) for row in lake.rows(f"{source}.events", column)]
    kept = "2024-03-05 10:05:00" if source == "amplitude" else RECEIVED  # Amplitude corrects its times itself  # fmt: skip
    assert times[:2] == ["2024-03-05 09:59:59", kept]


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("amplitude", {"event_time": "57971-02-27 05:33:20"}),
        ("amplitude", {"event_time": "1709597998000"}),
        ("posthog", {"timestamp": "57971-02-27T05:33:20Z"}),
        ("posthog", {"timestamp": "1709597998000"}),
        ("mixpanel", {"time": 1_709_597_998_000_000}),
        ("mixpanel", {"time": -5}),
    ],
)
def test_case_067_a_time_in_the_wrong_unit_is_refused(lake, make, source, changes):
    build = getattr(make, source)
    report = lake.deliver(make.lines(build(1, **changes), build(2)), source)
    assert (report.loaded, report.quarantined, lake.codes()) == (1, 1, {1: "TIME_UNIT"})


def test_case_067_milliseconds_and_seconds_of_one_file_are_one_time(lake, make):
    data = make.lines(make.mixpanel(1, time=1_709_597_998), make.mixpanel(2, time=1_709_597_998_000))  # fmt: skip
    assert lake.deliver(data, "mixpanel").loaded == 2
    assert {str(row[0]) for row in lake.rows("mixpanel.events", "time_at")} == {"2024-03-05 00:19:58"}  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("year", [1970, 2000])
def test_case_068_a_clock_that_was_never_set_gives_way_to_the_time_of_receipt(lake, make, source, year):  # fmt: skip
    column, written = SOURCES[source]
    changes = written(f"{year}-01-01 00:00:07")
    if source == "amplitude":
        changes["server_received_time"] = RECEIVED
    events = [getattr(make, source)(1, **changes), getattr(make, source)(2, **written(RECEIVED))]
    report = lake.deliver(make.lines(*events), source)
    assert (report.loaded, report.quarantined) == (2, 0)
    rows = lake.rows(f"{source}.events", f"cast({column} as varchar), _flags")
    assert rows == [(RECEIVED, "CLOCK_SKEW"), (RECEIVED, "")]
    assert report.warnings.get("CLOCK_SKEW") == 1


@pytest.mark.parametrize("source", ["posthog", "mixpanel"])
def test_case_068_a_declared_limit_of_skew_is_obeyed(lake, make, source):
    lake.settings = IngestSettings({source: {"projects": {"p": {"skew_minutes": 60}}}})
    column, written = SOURCES[source]
    at = ["2024-03-05 09:01:00", "2024-03-05 08:59:00"]
    events = [getattr(make, source)(number, **written(when)) for number, when in enumerate(at)]
    lake.deliver(make.lines(*events), source)
    rows = lake.rows(f"{source}.events", f"cast({column} as varchar), _flags")
    assert rows == [(at[0], ""), (RECEIVED, "CLOCK_SKEW")]


def shifted(make, hours: float, count: int = 120) -> bytes:
    """Live Mixpanel events whose times are so many hours off."""
    start = epoch("2024-03-05 00:00:00")
    return make.lines(
        *(
            make.mixpanel(
                n,
                time=start + 60 * n + int(hours * 3600),
                mp_processing_time_ms=(start + 60 * n + 4) * 1000,
            )
            for n in range(count)
        )
    )


def test_case_070_local_times_west_of_utc_hold_until_the_zone_is_declared_and_the_files_are_read_again(lake, make):  # fmt: skip
    report = lake.deliver(shifted(make, -5), "mixpanel", "ny.json")
    assert report.loaded == 120
    (verdict,) = judged(lake, time_zone)
    assert verdict.holds and verdict.message.startswith("TZ_SHIFT") and "5 h" in verdict.message

    project = {"legacy_local_time": True, "timezone": "America/New_York"}
    lake.settings = IngestSettings({"mixpanel": {"projects": {"p": project}}})
    (again,) = replay(lake.paths, lake.settings, "mixpanel", "p")
    lake.check()
    assert (again.loaded, again.quarantined) == (120, 0)
    assert str(lake.rows("mixpanel.events", "min(time_at) over ()")[0][0]) == "2024-03-05 00:00:00"
    (verdict,) = judged(lake, time_zone)
    assert verdict.passed


def test_case_070_a_person_may_accept_the_times_as_they_are(lake, make):
    lake.deliver(shifted(make, -5), "mixpanel", "ny.json")
    files = acceptable(lake.paths, "TZ_SHIFT", "mixpanel", None, "ny.json")
    assert [what.endswith("120 records keep their times") for what in files.values()] == [True]
    accept_files(lake.paths, "TZ_SHIFT", files, lake.settings)
    (verdict,) = judged(lake, time_zone)
    assert verdict.passed


def test_case_090_a_person_may_accept_the_values_as_they_are(lake, make):
    lake.deliver(shifted(make, 0), "mixpanel", "units.json")
    files = acceptable(lake.paths, "DISTRIBUTION", "mixpanel", None, "units.json")
    assert [what.endswith("120 records keep their values") for what in files.values()] == [True]
    assert accept_files(lake.paths, "DISTRIBUTION", files, lake.settings) == []
    export_loads(lake.paths)
    with duckdb.connect() as con:
        evidence = Evidence(con, lake.paths.raw)
        told = evidence.rows("select accepted from read_parquet(?)", [evidence.loads_file])
    assert "DISTRIBUTION" in told[0][0].split(",")


def test_case_070_local_times_east_of_utc_are_refused_one_by_one_and_hold(lake, make):
    report = lake.deliver(shifted(make, 2), "mixpanel", "berlin.json")
    assert (report.loaded, report.quarantined) == (0, 120)
    assert set(lake.codes().values()) == {"FUTURE_EVENT"}
    assert "legacy_local_time" in report.message
    (verdict,) = judged(lake, too_many_bad)
    assert verdict.holds


def test_case_077_a_clock_that_jumps_back_changes_neither_order_nor_counts(lake, make, monkeypatch):
    """What is newer is told by counters; the clock only says when."""
    hours = iter(range(23, 0, -1))
    for module in ("manifest", "commit"):
        monkeypatch.setattr(
            f"ingestion.{module}.now_text",
            lambda: f"2024-03-05 {next(hours):02d}:00:00.000000",
            raising=False,
        )
    lake.deliver("person_id,name\np1,Ann\np2,Bob\n", "people", "people.csv")
    lake.deliver("person_id,name\np1,Anne\np2,Bob\n", "people", "people.csv")
    assert lake.rows("people.people", "name") == [("Anne",), ("Bob",)]
    reports = [lake.deliver(make.many("mixpanel", range(n, n + 4)), "mixpanel", f"{n}.json") for n in (0, 2)]  # fmt: skip
    assert [(report.loaded, report.duplicate) for report in reports] == [(4, 0), (2, 2)]
    with Manifest(lake.paths.manifest) as manifest:
        rows = manifest.rows("select load_id, committed_at from loads order by load_id")
    assert [row["load_id"] for row in rows] == sorted(row["load_id"] for row in rows)
    assert [row["committed_at"] for row in rows] == sorted((row["committed_at"] for row in rows), reverse=True)  # fmt: skip
