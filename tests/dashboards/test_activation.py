"""Activation (metrics.md D3), worked out by hand."""

from __future__ import annotations

import pytest

from dashboards.answer import BadParameter
from dashboards.ask import ask
from dashboards.engine.statistics import wilson

HOUR, DAY = 3600, 86400
EVENTS = [
    # old: first event ever before the range
    ("old", "open", "2024-03-01T10:00"),
    ("old", "open", "2024-03-05T10:00"),
    ("old", "publish", "2024-03-05T10:00"),
    # exact: publishes to the instant two days later, invites once and again
    ("exact", "open", "2024-03-04T10:00:00"),
    ("exact", "invite", "2024-03-04T12:00:00"),
    ("exact", "publish", "2024-03-06T10:00:00"),
    ("exact", "invite", "2024-03-06T09:00:00"),
    # over: a second too late
    ("over", "open", "2024-03-04T10:00:00"),
    ("over", "publish", "2024-03-06T10:00:01"),
    # first: the first event itself is the criterion
    ("first", "publish", "2024-03-05T08:00:00"),
    # never
    ("never", "open", "2024-03-05T08:00:00"),
    # young: two days are not over at as-of; quick: has activated all the same
    ("young", "open", "2024-03-08T12:00:00"),
    ("quick", "open", "2024-03-08T13:00:00"),
    ("quick", "publish", "2024-03-08T14:00:00"),
]
PARAMS = {"criteria": "publish", "days": 2, "period": "day", "from": "2024-03-04", "to": "2024-03-09"}  # fmt: skip
NUMBERS = ("new_actors", "activated", "pending", "matured", "matured_activated", "share")


@pytest.fixture(scope="module")
def published(tmp_path_factory, publish_world):
    from dashboards.published import open_version

    folder = publish_world(tmp_path_factory.mktemp("activation"), events=EVENTS)
    with open_version(folder) as version:
        yield version


def test_rule_d3_criteria_within_days_of_the_first_event_of_new_actors_with_the_days_elapsed(
    published,
):
    answer = ask(published, "activation", PARAMS, "2024-03-10")
    rows = {row["cohort_start"]: [row[key] for key in NUMBERS] for row in answer.rows}
    assert rows == {
        "2024-03-04": [2, 1, 0, 2, 1, 0.5],
        "2024-03-05": [2, 1, 0, 2, 1, 0.5],
        "2024-03-06": [0, 0, 0, 0, 0, None],
        "2024-03-07": [0, 0, 0, 0, 0, None],
        "2024-03-08": [2, 1, 1, 0, 0, None],
    }
    assert [row["complete"] for row in answer.rows] == [True, True, True, True, False]
    assert answer.rows[0]["median_seconds"] == 2 * DAY and answer.rows[1]["median_seconds"] == 0
    whole = answer.summary
    assert [whole[key] for key in NUMBERS] == [6, 3, 1, 4, 2, 0.5]
    assert (whole["ci_low"], whole["ci_high"]) == wilson(2, 4)
    assert whole["median_seconds"] == DAY  # of 0 and two days; the quick one is not matured
    assert [(p["days"], p["actors"], p["share"]) for p in whole["activated_within"]] == [
        (1, 1, 0.25),
        (2, 2, 0.5),
    ]


def test_rule_d3_the_days_have_elapsed_to_the_instant(published):
    for as_of, matured in (("2024-03-06T09:59:59", 0), ("2024-03-06T10:00:00", 2)):
        assert ask(published, "activation", PARAMS, as_of).rows[0]["matured"] == matured


def test_rule_d3_all_criteria_have_to_be_met_each_as_often_as_it_says(published):
    both = '["publish", {"event": "invite", "times": 2}]'
    whole = ask(published, "activation", {**PARAMS, "criteria": both}, "2024-03-10").summary
    assert whole["matured_activated"] == 1 and whole["median_seconds"] == 2 * DAY
    assert [(c["name"], c["actors"]) for c in whole["criteria"]] == [
        ("publish", 2),
        ("invite, 2 times", 1),
    ]
    thrice = '[{"event": "invite", "times": 3}]'
    assert (
        ask(published, "activation", {**PARAMS, "criteria": thrice}, "2024-03-10").summary["share"]
        == 0
    )
    either = '{"any_of": ["publish", "invite"]}'
    whole = ask(published, "activation", {**PARAMS, "criteria": either}, "2024-03-10").summary
    assert whole["matured_activated"] == 2 and whole["median_seconds"] == HOUR  # of 2 h and 0


def test_rule_d3_new_is_the_first_start_event_in_all_history(published):
    started = {**PARAMS, "start_event": "publish"}
    rows = ask(published, "activation", started, "2024-03-10").rows
    # old publishes for the first time on the 5th; opening before makes no difference
    assert [row["new_actors"] for row in rows] == [0, 2, 2, 0, 1]


def test_the_default_criterion_is_a_value_event_and_without_one_the_answer_says_so(
    world, published
):
    answer = ask(published, "activation", {"from": "2024-03-04", "to": "2024-03-09"}, "2024-04-01")
    assert "names no value event" in " ".join(answer.caveats)
    plan = {"dim_events": [{"event_name": "publish", "status": "live", "value_event": True}]}
    valued = [(*e, {}, {"is_value_event": e[1] == "publish"}) for e in EVENTS]
    with world(valued, tables=plan) as asks:
        given = {key: value for key, value in PARAMS.items() if key != "criteria"}
        answer = asks("activation", "2024-03-10", **given)
        assert answer.summary["share"] == 0.5
        assert answer.summary["criteria"][0]["name"] == "any value event"


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ("[]", "1 to 10 criteria"),
        ('[{"event": "publish", "times": 0}]', "times` is a whole number"),
        ('[{"event": "publish", "tims": 2}]', "unknown key `tims`"),
        ("publsh", "nearest is `publish`"),
    ],
)
def test_a_wrong_criterion_is_explained(published, criteria, message):
    with pytest.raises(BadParameter, match=message):
        ask(published, "activation", {**PARAMS, "criteria": criteria}, "2024-03-10")
