"""The question log: rows reach the landing zone once, whole, and in the documented form."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from dashboards import question_log
from dashboards.catalogue import load
from dashboards.catalogue.subjects import subjects

ASKED_AT = datetime(2026, 11, 16, 9, 30, tzinfo=timezone(timedelta(hours=1)))


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_an_episode_is_exported_once_in_the_documented_form(tmp_path: Path) -> None:
    store, landing = tmp_path / "app.sqlite", tmp_path / "landing"
    question_log.append(store, "asked", "a1", "retention", who="pm-01", at=ASKED_AT)
    question_log.append(
        store, "answered", "a1", "retention", who="pm-01", complete=True, at=ASKED_AT
    )
    (first,) = question_log.export_new(store, landing)
    assert first == landing / "question_log" / "default" / "1-2.ndjson"
    assert read(first) == [
        {
            "at": "2026-11-16T08:30:00.000Z",
            "kind": "asked",
            "ask_id": "a1",
            "who": "pm-01",
            "question": "retention",
            "channel": "page",
        },
        {
            "at": "2026-11-16T08:30:00.000Z",
            "kind": "answered",
            "ask_id": "a1",
            "who": "pm-01",
            "question": "retention",
            "channel": "page",
            "complete": True,
        },
    ]
    assert question_log.export_new(store, landing) == []
    question_log.append(store, "asked", "a2", "nps", refines="a1", at=datetime.now(UTC))
    (second,) = question_log.export_new(store, landing)
    assert second.name == "3-3.ndjson"
    assert [row["refines"] for row in read(second)] == ["a1"]


def test_a_batch_cut_off_before_its_file_is_written_again_under_the_same_name(
    tmp_path: Path,
) -> None:
    store, landing = tmp_path / "app.sqlite", tmp_path / "landing"
    question_log.append(store, "asked", "a1", "retention", at=ASKED_AT)
    landing.write_text("in the way")  # the write fails after the range was fixed
    with pytest.raises(OSError):
        question_log.export_new(store, landing)
    landing.unlink()
    question_log.append(store, "asked", "a2", "nps", at=ASKED_AT)
    written = [path.name for path in question_log.export_new(store, landing)]
    assert written == ["1-1.ndjson", "2-2.ndjson"]


def test_an_ask_says_what_it_is_about_and_a_log_from_before_takes_it_too(tmp_path: Path) -> None:
    store, landing = tmp_path / "app.sqlite", tmp_path / "landing"
    question_log.append(store, "asked", "a1", "retention", at=ASKED_AT)
    with sqlite3.connect(store) as old:
        old.execute("alter table entries drop column about")
    question_log.append(store, "asked", "a2", "funnel", at=ASKED_AT, about=["event:buy"])
    (file,) = question_log.export_new(store, landing)
    assert [row.get("about") for row in read(file)] == [None, ["event:buy"]]


def test_subjects_are_names_of_the_plan_and_never_what_somebody_filtered_by() -> None:
    asked = {
        "steps": '["view", {"event": "buy", "where": [{"property": "email", "value": "a@b.c"}]}]',
        "where": '[{"property": "plan", "op": "eq", "value": "pro"}]',
        "window": "7d",
    }
    assert subjects(load().get("funnel"), asked) == ["event:view", "event:buy"]
    assert subjects(load().get("funnel"), {"steps": "[not json"}) == []
    assert subjects(load().get("feature_usage"), {"feature": "export"}) == ["feature:export"]


def test_nothing_asked_exports_nothing(tmp_path: Path) -> None:
    assert question_log.export_new(tmp_path / "app.sqlite", tmp_path / "landing") == []


def test_an_unknown_kind_or_channel_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="kind 'seen'"):
        question_log.append(tmp_path / "app.sqlite", "seen", "a1", "nps")
    with pytest.raises(ValueError, match="channel 'mail'"):
        question_log.append(tmp_path / "app.sqlite", "asked", "a1", "nps", channel="mail")


def test_a_doubted_number_keeps_its_context(tmp_path: Path) -> None:
    store = tmp_path / "app.sqlite"
    question_log.append_doubt(store, "nps", "/answers?q=nps", "v1", "ana", "too high", who="pm-02")
    (doubt,) = question_log.doubts(store)
    assert (doubt.who, doubt.address, doubt.data_version, doubt.note) == (
        "pm-02",
        "/answers?q=nps",
        "v1",
        "too high",
    )
