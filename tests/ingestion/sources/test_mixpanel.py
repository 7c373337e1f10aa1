"""Traps of Mixpanel's exports, each with the rows or codes that come out."""

from __future__ import annotations

import gzip
import json

import pytest
from literal_exports.product_analytics import MIXPANEL_MAPPINGS, MIXPANEL_PIPELINE

from ingestion.spec import IngestSettings


def settings(**project):
    return IngestSettings({"mixpanel": {"projects": {"p": project}}})


def times(lake):
    return [row[0] for row in lake.rows("mixpanel.events", "cast(time_at as varchar)")]


def test_seconds_and_milliseconds_may_be_mixed(lake, make):
    lake.deliver(
        make.lines(make.mixpanel(1, time=1709597998), make.mixpanel(2, time=1709597998500)),
        "mixpanel",
    )
    assert times(lake) == ["2024-03-05 00:19:58", "2024-03-05 00:19:58.5"]


def test_an_export_that_was_cut_is_refused_whole(lake, make):
    report = lake.deliver(make.lines(make.mixpanel(1), b"terminated early"), "mixpanel")
    assert (report.status, report.reason) == ("rejected", "INCOMPLETE_FILE")
    assert "export it again" in report.message


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_a_record_broken_over_lines_is_one_record(lake, make, ending):
    whole = [json.dumps(make.mixpanel(number)).encode() for number in range(4)]
    for cut in (10, 60, len(whole[1]) - 1):
        broken = ending.join([whole[0], whole[1][:cut], whole[1][cut:], whole[2], whole[3]])
        report = lake.deliver(broken + ending, "mixpanel", f"{cut}.json", project=f"p{cut}{len(ending)}")  # fmt: skip
        assert (report.loaded, report.quarantined) == (4, 0)


def test_a_record_broken_over_three_lines_keeps_the_numbers_of_the_others(lake, make):
    whole = [json.dumps(make.mixpanel(number)).encode() for number in range(3)]
    parts = [whole[1][:20], whole[1][20:50], whole[1][50:]]
    report = lake.deliver(b"\n".join([whole[0], *parts, whole[2], b"{oops}"]), "mixpanel")
    assert (report.loaded, report.quarantined, lake.codes()) == (3, 1, {6: "JSON_SYNTAX"})
    assert [row[0] for row in lake.rows("mixpanel.events", "_line")] == [1, 2, 5]


def test_halves_that_make_no_record_are_kept_as_they_came(lake, make):
    data = make.lines(make.mixpanel(1), b'{"event":"a","pro', b'{"other": 1', make.mixpanel(2))
    report = lake.deliver(data, "mixpanel")
    assert (report.loaded, report.quarantined) == (2, 2)
    assert lake.codes() == {2: "JSON_SYNTAX", 3: "JSON_SYNTAX"}


def test_a_text_with_a_line_separator_is_one_record(lake, make):
    line = json.dumps(make.mixpanel(1, note="a\u2028b\x85c"), ensure_ascii=False)
    report = lake.deliver(line + "\n", "mixpanel")
    assert (report.loaded, report.quarantined) == (1, 0)


@pytest.mark.parametrize("distinct_id", [None, "", 4, "$device:d1"])
def test_the_distinct_id_may_be_absent_empty_a_number_or_a_device(lake, make, distinct_id):
    report = lake.deliver(make.lines(make.mixpanel(1, distinct_id=distinct_id)), "mixpanel")
    expected = str(distinct_id) if distinct_id else None
    assert report.loaded == 1
    assert lake.rows("mixpanel.events", "distinct_id") == [(expected,)]


def test_copies_exported_before_and_after_a_merge_are_one_event(lake, make):
    before = make.mixpanel(1, **{"distinct_id": "$device:d1", "$device_id": "d1"})
    after = make.mixpanel(1, **{"distinct_id": "u1", "$device_id": "d1", "$user_id": "u1"})
    lake.deliver(make.lines(before), "mixpanel", "old.json")
    report = lake.deliver(make.lines(after), "mixpanel", "new.json")
    assert (report.loaded, report.duplicate) == (0, 1)


def test_names_that_differ_by_case_or_a_dollar_stay_apart(lake, make):
    lake.deliver(make.lines(make.mixpanel(1, **{"$os": "a", "os": "b", "OS": "c"})), "mixpanel")
    bag = json.loads(lake.rows("mixpanel.events", "properties")[0][0])
    assert (bag["$os"], bag["os"], bag["OS"]) == ("a", "b", "c")


def test_local_times_of_an_old_project_become_utc(lake, make):
    lake.settings = settings(legacy_local_time=True, timezone="US/Pacific")
    lake.deliver(make.lines(make.mixpanel(1, time=1709569198)), "mixpanel")  # 16:19:58 in Los Angeles  # fmt: skip
    assert times(lake) == ["2024-03-05 00:19:58"]


def test_the_hour_that_does_not_exist_and_the_one_that_comes_twice_are_decided_and_flagged(
    lake, make
):
    lake.settings = settings(legacy_local_time=True, timezone="Europe/Berlin")
    late = {"mp_processing_time_ms": 1_800_000_000_000}
    lake.deliver(
        make.lines(
            make.mixpanel(1, time=1711852200, **late),  # 31 March 2024, 02:30: jumped over
            make.mixpanel(2, time=1729996200, **late),  # 27 October 2024, 02:30: twice
            make.mixpanel(3, time=1729998000, **late),  # 27 October 2024, 03:00: once
        ),
        "mixpanel",
    )
    assert lake.rows("mixpanel.events", "cast(time_at as varchar), _flags") == [
        ("2024-03-31 01:30:00", "LOCAL_GAP"),
        ("2024-10-27 00:30:00", "LOCAL_FOLD"),
        ("2024-10-27 02:00:00", ""),
    ]


def test_an_unknown_zone_is_refused_with_advice(lake, make):
    lake.settings = settings(legacy_local_time=True, timezone="Mars/Olympus")
    report = lake.deliver(make.lines(make.mixpanel(1)), "mixpanel")
    assert (report.reason, "IANA" in report.message) == ("TIME_FORMAT", True)


def test_undeclared_local_time_east_of_utc_names_the_setting(lake, make):
    event = make.mixpanel(1, time=1709605198, mp_processing_time_ms=1709598000000)
    report = lake.deliver(make.lines(event), "mixpanel")
    assert report.reason == "FUTURE_EVENT"
    assert "legacy_local_time" in report.message


def test_the_clock_of_the_api_is_kept_beside_the_time(lake, make):
    event = make.mixpanel(1, **{"$mp_api_timestamp_ms": 1709598001200})
    lake.deliver(make.lines(event), "mixpanel")
    assert lake.rows("mixpanel.events", "cast(sent_at as varchar)") == [("2024-03-05 00:20:01.2",)]


def test_a_pipeline_row_and_the_raw_export_of_the_same_event_are_one(lake):
    raw = {
        "event": "Report Exported",
        "properties": {"time": 1709597998, "distinct_id": "u-8842", "$insert_id": "d41d8cd98f00b204", "$device_id": "18df0a2c"},
    }  # fmt: skip
    lake.deliver(json.dumps(raw), "mixpanel", "raw.json")
    report = lake.deliver(MIXPANEL_PIPELINE, "mixpanel", "pipeline.json")
    assert (report.loaded, report.duplicate) == (1, 1)


def test_a_new_run_replaces_profiles_and_mappings_of_the_same_name(lake):
    name = "mp_identity_mappings_data/export.json.gz"
    lake.deliver(gzip.compress(MIXPANEL_MAPPINGS.encode()), "mixpanel", name)
    newer = '{"distinct_id":"bare-anon","resolved_distinct_id":"u-3"}\n'
    report = lake.deliver(gzip.compress(newer.encode()), "mixpanel", name)
    assert report.loaded == 1
    assert lake.rows("mixpanel.identity_mappings", "resolved_distinct_id") == [("u-3",)]


def test_a_schematized_row_without_an_event_name_is_kept_aside(lake):
    report = lake.deliver('{"mp_event_name":null,"time":1709597998,"distinct_id":"1"}', "mixpanel")
    assert (report.quarantined, report.reason) == (1, "TYPE")
    assert json.loads(lake.raw_of("TYPE")) == {"mp_event_name": None, "time": 1709597998, "distinct_id": "1"}  # fmt: skip
