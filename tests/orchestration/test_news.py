"""A run builds what its news feed, says so, and ends with the numbers that a whole build of the same data gives."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest

from dashboards import question_log
from orchestration import content, evidence
from orchestration.commands.run import built as line
from orchestration.publish import rollback
from orchestration.selection import fed_by

FED_BY_QUESTIONS = {"stg_ingestion__loads", "stg_question_log__entries", "fct_asks", "fct_loads"}


def ask(workspace, who: str) -> None:
    question_log.append(
        workspace.settings.paths.app_db, "asked", question_log.new_ask_id(), "retention", who
    )


def built_models(workspace) -> set[str]:
    return {
        node["name"]
        for node in evidence.nodes(workspace.settings)
        if node["kind"] == "model" and not node["is_kept"]
    }


def document(workspace, name: str = "definitions.json") -> dict[str, Any]:
    return dict(json.loads((workspace.published / str(workspace.current()) / name).read_text()))


def said_by_the_file(workspace) -> str:
    """The content hash, read out of the published tables themselves."""
    file = workspace.published / str(workspace.current()) / "warehouse.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{file}' as published (read_only)")
        return content.combined(content.describe(connection, "published", {"marts.fct_loads"}))


def test_inv_3_runs_that_build_only_their_news_end_like_one_whole_build(good, events) -> None:
    """Questions, a rollback, events with a warning, questions, a file that replaces another: each run builds its part."""
    every_model = {"int_events__named", "fct_events", "dim_data_through", "fct_period_numbers"}
    seen = []
    ask(good, "pm-01")
    seen.append(good.run())
    assert built_models(good) == FED_BY_QUESTIONS
    told = seen[0].built
    assert line(told) == f"built     4 of {told['of']} models (question_log is new)"
    assert good.query("select * from marts.fct_asks") == [("pm-01", 1)]

    rollback(
        good.published, "v000001"
    )  # from the version that is served now nothing may be taken over
    unexpected = {**events(1, 60)[0], "event": "sneezed"}
    good.land("second.ndjson", [*events(30, 61), unexpected])
    seen.append(good.run())
    assert built_models(good) >= every_model and "fct_asks" not in built_models(good)
    assert said_by_the_file(good) == good.content_hash()
    (warned,) = document(good)["tests"]["warned"]
    assert warned.startswith("accepted_values_stg_events__events_")

    ask(good, "pm-02")
    seen.append(good.run())
    assert built_models(good) == FED_BY_QUESTIONS
    trust = document(good)
    assert trust["tests"] == {"passed": 1, "failed": 0, "warned": [warned]}, "it still warns"
    assert (trust["timing"]["tests_ran"], trust["timing"]["tests_kept"]) == (0, 2)
    assert trust["timing"]["oldest_test_at"] <= document(good, "manifest.json")["created_at"]
    assert trust["models"]["fct_events"]["compiled_sql"].startswith("select"), "of an older build"

    good.land("first.ndjson", events(60)[:50] + events(12, 95))
    seen.append(good.run())
    assert built_models(good) >= every_model and "fct_asks" not in built_models(good)

    assert [outcome.status for outcome in seen] == ["published"] * 4
    in_parts = good.content_hash()
    assert said_by_the_file(good) == in_parts
    good.settings.paths.warehouse.unlink()
    whole = good.run(ingest=False)
    assert line(whole.built).startswith("built     all ")
    assert good.content_hash() == in_parts


def test_what_is_not_known_of_the_last_build_is_built(good) -> None:
    """Lost results of tests, or another folder: neither may leave a part of the warehouse unproven or pointing elsewhere."""
    ask(good, "pm-01")
    (good.settings.build_dir / "evidence" / "dbt_published.json").unlink()
    state = good.settings.build_dir / "state.json"
    good.run()
    assert built_models(good) > FED_BY_QUESTIONS
    assert "stg_events__events" not in built_models(good)

    state.write_text(json.dumps({**json.loads(state.read_text()), "lake": "/elsewhere"}))
    assert good.run().status == "unchanged", "nothing is new"
    ask(good, "pm-02")
    told = good.run().built
    assert (told["models"], told["news"]) == (told["of"], None)


SOURCES = {
    "s.events": ("app", "events"),
    "s.people": ("hr", "people"),
    "s.loads": ("_ingestion", "loads"),
}
READS = {
    "m.events": ["s.events", "s.loads"],
    "m.people": ["s.people", "s.loads"],
    "m.loads": ["s.loads"],
    "m.facts": ["m.events"],
    "m.both": ["m.facts", "m.people"],
    "t.facts": ["m.facts"],
    "t.both": ["m.people", "m.facts"],
    "x.chart": ["m.facts"],
}


@pytest.mark.parametrize(
    ("news", "fed"),
    [
        ({("app", "events")}, {"m.events", "m.facts", "m.both", "t.facts", "t.both"}),
        ({("hr", "people")}, {"m.people", "m.both", "t.both"}),
        ({("_ingestion", "loads")}, {"m.loads"}),
        (set(), set()),
    ],
    ids=["far below", "a test of two models", "the loads of any table", "nothing new"],
)
def test_news_feed_whatever_is_built_from_them(news: set[tuple[str, str]], fed: set[str]) -> None:
    kinds = {"m": "model", "t": "test", "x": "exposure"}
    manifest = {
        "sources": {k: {"source_name": s, "name": n} for k, (s, n) in SOURCES.items()},
        "nodes": {
            name: {"resource_type": kinds[name[0]], "depends_on": {"nodes": reads}}
            for name, reads in READS.items()
        },
    }
    assert fed_by(manifest, news) == fed
