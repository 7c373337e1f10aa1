"""A property with a column of its own gives the answers that the bag of each event gives."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from dashboards.ask import ask
from dashboards.engine.conditions import Fragment, with_kept
from dashboards.published import open_version

SPAN = {"from": "2024-04-01", "to": "2024-05-06"}
PLAN = {"property": "plan", "op": "in", "value": ["team", "true", "7"]}
ASKED = [
    ("active_users", {"period": "week", "where": [PLAN]}),
    ("active_users", {"where": [{"property": "plan", "op": "not_set"}]}),
    ("active_users", {"breakdown": "plan", "period": "month"}),
    ("lifecycle", {"where": [{**PLAN, "op": "not_in"}, {"property": "size", "op": "gt", "value": 3}]}),
    ("retention", {"where": [{**PLAN, "op": "contains", "value": "EA"}], "unit": "week"}),
    ("funnel", {"steps": ["A", {"event": "B", "where": [PLAN]}, "C"], "breakdown": "plan"}),
    ("funnel", {"steps": ["A", "B"], "hold_constant": "plan", "order": "strict"}),
    ("feature_usage", {"event": "A", "where": [{"property": "platform", "op": "eq", "value": "web"}]}),
]  # fmt: skip


def history():
    dice = random.Random(5)
    values = ["team", "pro", True, 7, 7.5, None, ["team"], {"a": "b"}]
    begin = datetime(2024, 4, 1)
    for _ in range(240):
        bag = {
            "plan": dice.choice(values),
            "size": dice.randrange(9),
            "platform": dice.choice("ab"),
        }
        at = begin + timedelta(hours=dice.randrange(24 * 35))
        kept = {name: bag[name] for name in bag if dice.random() < 0.8}
        yield (
            f"p{dice.randrange(15)}",
            dice.choice("ABC"),
            at.isoformat(),
            kept,
            {"platform": "web"},
        )


@pytest.fixture(scope="module")
def versions(tmp_path_factory, publish_world):
    events = list(history())
    folder = tmp_path_factory.mktemp("kept")
    publish_world(folder, events=events)
    published = publish_world(folder, version="v2", events=events, kept=("platform", "plan"))
    with open_version(published, "v1") as looked_up, open_version(published, "v2") as kept:
        yield looked_up, kept


@pytest.mark.parametrize(("question", "params"), ASKED)
def test_a_kept_property_answers_like_the_bag(versions, question, params):
    looked_up, kept = (ask(version, question, params | SPAN) for version in versions)
    assert looked_up.rows and kept.rows == looked_up.rows
    assert kept.summary == looked_up.summary
    assert "kept_" in kept.sql and "kept_" not in looked_up.sql


def test_values_stay_with_their_marks_when_a_path_goes():
    found = with_kept(
        Fragment("a = ? and json_extract_string(fct_events.properties, ?) = ? and json_extract_string(fct_events.properties, ?) = ?", (1, "/x", 2, "/y", 3)),
        {"/x": "kept_1"},
    )  # fmt: skip
    assert found.sql == "a = ? and fct_events.kept_1 = ? and json_extract_string(fct_events.properties, ?) = ?"  # fmt: skip
    assert found.params == (1, 2, "/y", 3)
