"""Traps of PostHog's exports, each with the rows or codes that come out."""

from __future__ import annotations

import gzip
import json

import brotli
import duckdb
import pytest

from ingestion.registry import detect
from ingestion.sample import sample_of

NAME = "2024-03-05T00:00:00+00:00-2024-03-05T01:00:00+00:00"


@pytest.fixture
def parquet(lake):
    def write(codec="zstd"):
        path = lake.root / "x.parquet"
        query = """
            select '018e0c55-9f0a-7c3e-8a51-3a1d2c0b9f10' as uuid, 'view' as event, 'u1' as distinct_id, 'p1' as person_id,
                '{"a":1,"$feature/new-exporter":"test"}' as properties, '{"plan":"pro"}' as person_properties,
                '' as elements_chain, timestamptz '2024-03-05 01:19:58.12+01' as timestamp,
                timestamptz '2024-03-05 00:20:01Z' as created_at
        """
        with duckdb.connect() as con:
            con.execute("set timezone = 'UTC'")
            con.execute(f"copy ({query}) to '{path}' (format parquet, compression {codec})")
        return path.read_bytes()

    return write


@pytest.mark.parametrize("codec", ["zstd", "snappy", "gzip", "lz4", "uncompressed"])
def test_parquet_is_read_whatever_its_name_says(lake, parquet, codec):
    report = lake.deliver(parquet(codec), "posthog", f"{NAME}.parquet.zst")
    assert report.loaded == 1
    assert lake.rows(
        "posthog.events", "uuid, cast(timestamp_at as varchar), properties, person_properties"
    ) == [("018e0c55-9f0a-7c3e-8a51-3a1d2c0b9f10", "2024-03-05 00:19:58.12", '{"a":1,"$feature/new-exporter":"test"}', '{"plan":"pro"}')]  # fmt: skip


def test_parquet_is_found_from_its_content_and_refused_where_no_one_reads_it(lake, parquet):
    path = lake.inbox / "export.parquet"
    path.write_bytes(parquet())
    assert detect(sample_of(path, path.name)).source == "posthog"
    refused = lake.ingest(path, "amplitude")
    assert (refused.status, refused.reason) == ("rejected", "TYPE_MISMATCH")


def test_the_same_rows_as_lines_and_as_parquet_are_the_same_events(lake, parquet):
    event = {
        "uuid": "018e0c55-9f0a-7c3e-8a51-3a1d2c0b9f10", "event": "view", "distinct_id": "u1", "person_id": "p1",
        "properties": {"a": 1}, "timestamp": "2024-03-05T00:19:58.12Z", "created_at": "2024-03-05T00:20:01Z",
    }  # fmt: skip
    lake.deliver(json.dumps(event), "posthog", f"{NAME}.jsonl")
    report = lake.deliver(parquet(), "posthog", f"{NAME}.parquet")
    assert (report.loaded, report.duplicate) == (0, 1)


def test_lines_packed_with_brotli_or_gzip_are_the_same_file(lake, make):
    data = make.many("posthog", range(3))
    assert lake.deliver(brotli.compress(data), "posthog", f"{NAME}.jsonl.br").loaded == 3
    assert lake.deliver(gzip.compress(data), "posthog", f"{NAME}.jsonl.gz").status == "duplicate"
    assert lake.deliver(data, "posthog", f"{NAME}-1.jsonl.br").status == "duplicate"


def test_brotli_that_stops_or_goes_on_or_is_none_is_refused(lake, make):
    packed = brotli.compress(make.many("posthog", range(2000)))
    cut = lake.deliver(packed[: len(packed) // 2], "posthog", "cut.jsonl.br")
    assert (cut.status, cut.reason) == ("rejected", "INCOMPLETE_FILE")
    more = lake.deliver(packed + b"more", "posthog", "more.jsonl.br")
    assert (more.status, more.reason) == ("rejected", "TYPE_MISMATCH")
    other = lake.deliver(b"\x8b\x00hello, this is not packed", "posthog", "none.jsonl.br")
    assert other.status == "rejected"


def test_a_brotli_bomb_stops_at_the_limit(lake):
    report = lake.deliver(brotli.compress(b"\n" * 300_000_000, quality=5), "posthog", "bomb.jsonl.br")  # fmt: skip
    assert (report.status, report.reason) == ("rejected", "ZIP_LIMIT")


def test_the_list_of_files_is_passed_over(lake):
    report = lake.deliver('{"files":["a.jsonl"]}', "posthog", f"{NAME}_manifest.json")
    assert (report.status, report.records_seen) == ("empty", 0)


def test_an_empty_result_of_the_pages_is_an_empty_export(lake):
    data = "error\nNo data available or unable to format for export.\n"
    report = lake.deliver(data, None, "export.csv")
    assert (report.source, report.status, report.reason) == ("posthog", "empty", "EMPTY_EXPORT")


def test_columns_of_the_pages_come_in_any_order_and_by_thousands(lake):
    names = [f"properties.p{number}" for number in range(3000)]
    header = [*names[:1500], "timestamp", "event", "distinct_id", *names[1500:], "uuid"]
    cells = ["x" if name == "properties.p7" else "" for name in header]
    for name, value in (("timestamp", "2024-03-05T00:00:00Z"), ("event", "view"), ("distinct_id", "u1"), ("uuid", "018e0c55-9f0a-7c3e-8a51-3a1d2c0b9f10")):  # fmt: skip
        cells[header.index(name)] = value
    report = lake.deliver(f"{','.join(header)}\n{','.join(cells)}\n", "posthog", "export.csv")
    assert report.loaded == 1
    assert lake.rows("posthog.events", "event, properties") == [("view", '{"p7":"x"}')]


def test_a_csv_without_an_event_is_refused_with_the_nearest_names(lake):
    report = lake.deliver("events,timestamp\nview,2024-03-05\n", "posthog", "export.csv")
    assert (report.status, report.reason) == ("rejected", "HEADER")
    assert "event (nearest: events)" in report.message


@pytest.mark.parametrize("written", ["2024-03-05T00:19:58Z", "2024-03-05T00:19:58.000+00:00", "2024-03-05T01:19:58.000000+01:00", "2024-03-05 00:19:58.000000"])  # fmt: skip
def test_iso_times_of_every_form_are_the_same_instant(lake, make, written):
    lake.deliver(make.lines(make.posthog(1, timestamp=written)), "posthog")
    assert lake.rows("posthog.events", "cast(timestamp_at as varchar)") == [("2024-03-05 00:19:58",)]  # fmt: skip


def test_overlapping_backfills_count_once_and_a_later_insert_wins(lake, make):
    lake.deliver(make.lines(make.posthog(1)), "posthog", "None-2024.jsonl")
    later = make.posthog(1, created_at="2024-03-05T00:30:00Z", person_id="p2")
    report = lake.deliver(make.lines(later), "posthog", f"{NAME}.jsonl")
    assert (report.loaded, report.duplicate) == (0, 1)


def test_every_version_of_a_person_is_kept(lake):
    def version(number, **more):
        return json.dumps({"team_id": 1, "distinct_id": "d", "person_id": f"p{number}", "person_distinct_id_version": number, "person_version": 1, "properties": {}, **more})  # fmt: skip

    data = "\n".join([version(0), version(1, is_deleted=True), version(1, is_deleted=True)])
    report = lake.deliver(data, "posthog", "persons.jsonl")
    assert (report.loaded, report.duplicate) == (2, 1)
    assert lake.rows("posthog.persons", "person_id, is_deleted")[:2] == [("p0", False), ("p1", True)]  # fmt: skip
