"""Breakdowns by a property of the event, the person or the account: which value counts, and which groups are shown."""

from __future__ import annotations

import json

import pytest

from dashboards.answer import BadParameter
from dashboards.ask import ask
from dashboards.published import open_version
from dashboards.widgets import charts, readings
from dashboards.widgets.charts import Curve, Frame, Point
from dashboards.widgets.tokens import LIGHT

DAYS = {"from": "2024-05-01", "to": "2024-05-03", "period": "day"}
PRO, FREE = ({"person_properties": json.dumps({"plan": plan})} for plan in ("pro", "free"))


def history():
    """a to c are pro on the web, d to f free on iOS, of account 1 and 2; c moves to free and to iOS on the second day; g has neither."""
    events = []
    for place, who in enumerate("abcdef"):
        state = {
            **(PRO if place < 3 else FREE),
            "account_key": 1 if place < 3 else 2,
            "platform": "web" if place < 3 else "ios",
        }
        events.append((who, "open", "2024-05-01T10:00", {}, state))
        events.append((who, "buy", f"2024-05-01T1{place}:30", {}, state))
    events.append(
        ("c", "open", "2024-05-02T09:00", {}, {**FREE, "platform": "ios", "account_key": 1})
    )
    events.append(
        ("c", "open", "2024-05-02T10:00", {}, {**PRO, "platform": "web", "account_key": 1})
    )
    events.append(
        ("a", "open", "2024-05-02T09:00", {}, {**PRO, "platform": "web", "account_key": 1})
    )
    return [*events, ("g", "open", "2024-05-01T09:00")]


@pytest.fixture(scope="module")
def asks(tmp_path_factory, publish_world):
    folder = publish_world(
        tmp_path_factory.mktemp("groups"),
        events=history(),
        settings={"minimum_group_size": 3},
        tables={
            "dim_accounts": [
                {"account_key": key, "account_id": f"o{key}", "group_type": "org", "plan": plan}
                for key, plan in ((1, "business"), (2, "starter"))
            ],
            "dim_events": [{"event_name": name, "status": "live"} for name in ("open", "buy")],
        },
    )
    with open_version(folder) as version:
        yield lambda question, **more: ask(version, question, more, "2024-05-03")


def active(answer):
    return {(r["breakdown"], r["period_start"][-2:]): (r["active"], r["new"]) for r in answer.rows}


def test_rule_A1_a_person_is_in_one_group_of_a_period_and_small_groups_are_not_shown(asks):
    answer = asks("active_users", breakdown="platform", **DAYS)
    # c is on the web on the first day and, by the first event of it, on iOS on the second; g alone would be seen, so a second group goes with it
    assert active(answer) == {("ios", "01"): (3, 3), ("ios", "02"): (1, 0)}
    assert "2 groups are suppressed" in " ".join(answer.caveats)
    known = [{"property": "platform", "op": "set"}]
    answer = asks("active_users", breakdown="platform", where=known, **DAYS)
    assert active(answer) == {
        ("ios", "01"): (3, 3),
        ("ios", "02"): (1, 0),
        ("web", "01"): (3, 3),
        ("web", "02"): (1, 0),
    }
    whole = asks("active_users", where=known, **DAYS).rows
    assert [r["active"] for r in whole] == [6, 2] and {r["breakdown"] for r in whole} == {None}
    assert answer.summary == asks("active_users", where=known, **DAYS).summary
    found = readings.read(answer)
    assert (found.value, "largest of 2 groups, ios" in found.plain) == ("2", True)


def test_the_property_may_be_the_persons_or_the_accounts(asks):
    known = {"where": [{"property": "platform", "op": "set"}], **DAYS}
    answer = asks("active_users", breakdown="plan", property_of="person", **known)
    assert active(answer)["free", "02"] == (1, 0)  # c, as of the first event of that day
    assert "of the person as it was" in " ".join(answer.caveats)
    answer = asks("active_users", breakdown="plan", property_of="account", **known)
    assert active(answer) == {
        ("business", "01"): (3, 3),
        ("business", "02"): (2, 0),
        ("starter", "01"): (3, 3),
        ("starter", "02"): (0, 0),
    }
    assert "as the list of accounts has it now" in " ".join(answer.caveats)
    assert {
        r["breakdown"]
        for r in asks("active_users", breakdown="account", property_of="account", **known).rows
    } == {"1", "2"}
    with pytest.raises(BadParameter, match="the nearest is `plan`"):
        asks("active_users", breakdown="plans", property_of="account", **known)


def test_rule_D1_use_by_group_adds_up_to_the_whole(asks):
    span = {
        "from": "2024-05-01",
        "to": "2024-05-03",
        "where": [{"property": "platform", "op": "set"}],
    }
    answer = asks(
        "feature_usage",
        event={"event": "buy", "where": [{"property": "plan", "of": "person", "value": "pro"}]},
        breakdown="plan",
        property_of="account",
        **span,
    )
    told = {r["breakdown"]: (r["actors"], r["active_actors"], r["share"]) for r in answer.rows}
    assert told == {"business": (3, 3, 1.0), "starter": (0, 3, 0.0)}
    assert (answer.summary["actors"], answer.summary["active_actors"]) == (3, 6)
    assert readings.read(answer).value == "3"
    with pytest.raises(BadParameter, match="exactly one of"):
        asks("feature_usage", breakdown="plan")


def test_rules_R3_and_F14_take_the_value_at_the_start_and_at_the_steps(asks):
    span = {
        "from": "2024-05-01",
        "to": "2024-05-02",
        "where": [{"property": "platform", "op": "set"}],
    }
    for of, (first, second) in {
        "person": ("pro", "free"),
        "account": ("business", "starter"),
    }.items():
        named = {"breakdown": "plan", "property_of": of, **span}
        rows = asks("retention", horizon=1, **named).rows
        kept = {
            r["breakdown"]: (r["cohort_size"], r["retained"])
            for r in rows
            if r["cohort_start"] and r["interval"] == 1
        }
        assert kept == {first: (3, 2), second: (3, 0)}  # a and c came back; c was pro at the start
        steps = asks("funnel", steps=["open", "buy"], **named).rows
        assert {(r["breakdown"], r["step"]): r["reached"] for r in steps} == {
            (g, n): 3 for g in (first, second) for n in (1, 2)
        }
    segments = asks(
        "segments",
        metric="feature_usage",
        event="buy",
        dimension="plan",
        dimension_of="account",
        **span,
    ).rows
    assert {r["segment"]: r["n"] for r in segments} == {"business": 3, "starter": 3}


def test_labels_of_lines_that_end_close_to_each_other_do_not_stand_on_each_other():
    lines = [
        Curve(name, [Point("2024-01-01", first, name), Point("2024-01-08", last, name)])
        for name, first, last in (("a", 100, 32), ("b", 50, 30), ("c", 10, 29))
    ]
    rises = charts.label_rises(lines, from_zero=True)
    assert [first for first, _ in rises] == [12, 12, 12]
    assert [last for _, last in rises] == [12, 1, -12]  # 32 at 62 pixels, then 15 pixels apart
    nothing = Curve("x", [Point("2024-01-01", 3, "3", is_complete=False)])
    assert charts.label_rises([nothing], True) == [[]]
    assert charts.chart([nothing], Frame(alt=""), LIGHT).to_dict()["layer"]


def test_marks_of_a_scale_of_time_stand_on_its_points_and_the_last_is_one():
    weeks = [
        f"2024-{month:02}-{day:02}"
        for month, day in (
            (1, 1),
            (1, 8),
            (1, 15),
            (1, 22),
            (1, 29),
            (2, 5),
            (2, 12),
            (2, 19),
            (2, 26),
            (3, 4),
        )
    ]
    curve = Curve("x", [Point(at, 1, "1") for at in weeks])
    drawn = charts.chart([curve], Frame(alt="", events=[("2024-02-07", "v1")]), LIGHT).to_dict()
    values = next(
        layer["encoding"]["x"]["axis"]["values"]
        for layer in drawn["layer"]
        if "axis" in layer["encoding"]["x"]
    )
    assert [(v["month"], v["date"]) for v in values] == [(1, 8), (1, 22), (2, 5), (2, 19), (3, 4)]
