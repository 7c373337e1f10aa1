"""Quarantined records are kept whole and can come back."""

from __future__ import annotations

import pytest

from ingestion import failpoints, quarantine
from ingestion.load import export_loads, ingest, recover
from ingestion.manifest import Manifest
from ingestion.pending import pending
from ingestion.replay import acceptable, replay
from ingestion.spec import IngestSettings

SLOW = {"posthog": {"projects": {"p": {"late_days": 10}}}}


def test_records_that_load_now_leave_the_quarantine_and_the_sum_stays(lake, make):
    lake.deliver(make.many("posthog", [9]), "posthog", "history.json")
    lake.settings = IngestSettings(SLOW)
    data = make.lines(make.posthog(1), make.posthog(2, timestamp="2024-01-01T00:00:00Z"), "oops")
    report = lake.deliver(data, "posthog")
    assert (report.loaded, report.quarantined) == (1, 2)
    replayed = replay(lake.paths, IngestSettings())
    assert [(r.loaded, r.quarantined) for r in replayed] == [(2, 1)]
    lake.check()
    assert list(lake.codes().values()) == ["JSON_SYNTAX"]
    with Manifest(lake.paths.manifest) as manifest:
        loads = manifest.loads()
    assert sum(load.records_seen for load in loads) == 4
    assert [load.quarantined for load in loads] == [0, 1]


def test_a_replay_with_nothing_better_changes_nothing(lake, make):
    lake.deliver(make.lines(make.posthog(1), "oops"), "posthog")
    assert replay(lake.paths, IngestSettings()) == []
    assert list(lake.codes().values()) == ["JSON_SYNTAX"]


def test_a_record_that_is_not_there_is_an_error(lake):
    with pytest.raises(KeyError, match="quarantine list"):
        quarantine.show(lake.paths, 7)


def test_the_exported_loads_hold_rejected_files_too(lake, make):
    lake.deliver(make.many("posthog", [1]), "posthog", "a.json")
    lake.deliver(b"<html>", "posthog", "b.json")
    export_loads(lake.paths)
    import duckdb

    with duckdb.connect() as con:
        path = lake.paths.load_dir("_ingestion", "loads", 0) / "part-0.parquet"
        query = f"select file_name, state, records_seen, loaded from read_parquet('{path}') order by file_name"
        assert con.execute(query).fetchall() == [
            ("a.json", "live", 1, 1),
            ("b.json", "rejected", 0, 0),
        ]


def declared(source: str, **project: object) -> IngestSettings:
    return IngestSettings({source: {"projects": {"p": project}}})


def land(lake, source: str, name: str, data: str):
    path = lake.paths.landing / source / "p" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data)
    return path


def test_rows_of_a_csv_come_back_with_their_header_once_the_locale_is_declared(lake):
    """A row of a CSV says nothing without its header, so the whole file is read again."""
    data = "user_id;metric;value\nu1;revenue;1.234,5\nu2;revenue;7\nu3;revenue;oops\n"
    report = lake.deliver(data, "outcomes", "o.csv")
    assert (report.records_seen, report.loaded, report.quarantined) == (3, 1, 2)
    assert lake.codes() == {2: "NUMBER", 4: "NUMBER"}
    (again,) = replay(lake.paths, declared("outcomes", locale="de"))
    lake.check()
    assert (again.records_seen, again.loaded, again.quarantined) == (3, 2, 1)
    assert again.file == report.file
    assert lake.codes() == {4: "NUMBER"}
    assert replay(lake.paths, declared("outcomes", locale="de")) == []


def test_a_rejected_file_is_read_again_once_its_columns_are_declared(lake):
    land(lake, "people", "team.csv", "Kennung,Aufgabe\np1,pm\n")
    (report,) = ingest(lake.paths, pending(lake.paths), IngestSettings())
    assert (report.status, report.reason) == ("rejected", "HEADER")
    assert pending(lake.paths) == [], "known, and not tried again at every look"
    columns = {"person_id": "Kennung", "role": "Aufgabe"}
    (again,) = replay(lake.paths, declared("people", columns=columns))
    lake.check()
    assert (again.status, again.loaded) == ("loaded", 1)
    assert lake.rows("people.people", "person_id, role") == [("p1", "pm")]
    assert replay(lake.paths, IngestSettings()) == []


def test_a_file_read_again_keeps_its_place_and_replaces_nothing(lake, make):
    """Two files of one name whose ranges do not contain each other stay both, also after a replay of the older one."""
    late = declared("posthog", late_days=10)
    lake.deliver(make.many("posthog", [50]), "posthog", "history.json")
    lake.settings = late
    old = make.posthog(1, timestamp="2023-01-01T00:00:00Z", created_at="2024-03-01T00:00:00Z")
    first = make.posthog(2, timestamp="2024-03-01T00:00:00Z", created_at="2024-03-01T00:00:01Z")
    lake.deliver(make.lines(old, first), "posthog", "d.json")
    lake.deliver(make.lines(make.posthog(3)), "posthog", "d.json")
    (again,) = replay(lake.paths, IngestSettings())
    lake.check()
    assert (again.loaded, again.quarantined) == (2, 0)
    assert [load.state for load in lake.loads().values()] == ["live"] * 3
    duplicate = lake.deliver(make.lines(old, first), "posthog", "d.json")
    assert duplicate.status == "duplicate", "its content is known as before"


def test_records_of_a_file_that_was_replaced_stay_where_they_are(lake, make):
    at = [{"created_at": f"2024-03-05T00:2{n}:00Z"} for n in range(4)]
    lake.deliver(make.lines(make.posthog(1, **at[1]), "oops"), "posthog", "d.json")
    lake.deliver(make.lines(*(make.posthog(n, **at[n]) for n in range(3))), "posthog", "d.json")
    assert [load.state for load in lake.loads().values()] == ["superseded", "live"]
    assert replay(lake.paths, IngestSettings()) == []
    assert list(lake.codes().values()) == ["JSON_SYNTAX"]


def test_late_records_of_a_file_that_was_replaced_cannot_be_accepted(lake, make):
    """Or the file that was replaced would be live again beside the one that took its place."""
    at = [{"created_at": f"2024-03-05T00:2{n}:00Z"} for n in range(4)]
    lake.deliver(make.many("posthog", [9]), "posthog", "history.json")
    lake.settings = IngestSettings(SLOW)
    late = make.posthog(5, timestamp="2023-01-01T00:00:00Z", created_at="2024-03-05T00:21:00Z")
    lake.deliver(make.lines(make.posthog(1, **at[1]), late), "posthog", "d.json")
    lake.deliver(make.lines(*(make.posthog(n, **at[n]) for n in range(3))), "posthog", "d.json")
    assert [load.state for load in lake.loads().values()] == ["live", "superseded", "live"]
    assert acceptable(lake.paths, "TOO_LATE", None, None, None) == {}


@pytest.mark.parametrize("point", failpoints.POINTS)
def test_a_replay_that_is_stopped_anywhere_counts_nothing_twice(lake, make, point):
    lake.deliver(make.many("posthog", [9]), "posthog", "history.json")
    lake.settings = IngestSettings(SLOW)
    lake.deliver(make.lines(make.posthog(1), make.posthog(2, timestamp="2024-01-01T00:00:00Z")), "posthog")  # fmt: skip

    def stop(reached: str) -> None:
        if reached == point:
            raise InterruptedError(point)

    failpoints.arm(stop)
    try:
        replay(lake.paths, IngestSettings())
    except InterruptedError:
        recover(lake.paths)
    finally:
        failpoints.disarm()
    lake.check()
    replay(lake.paths, IngestSettings())
    lake.check()
    loads = lake.loads().values()
    assert sum(load.records_seen for load in loads) == sum(load.loaded for load in loads) == 3
    assert lake.codes() == {}


def test_a_file_whose_archived_copy_is_gone_says_so_and_keeps_its_rows(lake, make):
    lake.deliver(make.lines(make.posthog(1), "oops"), "posthog")
    for path in lake.paths.archive.iterdir():
        path.unlink()
    (report,) = replay(lake.paths, IngestSettings())
    assert (report.status, report.reason) == ("rejected", "INCOMPLETE_FILE")
    assert "deliver the file again" in report.message
    assert len(lake.rows("posthog.events")) == 1
