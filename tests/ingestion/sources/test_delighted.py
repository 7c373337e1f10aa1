"""The traps of Delighted's exports, each with what goes in and what comes out."""

from __future__ import annotations

import json

import pytest
from literal_exports.first import DELIGHTED

from ingestion.load import IngestSettings

FIRST, SECOND = json.loads(DELIGHTED)


def test_a_changed_answer_is_the_newer_version(lake):
    for number, changes in enumerate(({}, {"score": 2, "updated_at": 1709680000}, {"score": 5})):
        lake.deliver(json.dumps([{**FIRST, **changes}]), "delighted", f"{number}.json")
    assert set(lake.rows("delighted.responses", "max_by(score, updated_at) over ()")) == {(2,)}


@pytest.mark.parametrize(
    ("survey", "score", "code"),
    [("csat", 5, None), ("ces", 7, None), ("csat", 8, "SCORE_RANGE"), ("csat", 0, "SCORE_RANGE"), ("thumbs", 0, None), ("thumbs", 2, "SCORE_RANGE"), ("enps", 10, None)],
)  # fmt: skip
def test_every_kind_of_survey_has_its_own_scale(lake, survey, score, code):
    lake.deliver(json.dumps([{**FIRST, "survey_type": survey, "score": score}]), "delighted")
    assert lake.codes() == ({1: code} if code else {})


@pytest.mark.parametrize(("properties", "kept"), [(None, "{}"), ({}, "{}"), ({"seats": "12"}, '{"seats": "12"}')])  # fmt: skip
def test_properties_are_null_empty_or_texts(lake, properties, kept):
    lake.deliver(json.dumps([{**FIRST, "person_properties": properties}]), "delighted")
    assert lake.rows("delighted.responses", "properties") == [(kept,)]


def test_a_csv_by_address_is_read_in_utc_unless_a_zone_is_set(lake):
    data = " response id ,EMAIL,Score,Created At\n1,p@example.com,9,2024-03-04 21:50:00\n"
    lake.deliver(data, "delighted", "a.csv")
    lake.settings = IngestSettings(
        {"delighted": {"projects": {"q": {"timezone": "Europe/Berlin"}}}}
    )
    lake.deliver(data, "delighted", "a.csv", "q")
    assert lake.rows("delighted.responses", "cast(created_at as varchar), person_id") == [
        ("2024-03-04 21:50:00", "p@example.com"), ("2024-03-04 20:50:00", "p@example.com")
    ]  # fmt: skip


def test_a_csv_without_anybody_is_refused_and_a_mapping_helps(lake):
    data = "Wer,Note,Wann\n7,9,2024-03-04 21:50:00\n"
    report = lake.deliver(data, "delighted", "a.csv")
    assert report.reason == "HEADER"
    columns = {"person": "Wer", "score": "Note", "created_at": "Wann"}
    lake.settings = IngestSettings({"delighted": {"projects": {"p": {"columns": columns}}}})
    assert lake.deliver(data, "delighted", "a.csv").loaded == 1


def test_a_person_asked_again_is_a_newer_version(lake):
    person = {
        "id": "1",
        "name": None,
        "email": "a@example.com",
        "created_at": 1641455282,
        "last_sent_at": 1641455283,
        "last_responded_at": None,
        "next_survey_scheduled_at": 1741455283,
    }
    lake.deliver(json.dumps([{**person, "last_sent_at": 1651455283}, person]), "delighted")
    last = "cast(max_by(last_sent_at, changed_at) over () as date)::varchar"
    assert set(lake.rows("delighted.people", last)) == {("2022-05-02",)}


def test_streams_of_a_connector_in_one_file_go_to_their_tables(lake):
    records = [
        FIRST,
        {"person_id": "1", "email": "a@example.com", "name": None, "bounced_at": 1641455285},
        {"person_id": "1", "email": "a@example.com", "name": None, "unsubscribed_at": 1641455286},
    ]
    assert lake.deliver("\n".join(map(json.dumps, records)), "delighted", "x.ndjson").loaded == 3
    assert len(lake.rows("delighted.bounces")) == len(lake.rows("delighted.unsubscribes")) == 1
