"""What every reader must do, whatever its source: literal examples, counts, duplicates, order, broken records."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

import pytest

from ingestion.contract import SYSTEM_COLUMNS, all_contracts
from ingestion.intake import sample_of
from ingestion.load import ensure_raw_schema
from ingestion.registry import detect, readers

AMPLITUDE = """\
{"$insert_id":"9b1c-77","$insert_key":null,"$schema":13,"amplitude_id":384000111222,"app":100123,"client_event_time":"2024-03-04 23:59:58.120000","client_upload_time":"2024-03-06 07:00:01.000000","server_received_time":"2024-03-06 07:00:03.500000","server_upload_time":"2024-03-06 07:00:04.010000","processed_time":"2024-03-06 07:00:05.220000","event_time":"2024-03-05 00:00:00.620000","event_type":"report_exported","event_id":41,"uuid":"3f0c9f3a-dabb-11ee-9c1e-0a58a9feac02","user_id":"u-8842","device_id":"c0ffee00-0000-4000-8000-00000000000aR","session_id":1709596740000,"event_properties":{"rows":1200,"format":"csv","tags":["q1","board"]},"user_properties":{"plan":"pro"},"groups":{"org":["o-17"]},"group_properties":{},"data":{"path":"/2/httpapi","group_ids":{},"group_first_event":{}},"data_type":"event","platform":"Web","os_name":"Chrome","country":"Germany","language":"German","paying":null,"library":"amplitude-ts/2.3.2"}
{"$insert_id":"exp-1","amplitude_id":384000111222,"app":100123,"event_time":"2024-03-05 09:12:00.000000","server_upload_time":"2024-03-05 09:12:02.000000","event_type":"[Experiment] Exposure","uuid":"aa0c9f3a-dabb-11ee-9c1e-0a58a9feac02","user_id":"u-8842","device_id":"c0ffee00-0000-4000-8000-00000000000aR","session_id":-1,"event_properties":{"[Experiment] Flag Key":"new-exporter","[Experiment] Variant":"treatment"},"user_properties":{"[Experiment] new-exporter":"treatment"},"data":{}}
"""
MIXPANEL = """\
{"event":"Report Exported","properties":{"time":1709597998,"distinct_id":"u-8842","$device_id":"18df0a2c","$user_id":"u-8842","$insert_id":"d41d8cd98f00b204","$browser":"Chrome","$browser_version":122,"mp_country_code":"DE","mp_lib":"web","$mp_api_timestamp_ms":1709598001200,"mp_processing_time_ms":1709598002333,"Row Count":"1200","is board?":true}}
{"event":"$experiment_started","properties":{"time":1709600000,"distinct_id":"$device:18df0a2c","$device_id":"18df0a2c","$insert_id":"0cc175b9c0f1b6a8","Experiment name":"new-exporter","Variant name":"treatment","mp_processing_time_ms":1709600003001}}
"""
POSTHOG = """\
{"uuid":"018e0c55-9f0a-7c3e-8a51-3a1d2c0b9f10","event":"report exported","distinct_id":"u-8842","person_id":"018dff00-1111-7222-8333-444455556666","properties":{"$current_url":"https://app.example.com/r/1","$session_id":"018e0c55-0000-7000-8000-000000000001","rows":1200,"$feature/new-exporter":"test"},"person_properties":{"plan":"pro"},"elements_chain":"","timestamp":"2024-03-05T00:19:58.120000+00:00","created_at":"2024-03-05T00:20:01.003000+00:00","_inserted_at":"2024-03-05T00:20:04.551000+00:00"}
{"uuid":"018e0c60-0000-7c3e-8a51-3a1d2c0b9f11","event":"$feature_flag_called","distinct_id":"018dff00-anon","person_id":"018dff00-1111-7222-8333-444455556666","properties":{"$feature_flag":"new-exporter","$feature_flag_response":"test","$feature/new-exporter":"test"},"person_properties":{},"elements_chain":"","timestamp":"2024-03-05T00:25:00Z","created_at":"2024-03-05T00:25:02Z"}
"""
ZENDESK = r"""{"tickets":[{"id":48211,"created_at":"2024-03-04T22:10:07Z","updated_at":"2024-03-06T08:00:12Z","generated_timestamp":1709798412,"status":"solved","custom_status_id":1500,"type":"incident","priority":"high","subject":"Export is empty","raw_subject":"Export is empty","description":"The CSV has only a header.\n\nSent from my phone","requester_id":390011223344,"submitter_id":390011223344,"assignee_id":418200001111,"organization_id":null,"group_id":3600001,"external_id":null,"tags":["export","sev2"],"custom_fields":[{"id":27642,"value":"reports"},{"id":27648,"value":null}],"satisfaction_rating":{"score":"good","comment":"quick"},"via":{"channel":"email","source":{"from":{},"to":{},"rel":null}},"is_public":true,"has_incidents":false}],"after_url":null,"after_cursor":"MTcwOTc5ODQxMi4wfHw0ODIxMXw=","before_cursor":null,"end_of_stream":true}"""
DELIGHTED = """[{"id":"210554372","person":"980285131","survey_type":"nps","score":8,"comment":"Fine, but exports are slow","permalink":"https://app.delighted.com/r/x","created_at":1709589000,"updated_at":null,"person_properties":{"plan":"pro","Delighted Source":"Email"},"notes":[],"tags":["export"],"additional_answers":[{"id":"4","value":{"free_response":null,"scale":null,"select_one":{"id":"tp0Q4K","text":"Yes"},"select_many":null},"question":{"id":"enum_caUUdY","type":"select_one","text":"Used us before?"}}]},
 {"id":"210554373","person":"1040825885","survey_type":"nps","score":3,"comment":null,"permalink":"https://app.delighted.com/r/y","created_at":1709589060,"updated_at":1709675460,"person_properties":null,"notes":[],"tags":[],"additional_answers":[]}]"""
OKTA = """[{"uuid":"c6f0b8d5-4e7a-7c1b-2f9d-3a5b1c0e4d6f","published":"2024-03-04T22:10:07.019Z","eventType":"user.authentication.sso","legacyEventType":"app.auth.sso","version":"0","severity":"INFO","displayMessage":"User single sign on to app","actor":{"id":"00u1","type":"User","alternateId":"pm@example.com","displayName":"P M","detailEntry":null},"outcome":{"result":"SUCCESS","reason":null},"target":[{"id":"0oam","type":"AppInstance","alternateId":"Productboard","displayName":"Productboard","detailEntry":{"signOnModeType":"SAML_2_0"}},{"id":"0uam","type":"AppUser","alternateId":"pm@example.com","displayName":"P M","detailEntry":null}],"client":{"ipAddress":"203.0.113.9"},"authenticationContext":{"externalSessionId":"trs8"},"transaction":{"id":"83a8","type":"WEB","detail":{}}}]"""
EXPERIMENTS = """\
- experiment_key: x1
  name: on
  variants: [{key: control, weight: 0.5}, {key: treatment, weight: 0.5}]
  start_date: 2024-03-01
  prior_experiments: [{id: x0, kind: replicates}]
- {experiment_id: 1.10, variants: ["a", "b"], type: aa}
"""


@dataclass(frozen=True)
class Example:
    """A literal export with the rows that it must become."""

    source: str
    data: str
    table: str
    columns: str
    rows: list[tuple]
    name: str = "export.json"


EXAMPLES = [
    Example("amplitude", AMPLITUDE, "events", "event_type, amplitude_id, session_id, cast(event_time as varchar), user_id", [("report_exported", "384000111222", "1709596740000", "2024-03-05 00:00:00.62", "u-8842"), ("[Experiment] Exposure", "384000111222", None, "2024-03-05 09:12:00", "u-8842")]),
    Example("mixpanel", MIXPANEL, "events", "event, distinct_id, user_id, cast(time_at as varchar), country", [("Report Exported", "u-8842", "u-8842", "2024-03-05 00:19:58", "DE"), ("$experiment_started", "$device:18df0a2c", None, "2024-03-05 00:53:20", None)]),
    Example("posthog", POSTHOG, "events", "event, distinct_id, cast(timestamp_at as varchar), cast(created_at as varchar)", [("report exported", "u-8842", "2024-03-05 00:19:58.12", "2024-03-05 00:20:01.003"), ("$feature_flag_called", "018dff00-anon", "2024-03-05 00:25:00", "2024-03-05 00:25:02")]),
    Example("zendesk", ZENDESK, "tickets", "ticket_id, status, requester_id, satisfaction_score, via_channel, cast(generated_at as varchar), tags, first_reply_minutes", [("48211", "solved", "390011223344", "good", "email", "2024-03-07 08:00:12", '["export", "sev2"]', None)]),
    Example("delighted", DELIGHTED, "responses", "response_id, person_id, score, comment, cast(updated_at as varchar), properties", [("210554372", "980285131", 8, "Fine, but exports are slow", "2024-03-04 21:50:00", '{"plan": "pro", "Delighted Source": "Email"}'), ("210554373", "1040825885", 3, None, "2024-03-05 21:51:00", "{}")]),
    Example("okta", OKTA, "events", "event_type, outcome, actor_login, app_id, app_name, cast(published_at as varchar)", [("user.authentication.sso", "SUCCESS", "pm@example.com", "0oam", "Productboard", "2024-03-04 22:10:07.019")]),
    Example("experiments", EXPERIMENTS, "experiments", "experiment_id, name, type, variants, cast(start_date as varchar)", [("x1", "on", "ab", '[{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5}]', "2024-03-01"), ("1.10", None, "aa", '[{"key": "a", "weight": null}, {"key": "b", "weight": null}]', None)], "x.yml"),
    Example("people", "people:\n  - {person_id: pm-01, name: PM 01, role: pm, start_date: 2023-01-09, end_date: null}\n", "people", "person_id, role, cast(start_date as varchar), end_date", [("pm-01", "pm", "2023-01-09", None)], "people.yml"),
    Example("exposures", "experiment_id,user_id,variant,exposed_at\nx1,u1,control,2024-03-02T00:00:00Z\n", "exposures", "experiment_id, user_id, variant, cast(exposed_at as varchar)", [("x1", "u1", "control", "2024-03-02 00:00:00")], "x.csv"),
    Example("outcomes", "experiment_id,user_id,converted,spent\nx1,u1,1,2.5\nx1,u2,0,\n", "outcomes", 'user_id, metrics, "at"', [("u1", '{"converted": 1.0, "spent": 2.5}', None), ("u2", '{"converted": 0.0}', None)], "o.csv"),
    Example("question_log", '{"at":"2024-03-02T10:00:00+01:00","kind":"asked","ask_id":"a1","who":"pm-01","question":"retention","channel":"page","refines":null}\n{"at":"2024-03-02T09:00:01Z","kind":"answered","ask_id":"a1","complete":true}\n', "entries", 'cast("at" as varchar), kind, ask_id, complete', [("2024-03-02 09:00:00", "asked", "a1", None), ("2024-03-02 09:00:01", "answered", "a1", True)], "q.ndjson"),
    Example("events", "event,user_id,device_id,time,event_id,plan\nview,u1,d1,2024-03-02T00:00:00Z,e1,pro\n", "events", "event, user_id, cast(time_at as varchar), event_id, properties", [("view", "u1", "2024-03-02 00:00:00", "e1", '{"plan": "pro"}')], "e.csv"),
]  # fmt: skip
by_source = pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.source)


def test_every_reader_has_an_example():
    assert {example.source for example in EXAMPLES} == set(readers())


@by_source
def test_a_literal_example_becomes_exactly_these_rows(lake, example):
    report = lake.deliver(example.data, example.source, example.name)
    assert (report.status, report.quarantined, report.loaded) == ("loaded", 0, len(example.rows))
    assert lake.rows(f"{example.source}.{example.table}", example.columns) == example.rows


@by_source
def test_the_parquet_has_exactly_the_columns_of_the_contract(lake, example):
    lake.deliver(example.data, example.source, example.name)
    contract = all_contracts()[example.source]
    found = lake.columns(f"{example.source}.{example.table}")
    assert found == {**SYSTEM_COLUMNS, **contract.table(example.table).column_types}


@by_source
def test_the_same_example_again_is_a_duplicate(lake, example):
    first = lake.deliver(example.data, example.source, example.name)
    again = lake.deliver(example.data, example.source, "again-" + example.name)
    assert again.status == "duplicate"
    assert (again.records_seen, again.duplicate) == (first.records_seen, first.records_seen)


@by_source
def test_the_reader_is_found_from_the_content(lake, example):
    path = lake.inbox / example.name
    path.write_text(example.data)
    assert detect(sample_of(path, path.name)).source == example.source


@by_source
def test_every_identity_is_scoped_and_given(lake, example):
    lake.deliver(example.data, example.source, example.name)
    found = lake.rows(f"{example.source}.{example.table}", "_identity, _payload_hash, _line")
    assert all(row[0].startswith(f"{example.source}|p|") and len(row[1]) == 16 for row in found)
    assert len({row[2] for row in found}) == len(found)


@by_source
def test_a_record_of_nonsense_is_quarantined_with_its_bytes(lake, example):
    if example.name.endswith((".csv", ".yml")):
        pytest.skip("rows of CSV and YAML have their own cases")
    records = _records(example.data)
    data = "\n".join([json.dumps(records[0]), '{"nonsense": true}', *map(json.dumps, records[1:])])
    report = lake.deliver(data, example.source, "mixed.ndjson")
    assert (report.loaded, report.quarantined) == (len(example.rows), 1)
    assert list(lake.codes()) == [2]


@by_source
def test_random_bytes_never_crash_a_reader(lake, example):
    chance = random.Random(example.source)
    data = bytearray(example.data.encode())
    for number in range(6):
        broken = bytearray(data)
        for _ in range(4):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        report = lake.deliver(bytes(broken), example.source, f"{number}-{example.name}")
        assert report.status in ("loaded", "partial", "duplicate", "rejected", "empty")


ODD = (None, [], {}, [[]], {"a": {"b": 1}}, 5, -1, 1e308, True, "x", "", "0", 2**70, "9999-12-31T23:59:59Z", "1970-01-01", [1, "a", None], "\x00", "null")  # fmt: skip


@by_source
def test_odd_values_in_any_field_cost_at_most_their_record(lake, example):
    if example.name.endswith((".csv", ".yml")):
        records = [dict(zip(*[line.split(",") for line in example.data.splitlines()[:2]], strict=False))]  # fmt: skip
        if example.name.endswith(".yml"):
            records = [{"experiment_id": "x", "variants": ["a"], "person_id": "p", "role": "pm"}]
    else:
        records = _records(example.data)
    first = records[0]
    changed = [{**first, name: odd} for name in first for odd in ODD]
    bag = first.get("properties")
    if isinstance(bag, dict):
        changed += [{**first, "properties": {**bag, name: odd}} for name in bag for odd in ODD]
    lines = "\n".join(json.dumps(record) for record in changed)
    report = lake.deliver(lines, example.source, "odd.ndjson")
    assert report.records_seen == len(changed)
    assert report.status in ("loaded", "partial")
    table = all_contracts()[example.source].table(example.table)
    for column in table.columns:
        if column.type == "json" and report.loaded:
            bad = f'count(*) filter (where not json_valid("{column.name}"))'
            assert lake.rows(f"{example.source}.{example.table}", f"{bad} over ()")[0] == (0,)


@by_source
def test_a_cut_file_never_crashes_a_reader(lake, example):
    data = example.data.encode()
    for number, share in enumerate((0.2, 0.55, 0.9)):
        lake.deliver(data[: int(len(data) * share)], example.source, f"{number}-{example.name}")


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


def _records(data: str) -> list[dict]:
    try:
        value = json.loads(data)
    except ValueError:
        return [json.loads(line) for line in data.splitlines()]
    if isinstance(value, dict):
        return value["tickets"]
    return value
