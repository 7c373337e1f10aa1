"""Quarantined records are kept whole and can come back."""

from __future__ import annotations

import pytest

from ingestion import quarantine
from ingestion.load import export_loads
from ingestion.manifest import Manifest
from ingestion.replay import replay
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
