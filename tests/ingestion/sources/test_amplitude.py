"""Traps of Amplitude's exports, each with the rows or codes that come out."""

from __future__ import annotations

import gzip
import json

from ingestion.load import FileRequest, ingest

HOUR = "100123/100123_2024-03-05_{hour}#{part}.json.gz"


def member(make, *numbers, **changes):
    return make.lines(*(make.amplitude(number, **changes) for number in numbers))


def test_hours_without_leading_zero_and_parts_of_one_hour_are_all_read(lake, make):
    members = {
        HOUR.format(hour=0, part=0): member(make, 1, 2),
        HOUR.format(hour=0, part=1): member(make, 3),
        HOUR.format(hour=17, part=0): member(make, 4),
    }
    report = lake.deliver(make.zip(lake.root / "x.zip", members), "amplitude", "day.json.gz")
    assert report.loaded == 4
    found = {row[0] for row in lake.rows("amplitude.events", "_member")}
    assert found == set(members)


def test_a_file_whose_name_holds_a_hash_and_a_folder_of_the_object_store_is_read(lake, make):
    report = lake.deliver(gzip.compress(member(make, 1)), "amplitude", HOUR.format(hour=9, part=0))
    assert (report.status, report.loaded) == ("loaded", 1)


def test_a_marker_alone_is_an_empty_export_and_one_in_a_zip_is_passed_over(lake, make):
    alone = lake.deliver(b"", "amplitude", "100123_2024-03-05_3_complete")
    assert (alone.status, alone.reason, alone.records_seen) == ("empty", "EMPTY_EXPORT", 0)
    marked = {"100123/100123_2024-03-05_3_complete": b"{not data}", HOUR.format(hour=4, part=0): member(make, 1)}  # fmt: skip
    report = lake.deliver(make.zip(lake.root / "x.zip", marked), "amplitude", "x.zip")
    assert (report.loaded, report.quarantined) == (1, 0)


def test_merged_ids_lie_in_a_file_whose_name_starts_with_a_minus(lake):
    merge = {"scope": 1, "merge_time": 1709596800, "merge_server_time": 1709596800, "amplitude_id": 2**60, "merged_amplitude_id": 7}  # fmt: skip
    data = gzip.compress(json.dumps(merge).encode())
    report = lake.deliver(data, "amplitude", "-12345_2024-03-05_0.json.gz")
    assert report.loaded == 1
    assert lake.rows(
        "amplitude.merges", "amplitude_id, merged_amplitude_id, cast(merge_at as varchar)"
    ) == [(str(2**60), "7", "2024-03-05 00:00:00")]


def test_an_hour_fetched_by_two_day_files_counts_once(lake, make):
    first = {HOUR.format(hour=hour, part=0): member(make, hour + 1) for hour in (0, 1)}
    second = {HOUR.format(hour=hour, part=0): member(make, hour + 1) for hour in (1, 2)}
    lake.deliver(make.zip(lake.root / "a.zip", first), "amplitude", "a.zip")
    report = lake.deliver(make.zip(lake.root / "b.zip", second), "amplitude", "b.zip")
    assert (report.loaded, report.duplicate) == (1, 1)


def test_the_second_key_holds_for_seven_days_and_one_device(lake, make):
    def retry(number, day, device="d"):
        at = f"2024-03-{day:02d} 10:00:00"
        return make.amplitude(number, **{"$insert_id": "same", "device_id": device, "server_upload_time": at, "event_time": at})  # fmt: skip

    report = lake.deliver(
        make.lines(retry(1, 1), retry(2, 7), retry(3, 20), retry(4, 1, "other")), "amplitude"
    )
    assert (report.loaded, report.duplicate) == (3, 1)


def test_times_with_a_t_and_blank_times_are_read(lake, make):
    event = make.amplitude(1, event_time="2024-03-05T10:00:00.500000", client_upload_time="")
    lake.deliver(make.lines(event), "amplitude")
    assert lake.rows(
        "amplitude.events", "cast(event_time as varchar), client_upload_time is null"
    ) == [("2024-03-05 10:00:00.5", True)]


def test_bags_stay_json_whatever_their_values_and_keys_are(lake, make):
    bags = (
        {"ad_id": 5, "a key.with [brackets]": 1},
        {"ad_id": "5"},
        {"ad_id": None},
        {"ad_id": [5]},
    )
    report = lake.deliver(
        make.lines(*(make.amplitude(n, event_properties=bag) for n, bag in enumerate(bags))),
        "amplitude",
    )
    assert report.loaded == len(bags)
    found = lake.rows("amplitude.events", "event_properties")
    assert [json.loads(row[0]) for row in found] == list(bags)


def test_groups_may_be_one_id_or_a_list(lake, make):
    groups = ({"org": "42"}, {"org": ["42", "43"]})
    lake.deliver(
        make.lines(*(make.amplitude(n, groups=group) for n, group in enumerate(groups))),
        "amplitude",
    )
    assert [json.loads(row[0]) for row in lake.rows("amplitude.events", "groups")] == list(groups)


def test_numbers_beyond_two_to_the_53_keep_their_digits(lake, make):
    lake.deliver(make.lines(make.amplitude(1, amplitude_id=2**63 - 1, session_id=-1)), "amplitude")
    assert lake.rows("amplitude.events", "amplitude_id, session_id") == [(str(2**63 - 1), None)]


def test_no_session_is_no_session_and_a_zip_that_is_none_is_refused(lake):
    report = lake.deliver(b"<html><body>Sign in</body></html>", "amplitude", "export.zip")
    assert (report.status, report.reason) == ("rejected", "TYPE_MISMATCH")
    cut = lake.deliver(b"PK\x03\x04cut", "amplitude", "cut.zip")
    assert (cut.status, cut.reason) == ("rejected", "INCOMPLETE_FILE")


def test_markers_of_several_hours_never_stop_the_files_beside_them(lake, make):
    names = ["100123_2024-03-05_1_complete", "100123_2024-03-05_2_complete", "x#0.json"]
    for name in names:
        data = member(make, 1) if name.endswith(".json") else b""
        (lake.inbox / name).write_bytes(data)
    requests = [FileRequest(lake.inbox / name, "amplitude", "p") for name in names]
    reports = ingest(lake.paths, requests, lake.settings)
    assert [report.records_seen for report in reports] == [0, 0, 1]
    assert not any(report.status == "rejected" for report in reports)
