"""What every reader must do, whatever its source: literal examples, counts, duplicates, order, broken records."""

from __future__ import annotations

import json
import random

import pytest
from literal_exports import all_examples
from literal_exports.first import DELIGHTED, ZENDESK

from ingestion.contract import SYSTEM_COLUMNS, all_contracts
from ingestion.load import ensure_raw_schema
from ingestion.registry import detect, readers
from ingestion.sample import sample_of

EXAMPLES = all_examples()
by_source = pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.id)


def test_every_table_of_every_reader_has_an_example():
    tables = {(name, table.name) for name in readers() for table in all_contracts()[name].tables}
    assert {(example.source, example.table) for example in EXAMPLES} == tables


def project_of(purpose, example):
    return f"{purpose}{EXAMPLES.index(example)}"


@pytest.fixture(scope="module")
def delivered(shared_lake, send):
    """Delivers what a function makes of every example ({name: text or bytes}), all in one call; reports by project."""

    def deliver(purpose, files_of):
        sent = [
            send(example, project_of(purpose, example), data, name)
            for example in EXAMPLES
            for name, data in files_of(example).items()
        ]
        reports = {}
        for file, report in zip(sent, shared_lake.deliver_examples(sent), strict=True):
            reports.setdefault(file.project, []).append(report)
        return reports

    return deliver


@pytest.fixture(scope="module")
def literal(delivered):
    """Each example, and then the same file under another name."""
    first = delivered("literal", lambda example: {example.name: example.data})
    again = delivered("literal", lambda example: {f"again-{example.name}": example.data})
    return {project: (*first[project], *again[project]) for project in first}


@by_source
def test_a_literal_example_becomes_exactly_these_rows(shared_lake, literal, example):
    project = project_of("literal", example)
    table = f"{example.source}.{example.table}"
    first, again = literal[project]
    assert (first.status, first.quarantined, first.loaded) == ("loaded", 0, len(example.rows))
    assert shared_lake.rows(table, example.columns, project) == example.rows
    found = shared_lake.rows(table, "_identity, _payload_hash, _line, _load_id", project)
    declared = all_contracts()[example.source].table(example.table).column_types
    assert shared_lake.columns(table, found[0][3]) == {**SYSTEM_COLUMNS, **declared}
    assert all(row[0].startswith(f"{example.source}|{project}|") for row in found)
    assert all(len(row[1]) == 16 for row in found)
    assert len({row[2] for row in found}) == len(found)
    assert again.status == "duplicate"
    assert (again.records_seen, again.duplicate) == (first.records_seen, first.records_seen)


@by_source
def test_the_reader_is_found_from_the_content(lake, example):
    path = lake.inbox / example.name
    path.write_text(example.data)
    assert detect(sample_of(path, path.name)).source == example.source


def with_nonsense(example):
    if not example.is_json:
        return {}
    first, *others = example.records()
    return {example.name: example.with_records([first, {"nonsense": True}, *others])}


@pytest.fixture(scope="module")
def nonsense(delivered, shared_lake):
    """Each JSON example with a record of nonsense in the second place: its report and what was refused of it."""
    reports = delivered("nonsense", with_nonsense)
    return {project: (report, shared_lake.codes(project)) for project, (report,) in reports.items()}


@by_source
def test_a_record_of_nonsense_is_quarantined_with_its_bytes(nonsense, example):
    if not example.is_json:
        pytest.skip("rows of CSV, YAML and calendars have their own cases")
    report, codes = nonsense[project_of("nonsense", example)]
    assert (report.loaded, report.quarantined) == (len(example.rows), 1)
    assert list(codes) == [2]


def with_random_bytes(example):
    chance = random.Random(example.id)
    files = {}
    for number in range(6):
        broken = bytearray(example.data.encode())
        for _ in range(4):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        files[f"{number}-{example.name}"] = bytes(broken)
    return files


@pytest.fixture(scope="module")
def random_bytes(delivered):
    return delivered("random", with_random_bytes)


@by_source
def test_random_bytes_never_crash_a_reader(random_bytes, example):
    for report in random_bytes[project_of("random", example)]:
        assert report.status in ("loaded", "partial", "duplicate", "rejected", "empty")


ODD = (None, [], {}, [[]], {"a": {"b": 1}}, 5, -1, 1e308, True, "x", "", "0", 2**70, "9999-12-31T23:59:59Z", "1970-01-01", [1, "a", None], "\x00", "null")  # fmt: skip


def with_odd_values(example):
    first = example.records()[0]
    changed = [{**first, name: odd} for name in first for odd in ODD]
    bag = first.get("properties")
    if isinstance(bag, dict):
        changed += [{**first, "properties": {**bag, name: odd}} for name in bag for odd in ODD]
    return changed


@pytest.fixture(scope="module")
def odd_values(delivered):
    return delivered(
        "odd", lambda e: {e.name: e.with_records(with_odd_values(e))} if e.is_json else {}
    )


@by_source
def test_odd_values_in_any_field_cost_at_most_their_record(shared_lake, odd_values, example):
    if not example.is_json:
        pytest.skip("cells of CSV, YAML and calendars are texts")
    project = project_of("odd", example)
    (report,) = odd_values[project]
    assert report.records_seen == len(with_odd_values(example))
    assert report.status in ("loaded", "partial")
    names = [
        column.name
        for column in all_contracts()[example.source].table(example.table).columns
        if column.type == "json"
    ]
    if names and report.loaded:
        bad = " or ".join(f'not json_valid("{name}")' for name in names)
        table = f"{example.source}.{example.table}"
        assert shared_lake.rows(table, f"count(*) filter (where {bad}) over ()", project)[0] == (0,)


def cut_at_three_places(example):
    data = example.data.encode()
    return {f"{share}-{example.name}": data[: int(len(data) * share)] for share in (0.2, 0.55, 0.9)}


@pytest.fixture(scope="module")
def cut_files(delivered):
    return delivered("cut", cut_at_three_places)


@by_source
def test_a_cut_file_never_crashes_a_reader(cut_files, example):
    assert len(cut_files[project_of("cut", example)]) == 3


def test_an_ambiguous_file_names_the_candidates(lake, make):
    event = {**make.mixpanel(1), "user_id": "u1", "time": "2024-03-05"}
    path = lake.inbox / "x.json"
    path.write_bytes(make.lines(event))
    report = lake.ingest(path, None)
    assert report.reason == "UNKNOWN_SOURCE"
    assert "events or mixpanel" in report.message


def test_content_that_nobody_knows_asks_for_the_source(lake):
    report = lake.deliver('{"a": 1}\n', None)
    assert report.reason == "UNKNOWN_SOURCE"
    assert "--source" in report.message


def test_every_table_of_every_contract_exists_before_any_load(lake):
    ensure_raw_schema(lake.paths)
    for contract in all_contracts().values():
        for table in contract.tables:
            found = lake.columns(f"{contract.source}.{table.name}")
            assert found == contract.raw_types(table)


def test_pages_of_tickets_in_one_file_are_all_read(lake):
    page = json.loads(ZENDESK)
    other = {**page, "tickets": [{**page["tickets"][0], "id": 2}]}
    assert lake.deliver(ZENDESK + "\n" + json.dumps(other), "zendesk", "a.json").loaded == 2
    assert lake.deliver(json.dumps([page, other], indent=1), "zendesk", "b.json", "q").loaded == 2
    assert lake.deliver(json.dumps(page["tickets"]), "zendesk", "c.json", "r").loaded == 1
    assert lake.deliver("\n".join(map(json.dumps, page["tickets"])), "zendesk", "d.json", "s").loaded == 1  # fmt: skip


def test_case_097_a_ticket_solved_before_it_was_made_is_quarantined(lake):
    ticket = json.loads(ZENDESK)["tickets"][0]
    ticket["metric_set"] = {"solved_at": "2024-03-01T00:00:00Z"}
    lake.deliver(json.dumps([ticket]), "zendesk")
    assert lake.codes() == {1: "NEGATIVE_DURATION"}


@pytest.mark.parametrize(
    ("score", "code"),
    [(-1, "SCORE_RANGE"), (11, "SCORE_RANGE"), (7.5, "SCORE_FORMAT"), ("9/10", "SCORE_FORMAT"), ("N/A", "SCORE_FORMAT"), (True, "SCORE_FORMAT")],
)  # fmt: skip
def test_case_094_scores_are_never_clamped(lake, score, code):
    good = json.loads(DELIGHTED)
    report = lake.deliver(json.dumps([{**good[0], "score": score}, good[1]]), "delighted")
    assert (report.loaded, lake.codes()) == (1, {1: code})


def test_case_094_a_blank_score_is_no_answer(lake):
    good = json.loads(DELIGHTED)
    data = json.dumps([{**good[0], "score": None}, {**good[1], "score": ""}])
    assert lake.deliver(data, "delighted").loaded == 2
    assert {row[0] for row in lake.rows("delighted.responses", "score")} == {None}


def test_a_delighted_csv_is_read_by_its_header(lake):
    data = "Response ID,Person ID,Score,Comment,Created At (UTC),Plan\n1,p1,9,ok,2024-03-04 21:50:00,pro\n"
    assert lake.deliver(data, "delighted", "d.csv").loaded == 1
    assert lake.rows("delighted.responses", "score, properties") == [(9, '{"Plan": "pro"}')]


def test_a_delighted_csv_without_score_is_refused(lake):
    report = lake.deliver("Response ID,Rating,Created At\n1,9,2024-03-04\n", "delighted", "d.csv")
    assert (report.reason, report.loaded) == ("HEADER", 0)


def test_a_parquet_export_of_posthog_is_read(lake, tmp_path):
    import duckdb

    path = tmp_path / "x.parquet"
    with duckdb.connect() as con:
        con.execute(
            "copy (select '018e0c55-9f0a-7c3e-8a51-000000000001' as uuid, 'view' as event, 'u1' as distinct_id,"
            " 'p1' as person_id, '{\"n\": 1}' as properties, '{}' as person_properties,"
            " timestamp '2024-03-05 00:19:58.12' as timestamp, timestamp '2024-03-05 00:20:01' as created_at)"
            f" to '{path}' (format parquet)"
        )
    assert lake.ingest(path, "posthog").loaded == 1
    assert lake.rows("posthog.events", "properties, cast(timestamp_at as varchar)") == [
        ('{"n": 1}', "2024-03-05 00:19:58.12")
    ]
