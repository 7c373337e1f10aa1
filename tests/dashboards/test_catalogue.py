"""The catalogue: files are the questions, unknown keys are errors, golden cases hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboards.ask import ask
from dashboards.catalogue import QUESTIONS, DeclarationError, load

GOOD = """\
id: demo
asks: How many?
owner: product_ops
answer_is: A number.
definition: Counts.
version: 1
params: {}
columns:
  - {name: n, type: integer}
inputs: [marts.fct_events]
"""


def write(folder: Path, text: str, twin: str | None = "demo.sql") -> Path:
    (folder / "area").mkdir(exist_ok=True)
    (folder / "area" / "demo.yml").write_text(text)
    if twin:
        (folder / "area" / twin).write_text(
            "-- @events person\n\n-- @rows\nselect count(distinct person) as n from scoped_events\n"
        )
    return folder


def test_adding_a_question_is_adding_its_two_files(tmp_path, history):
    catalogue = load(write(tmp_path, GOOD))
    assert ask(history.published, "demo", {}, "2024-03-13", catalogue).rows == [{"n": 4}]


@pytest.mark.parametrize(
    ("text", "twin", "message"),
    [
        (GOOD + "colour: blue\n", "demo.sql", r"demo\.yml:11: unknown key `colour`"),
        (
            GOOD.replace("{name: n, type: integer}", "{name: n, type: integer, unt: x}"),
            "demo.sql",
            r"demo\.yml:9: unknown key `unt`",
        ),
        (
            GOOD.replace("params: {}", "params:\n  a: {type: strange}"),
            "demo.sql",
            r"demo\.yml:8: parameter `a` has type 'strange'",
        ),
        (GOOD.replace("params: {}", "params:\n  a: {type: choice}"), "demo.sql", r"needs `values`"),
        (GOOD.replace("owner: product_ops\n", ""), "demo.sql", r"the key `owner` is missing"),
        (GOOD.replace("id: demo", "id: other"), "demo.sql", r"demo\.yml:1: id is `other`"),
        (GOOD + "version: 2\n", "demo.sql", r"demo\.yml:11: the key `version` is given twice"),
        (GOOD + "x: [\n", "demo.sql", r"demo\.yml:\d+: not valid YAML"),
        (GOOD, None, r"exactly one twin"),
    ],
)
def test_a_wrong_declaration_is_an_error_with_file_and_line(tmp_path, text, twin, message):
    with pytest.raises(DeclarationError, match=message):
        load(write(tmp_path, text, twin))


def test_every_question_has_an_owner_phrasings_and_reads_marts_only():
    for question in load().questions.values():
        assert question.owner and question.definition and len(question.phrasings) >= 8, question.id
        assert all(table.startswith(("marts.", "kpis.", "ledger.")) for table in question.inputs)
        text = question.twin.read_text()
        assert not re.search(r"\b(staging|intermediate|raw)\.", text), question.id
        assert "current_date" not in text and "now()" not in text


def test_ids_are_those_of_the_files():
    assert sorted(load().questions) == sorted(path.stem for path in QUESTIONS.glob("*/*.yml"))


def golden():
    return [(q.id, case) for q in load().questions.values() for case in q.golden]


@pytest.mark.parametrize(
    ("question", "case"), golden(), ids=[f"{q}{n}" for n, (q, _) in enumerate(golden())]
)
def test_golden_cases_hold_on_the_acceptance_history(history, question, case):
    params = {
        key: str(value) if key in ("from", "to", "as_of") else value
        for key, value in case["params"].items()
    }
    as_of = params.pop("as_of", None)
    rows = ask(history.published, question, params, as_of).rows
    wanted = case.get("where", {})
    got = [
        row[case["column"]]
        for row in rows
        if all(row[key] == value for key, value in wanted.items())
    ]
    assert got == case["values"]


def test_every_question_answers_on_a_version_without_anything(world):
    needed = {
        "funnel": {"steps": ["open"]},
        "time_to_convert": {"steps": ["open", "close"]},
        "feature_usage": {"event": "open"},
        "feature_adoption": {"event": "open"},
        "launch_effect": {"release": "2024-04-01"},
        "experiment_result": None,
        "sample_size": {"baseline": 0.1, "mde_relative": 0.2},
        **dict.fromkeys(("event_uses", "event_volume", "blast_radius"), {"event": "open"}),
    }
    tables = {
        "dim_events": [
            {"event_name": "open", "status": "live"},
            {"event_name": "close", "status": "live"},
        ]
    }
    with world([], tables=tables, data_through="2024-05-01") as asks:
        for question in load().questions:
            params = needed.get(question, {})
            if params is not None:
                text = asks(question, **params).to_json()
                assert "NaN" not in text and "Infinity" not in text
