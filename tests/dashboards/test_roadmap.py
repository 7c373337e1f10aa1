"""The roadmap in the order of RICE, with the reach counted by the engine (K8), and the references of experiments (K2b)."""

from __future__ import annotations

import pytest

from dashboards.answer import BadParameter
from dashboards.ask import ask
from dashboards.published import open_version

ITEM = {
    "source": "roadmap", "project": "default", "stage": "planned", "is_reach_stated": False, "is_reach_counted": False,
    "feedback_links": 0, "experiment_links": 0, "known_experiment_links": 0, "metric_links": 0,
}  # fmt: skip


def item(key: str, **more) -> dict:
    return {**ITEM, "roadmap_item_id": f"default|{key}", "item_id": key, "title_redacted": key, **more}  # fmt: skip


@pytest.fixture(scope="module")
def plan(tmp_path_factory, publish_world):
    scores = {"impact": 1.0, "confidence": 0.8, "effort_months": 2.0, "rice_per_person": 0.4}
    fresh = {"updated_at": "2024-06-01"}
    items = [
        item("counted", area="growth", is_reach_counted=True, reach_kind="event", reach_name="export", reach=9000.0, feedback_links=1, **scores, **fresh),
        item("feature", area="growth", is_reach_counted=True, reach_kind="feature", reach_name="f", **scores, **fresh),
        item("everyone", area="core", is_reach_counted=True, reach_kind="active_users", known_experiment_links=1, **scores, **fresh),
        item("stated", area="core", is_reach_stated=True, reach=5.0, metric_links=1, end_on="2024-09-01", **scores, updated_at="2024-05-01"),
        item("guessed", area="core", reach=1.0, **scores, **fresh),
        item("wrong", area="core", reach=50.0, rice_problem="plan.csv:7: impact 5 is none of 3, 2, 1, 0.5, 0.25", **fresh),
        item("bare", end_on="2024-07-01", start_on="2024-06-20"),
        item("shipped", stage="done"),
    ]  # fmt: skip
    events = [
        ("u1", "export", "2024-05-20T10:00:00"),
        ("u1", "export", "2024-05-21T10:00:00"),
        ("u2", "export", "2024-05-22T10:00:00"),
        ("u3", "view", "2024-05-22T10:00:00", {}, {"is_value_event": True, "feature": "f"}),
        ("u4", "view", "2024-05-22T10:00:00", {}, {"feature": "f"}),
        ("u9", "export", "2024-03-01T10:00:00"),  # 93 days before
    ]
    links = [
        {"experiment_id": "b", "project": "p", "prior_id": "a", "prior_experiment_id": "a", "prior_project": "p", "kind": "builds_on", "grade": "A", "verdict": "valid"},
        {"experiment_id": "b", "project": "p", "prior_id": "zz", "kind": "builds_on", "grade": "B", "verdict": "unknown experiment"},
    ]  # fmt: skip
    folder = publish_world(
        tmp_path_factory.mktemp("plan"),
        events=events,
        tables={
            "dim_roadmap_items": items,
            "fct_experiment_links": links,
            "dim_experiments": [
                {"experiment_id": key, "project": "p", "name": key.upper()} for key in "ab"
            ],
        },
        data_through="2024-06-02",
    )
    with open_version(folder) as opened:
        yield opened


@pytest.fixture
def asked(plan):
    return lambda question="roadmap", **params: ask(plan, question, params)


def test_roadmap_is_in_the_order_of_rice_by_counted_reach(asked):
    answer = asked()
    told = [(row["position"], row["item_id"], row["reach"], row["reach_from"], row["rice"]) for row in answer.rows]  # fmt: skip
    # four people were active, two exported (one more did 93 days ago), one got the value of the feature
    assert told[:5] == [
        (1, "stated", 5.0, "stated", 2.0),
        (2, "everyone", 4.0, "counted", 1.6),
        (3, "counted", 2.0, "counted", 0.8),
        (4, "feature", 1.0, "counted", 0.4),
        (5, "guessed", 1.0, "guessed", 0.4),
    ]
    # without a score: by the planned end, which one of them has
    assert [row["item_id"] for row in answer.rows[5:]] == ["bare", "wrong"]
    assert answer.summary == {"items": 7, "with_evidence": 3, "with_rice": 5, "with_counted_reach": 3, "first": "stated"}  # fmt: skip


def test_roadmap_says_what_each_item_lacks(asked):
    lacks = {row["item_id"]: row["lacks"] for row in asked().rows}
    assert lacks == {
        "counted": None,
        "everyone": None,
        "feature": "no evidence",
        "stated": "not updated in 30 days",
        "guessed": "no evidence; its reach is guessed",
        "wrong": "no evidence; plan.csv:7: impact 5 is none of 3, 2, 1, 0.5, 0.25",
        "bare": "no evidence; no RICE: reach, impact, confidence, effort is missing; not updated in 30 days",
    }


def test_roadmap_is_narrowed_by_area_range_days_and_stage(asked):
    assert {row["item_id"] for row in asked(area="growth").rows} == {"counted", "feature"}
    with pytest.raises(BadParameter, match="nearest is `growth`"):
        asked(area="grwth")
    in_june = asked(**{"from": "2024-06-01", "to": "2024-07-01"})
    assert [row["item_id"] for row in in_june.rows] == ["bare"]
    assert [row["item_id"] for row in asked(stage="done").rows] == ["shipped"]
    longer = {row["item_id"]: row["reach"] for row in asked(reach_days=100).rows}
    assert (longer["counted"], longer["everyone"]) == (3.0, 5.0)


def test_experiment_links_tells_which_references_count(asked):
    answer = asked("experiment_links")
    assert [(r["prior_id"], r["prior_name"], r["counts"], r["verdict"]) for r in answer.rows] == [
        ("a", "A", True, "valid"),
        ("zz", None, False, "unknown experiment"),
    ]
    assert (answer.summary["valid"], answer.summary["to_an_unknown_experiment"]) == (1, 1)
    assert [r["prior_id"] for r in asked("experiment_links", show="invalid").rows] == ["zz"]
