"""Identity, duplicates, replacement and time (fault catalogue 3.C)."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from ingestion.load import FileRequest, ingest, recount
from ingestion.manifest import Manifest
from ingestion.replay import accept_files, acceptable, replay
from ingestion.spec import IngestSettings


def test_case_006_a_newer_file_that_contains_the_older_replaces_it(lake, make):
    at = [{"server_upload_time": f"2024-03-05 10:0{n}:00"} for n in range(6)]
    old = make.lines(*(make.amplitude(n, **at[n]) for n in (2, 3)))
    new = make.lines(*(make.amplitude(n, **at[n]) for n in (1, 3, 4)))
    lake.deliver(old, "amplitude", "day.json")
    report = lake.deliver(new, "amplitude", "day.json")
    assert (report.loaded, report.duplicate) == (3, 0)
    with Manifest(lake.paths.manifest) as manifest:
        states = [(load.state, load.loaded, load.superseded) for load in manifest.loads()]
    assert states == [("superseded", 0, 2), ("live", 3, 0)]


def test_case_006_a_newer_file_of_another_range_stays_beside_the_older(lake, make):
    at = [{"server_upload_time": f"2024-03-05 10:0{n}:00"} for n in range(6)]
    lake.deliver(make.lines(*(make.amplitude(n, **at[n]) for n in (1, 2))), "amplitude", "d.json")
    report = lake.deliver(
        make.lines(*(make.amplitude(n, **at[n]) for n in (2, 3))), "amplitude", "d.json"
    )
    assert (report.loaded, report.duplicate) == (1, 1)


def test_case_006_a_newer_list_of_people_replaces_the_older(lake):
    lake.deliver("person_id,role\np1,pm\np2,pm\n", "people", "people.csv")
    report = lake.deliver("person_id,role\np1,analyst\n", "people", "people.csv")
    assert report.loaded == 1
    assert lake.rows("people.people", "person_id, role") == [("p1", "analyst")]


def test_case_057_the_same_event_twice_is_one(lake, make):
    report = lake.deliver(make.many("amplitude", [1, 1, 1]), "amplitude")
    assert (report.loaded, report.duplicate) == (1, 2)
    assert report.warnings == {"EXACT_DUP": 2}
    again = lake.deliver(make.many("amplitude", [1, 2]), "amplitude", "b.json")
    assert (again.loaded, again.duplicate, again.warnings) == (1, 1, {"EXACT_DUP": 1})


def test_case_058_an_id_conflict_is_counted_and_named(lake, make):
    data = make.lines(make.posthog(1), make.posthog(1, event="changed"))
    report = lake.deliver(data, "posthog")
    assert (report.loaded, report.duplicate) == (1, 1)
    assert report.warnings == {"ID_CONFLICT": 1}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_case_058_the_version_received_last_wins_in_whatever_order_they_come(lake, make, order):
    versions = [
        make.posthog(1, event=f"v{n}", created_at=f"2024-03-05T00:2{n}:00Z") for n in range(3)
    ]
    reports = [
        lake.deliver(make.lines(versions[n]), "posthog", f"{place}.json")
        for place, n in enumerate(order)
    ]
    assert [(r.loaded, r.duplicate) for r in reports] == [(1, 0), (0, 1), (0, 1)]
    assert [dict(r.warnings) for r in reports] == [{}, {"ID_CONFLICT": 1}, {"ID_CONFLICT": 1}]
    assert lake.winners("posthog.events", "event", "created_at") == [("v2",)]
    assert len(lake.rows("posthog.events")) == 3, "the losers are kept in raw"


def test_case_058_versions_received_at_once_have_the_same_winner_in_any_order(lake, make):
    versions = [make.posthog(1, event=name) for name in ("a", "b", "c")]
    found = set()
    for number, order in enumerate(itertools.permutations(versions)):
        lake.deliver(make.lines(*order), "posthog", f"{number}.json", project=f"p{number}")
        found |= set(
            lake.winners("posthog.events", "event", "created_at", f"_project = 'p{number}'")
        )
    assert len(found) == 1


@pytest.mark.parametrize(
    "value", ["", None, "null", "undefined", "00000000-0000-0000-0000-000000000000"]
)
def test_case_059_an_event_without_id_gets_one_from_its_content(lake, make, value):
    data = make.lines(
        make.posthog(1, uuid=value), make.posthog(1, uuid=value), make.posthog(2, uuid=value)
    )
    report = lake.deliver(data, "posthog")
    assert (report.loaded, report.duplicate) == (2, 1)
    assert {row[0] for row in lake.rows("posthog.events", "_flags")} == {"NO_ID"}
    assert all("|#" in row[0] for row in lake.rows("posthog.events", "_identity"))
    assert report.warnings == {"NO_ID": 3, "EXACT_DUP": 1}


def test_case_059_a_mixpanel_event_without_insert_id_ignores_the_order_of_its_keys(lake, make):
    event = make.mixpanel(1, **{"$insert_id": ""})
    turned = {"event": "view", "properties": dict(reversed(event["properties"].items()))}
    report = lake.deliver(make.lines(event, turned), "mixpanel")
    assert (report.loaded, report.duplicate) == (1, 1)


def test_case_060_ids_are_scoped_by_source_and_project(lake, make):
    data = make.many("posthog", [1])
    assert lake.deliver(data, "posthog", project="a").loaded == 1
    assert lake.deliver(data, "posthog", project="b").loaded == 1
    same = make.lines(make.amplitude(1, uuid=make.posthog(1)["uuid"]))
    assert lake.deliver(same, "amplitude", project="a").loaded == 1
    identities = lake.rows("posthog.events", "_identity") + lake.rows("amplitude.events", "_identity")  # fmt: skip
    assert sorted(text.split("|")[:2] for (text,) in identities) == [["amplitude", "a"], ["posthog", "a"], ["posthog", "b"]]  # fmt: skip


def test_case_061_a_duplicate_in_a_later_file_is_still_one(lake, make):
    lake.deliver(make.many("amplitude", [1]), "amplitude", "a.json")
    late = make.amplitude(1, server_upload_time="2024-04-20 10:00:00")
    assert lake.deliver(make.lines(late), "amplitude", "b.json").duplicate == 1


def test_case_062_variants_of_a_user_id_are_never_merged_in_silence(lake, make):
    ids = ["U1", "u1", " u1", "u1 ", "ｕ1"]
    data = make.lines(*(make.posthog(n, distinct_id=value) for n, value in enumerate(ids)))
    assert lake.deliver(data, "posthog").loaded == 5
    assert [row[0] for row in lake.rows("posthog.events", "distinct_id")] == ids


LATE = {"posthog": {"projects": {"p": {"late_days": 300}}}}


def old(make, number: int, days: int):
    """An event that was received so many days after it happened."""
    at = datetime(2024, 3, 5) - timedelta(days=days)
    return make.posthog(number, timestamp=f"{at.isoformat()}Z")


def test_case_065_events_three_days_late_are_loaded_with_their_own_day(lake, make):
    lake.settings = IngestSettings(LATE)
    lake.deliver(make.many("posthog", [1]), "posthog", "a.json")
    report = lake.deliver(make.lines(old(make, 2, 3)), "posthog", "b.json")
    assert (report.status, report.loaded, report.reason) == ("loaded", 1, None)
    assert str(lake.rows("posthog.events", "timestamp_at")[1][0])[:10] == "2024-03-02"
    assert lake.loads()[2].first_event_at[:10] == "2024-03-02", "the day that is recomputed"


def test_case_066_without_a_limit_every_age_is_accepted(lake, make):
    lake.deliver(make.many("posthog", [1]), "posthog", "a.json")
    assert lake.deliver(make.lines(old(make, 2, 400)), "posthog", "b.json").loaded == 1


def test_case_066_the_first_load_of_history_is_always_accepted(lake, make):
    lake.settings = IngestSettings(LATE)
    files = []
    for number in range(2):
        path = lake.inbox / f"{number}.json"
        path.write_bytes(make.lines(old(make, number, 400 + number)))
        files.append(FileRequest(path, "posthog", "p"))
    assert [r.loaded for r in ingest(lake.paths, files, lake.settings)] == [1, 1]
    late = lake.deliver(make.lines(old(make, 7, 400)), "posthog", "later.json")
    assert (late.status, late.reason) == ("partial", "TOO_LATE")
    other = lake.deliver(make.lines(old(make, 7, 400)), "posthog", "later.json", project="q")
    assert other.loaded == 1, "the limit is that of one project"


def test_case_066_late_events_are_kept_until_they_are_accepted_by_one_command(lake, make):
    lake.settings = IngestSettings(LATE)
    lake.deliver(make.many("posthog", [1]), "posthog", "a.json")
    report = lake.deliver(
        make.lines(old(make, 2, 301), make.posthog(3), old(make, 4, 299), "oops"),
        "posthog",
        "b.json",
    )
    assert (report.loaded, report.quarantined) == (2, 2)
    assert lake.codes() == {1: "TOO_LATE", 4: "JSON_SYNTAX"}
    assert "more than 300 days before created_at" in report.message
    assert replay(lake.paths, lake.settings) == [], "a replay alone changes nothing"
    found = acceptable(lake.paths, "TOO_LATE", "posthog", "p", None)
    assert found == {2: "posthog/p b.json: 1 late record(s) are loaded"}
    (again,) = accept_files(lake.paths, "TOO_LATE", found, lake.settings)
    lake.check()
    assert (again.status, again.records_seen, again.loaded, again.quarantined) == (
        "partial",
        4,
        3,
        1,
    )
    assert lake.codes() == {4: "JSON_SYNTAX"}
    assert replay(lake.paths, lake.settings) == [], "what was accepted stays accepted"


def test_case_066_lateness_is_judged_by_the_time_of_receipt_and_never_of_the_load(lake, make):
    lake.settings = IngestSettings({"posthog": {"projects": {"p": {"late_days": 1}}}})
    lake.deliver(make.many("posthog", [1]), "posthog", "a.json")
    ages = make.lines(make.posthog(2, timestamp="2015-01-01T00:00:00Z", created_at="2015-01-01T09:00:00Z"))  # fmt: skip
    assert lake.deliver(ages, "posthog", "b.json").loaded == 1


def test_the_second_amplitude_key_holds_for_seven_days(lake, make):
    def copy(number: int, day: int) -> dict:
        return make.amplitude(number, **{"$insert_id": "same"}, device_id="d", server_upload_time=f"2024-03-{day:02d} 10:00:00")  # fmt: skip

    report = lake.deliver(make.lines(copy(1, 6), copy(2, 13), copy(3, 27)), "amplitude")
    assert (report.loaded, report.duplicate) == (2, 1)


def test_a_mixpanel_event_before_and_after_a_merge_is_one(lake, make):
    before = make.mixpanel(1, distinct_id="$device:d", **{"$device_id": "d", "$user_id": None})
    after = make.mixpanel(1, distinct_id="u1", **{"$device_id": "d"})
    report = lake.deliver(make.lines(before, after), "mixpanel")
    assert (report.loaded, report.duplicate) == (1, 1)


def test_without_a_device_two_mixpanel_users_stay_two(lake, make):
    data = make.lines(make.mixpanel(1, distinct_id="a"), make.mixpanel(1, distinct_id="b"))
    assert lake.deliver(data, "mixpanel").loaded == 2


def test_case_067_a_time_a_little_ahead_is_the_time_of_receipt(lake, make):
    data = make.lines(make.posthog(1, timestamp="2024-03-05T00:25:00Z"))
    lake.deliver(data, "posthog")
    assert str(lake.rows("posthog.events", "timestamp_at")[0][0]) == "2024-03-05 00:20:01.003000"


@pytest.mark.parametrize(
    ("at", "code"),
    [("2024-03-08T00:00:00Z", "FUTURE_EVENT"), ("57971-01-01T00:00:00Z", "TIME_UNIT"), ("1709597998000", "TIME_UNIT"), ("01/02/2026", "TIME_FORMAT"), ("", "TIME_FORMAT"), (None, "TIME_FORMAT"), ("infinity", "TIME_FORMAT"), ("2024-02-30T00:00:00Z", "TIME_FORMAT")],
)  # fmt: skip
def test_case_067_times_that_cannot_be_are_quarantined(lake, make, at, code):
    report = lake.deliver(make.lines(make.posthog(1, timestamp=at), make.posthog(2)), "posthog")
    assert (report.loaded, lake.codes()) == (1, {1: code})


def test_case_067_mixpanel_units(lake, make):
    data = make.lines(
        make.mixpanel(1, time=1_709_597_998_000), make.mixpanel(2, time=1_709_597_998),
        make.mixpanel(3, time=1_709_597_998_000_000), make.mixpanel(4, time="2024-03-05"),
    )  # fmt: skip
    lake.deliver(data, "mixpanel")
    assert lake.codes() == {3: "TIME_UNIT", 4: "TIME_FORMAT"}
    assert len({row[0] for row in lake.rows("mixpanel.events", "time_at")}) == 1


def test_case_067_an_amplitude_event_days_ahead_is_quarantined(lake, make):
    data = make.lines(make.amplitude(1, event_time="2024-03-09 10:00:00"), make.amplitude(2))
    lake.deliver(data, "amplitude")
    assert lake.codes() == {1: "FUTURE_EVENT"}


def test_case_068_a_clock_that_is_years_off_gives_the_server_time(lake, make):
    event = make.amplitude(1, event_time="1970-01-02 00:00:00", client_event_time="1970-01-01 00:00:00")  # fmt: skip
    lake.deliver(make.lines(event), "amplitude")
    at, flags = lake.rows("amplitude.events", "event_time, _flags")[0]
    assert (str(at), flags) == ("2024-03-05 10:00:00", "CLOCK_SKEW")


@pytest.mark.parametrize("year", [1970, 2000])
def test_case_068_a_clock_that_was_never_set_is_flagged_in_every_event_source(lake, make, year):
    at = datetime(year, 1, 2, tzinfo=UTC)
    sent = {
        "posthog": make.posthog(1, timestamp=at.isoformat()),
        "mixpanel": make.mixpanel(1, time=int(at.timestamp())),
        "amplitude": make.amplitude(1, event_time=at.strftime("%Y-%m-%d %H:%M:%S")),
    }
    times = {"posthog": "timestamp_at, created_at", "mixpanel": "time_at, received_at", "amplitude": "event_time, server_upload_time"}  # fmt: skip
    for source, record in sent.items():
        report = lake.deliver(make.lines(record), source)
        assert (report.loaded, report.warnings) == (1, {"CLOCK_SKEW": 1})
        used, received, flags = lake.rows(f"{source}.events", f"{times[source]}, _flags")[0]
        assert (used, flags) == (received, "CLOCK_SKEW")


def test_case_068_a_declared_limit_is_tighter_and_history_without_one_keeps_its_times(lake, make):
    late = make.posthog(1, timestamp="2019-03-05T00:00:00Z")
    lake.deliver(make.lines(late), "posthog", project="free")
    lake.settings = IngestSettings({"posthog": {"projects": {"p": {"skew_minutes": 60}}}})
    lake.deliver(make.lines(late), "posthog")
    assert [flags for (flags,) in lake.rows("posthog.events", "_flags")] == ["", "CLOCK_SKEW"]


def test_case_067_how_far_ahead_is_a_setting(lake, make):
    ahead = make.posthog(1, timestamp="2024-03-05T00:25:00Z")  # five minutes
    lake.settings = IngestSettings({"posthog": {"projects": {"p": {"future_minutes": 4}}}})
    assert lake.deliver(make.lines(ahead), "posthog").reason == "FUTURE_EVENT"


def test_offsets_are_converted_to_utc(lake, make):
    data = make.lines(
        make.posthog(1, timestamp="2024-03-05T02:19:58+02:00"),
        make.posthog(2, timestamp="2024-03-04T19:19:58-05:00"),
    )
    lake.deliver(data, "posthog")
    assert {str(row[0]) for row in lake.rows("posthog.events", "timestamp_at")} == {"2024-03-05 00:19:58"}  # fmt: skip


def test_case_070_old_mixpanel_projects_are_converted_from_local_time(lake, make):
    project = {"legacy_local_time": True, "timezone": "Europe/Berlin"}
    lake.settings = IngestSettings({"mixpanel": {"projects": {"p": project}}})
    lake.deliver(make.lines(make.mixpanel(1, time=1_709_596_800)), "mixpanel")
    assert str(lake.rows("mixpanel.events", "time_at")[0][0]) == "2024-03-04 23:00:00"


def test_i3_the_order_of_files_does_not_matter(lake, make, tmp_path):
    files = [make.many("amplitude", range(0, 6)), make.many("amplitude", range(4, 9)), make.many("amplitude", [1, 8, 9])]  # fmt: skip
    totals = set()
    for number, order in enumerate(itertools.permutations(files)):
        reports = [
            lake.deliver(data, "amplitude", f"{number}-{i}.json", f"p{number}")
            for i, data in enumerate(order)
        ]
        totals.add(sum(report.loaded for report in reports))
    assert totals == {10}


def test_counts_computed_again_are_the_counts_of_the_reports(lake, make):
    first = lake.deliver(make.many("amplitude", range(6)), "amplitude", "a.json")
    second = lake.deliver(make.many("amplitude", range(4, 9)), "amplitude", "b.json")
    assert recount(lake.paths, "amplitude") == {
        1: (first.loaded, first.duplicate),
        2: (second.loaded, second.duplicate),
    }


def test_case_064_nothing_is_filtered_in_silence(lake, make):
    assert lake.deliver(make.many("amplitude", range(5)), "amplitude").filtered == 0


def test_merged_ids_go_to_their_own_table(lake, make, tmp_path):
    merge = {"scope": 1, "merge_time": 1_709_600_000_000, "merge_server_time": 1_709_600_000_000, "amplitude_id": 2, "merged_amplitude_id": 1}  # fmt: skip
    members = {"-9_2024-03-05_10.json.gz": make.lines(merge), "1/1_2024-03-05_10#0.json.gz": make.many("amplitude", [1])}  # fmt: skip
    report = lake.deliver(make.zip(tmp_path / "z.zip", members), "amplitude", "z.zip")
    assert (report.records_seen, report.loaded) == (2, 2)
    assert lake.rows("amplitude.merges", "amplitude_id, merged_amplitude_id") == [("2", "1")]
