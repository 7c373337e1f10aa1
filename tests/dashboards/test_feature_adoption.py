"""Feature adoption (metrics.md D2) and who is eligible (D1), worked out by hand."""

from __future__ import annotations

import pytest

from dashboards.answer import BadParameter
from dashboards.engine.statistics import wilson

VALUE = {"is_value_event": True, "feature": "export"}
PLAN = {
    "dim_features": [{"feature": "export", "name": "Export"}, {"feature": "none", "name": "None"}],
    "dim_events": [
        {"event_name": "exported", "status": "live", "feature": "export", "value_event": True, "live_from": "2024-03-01"},
        {"event_name": "open", "status": "live", "feature": "none", "value_event": False},
    ],
}  # fmt: skip


def used(who: str, at: str, **more):
    return (who, "exported", at, {}, {**VALUE, **more})


def opened(who: str, at: str, plan: str = "pro"):
    return (who, "open", at, {"plan": plan})


# Day 0 is 1 March unless said otherwise; day 28 is 29 March, day 29 the 30th, day 56 is 26 April.
HISTORY = [
    # gone before the launch: never eligible
    opened("gone", "2024-02-20T10:00"),
    # looks and never uses
    opened("looks", "2024-02-20T10:00"),
    opened("looks", "2024-03-01T10:00"),
    # two uses on one day are one day: tried, not adopted; the use on day 57 is too late to be retained
    opened("once", "2024-03-01T09:00"),
    used("once", "2024-03-03T10:00"),
    used("once", "2024-03-03T22:00"),
    used("once", "2024-04-27T10:00"),
    # second day is day 28, and a use on day 29: adopted and retained
    opened("last", "2024-03-01T23:30"),
    used("last", "2024-03-02T10:00"),
    used("last", "2024-03-29T23:59"),
    used("last", "2024-03-30T00:00"),
    # second day is day 29, which is too late to adopt but early enough to be used again
    opened("late", "2024-03-01T10:00"),
    used("late", "2024-03-10T10:00"),
    used("late", "2024-03-30T10:00"),
    # first use only on day 40: tried, and not again
    opened("slow", "2024-03-01T10:00"),
    used("slow", "2024-04-10T10:00"),
    # eligible by the use itself, on 1 April: day 28 is 29 April, day 56 is 27 May
    used("fresh", "2024-04-01T10:00"),
    used("fresh", "2024-04-05T10:00"),
    used("fresh", "2024-04-30T10:00"),
    # eligible on 20 April, has neither tried nor run out of time
    opened("young", "2024-04-20T10:00"),
]


@pytest.fixture(scope="module")
def export(tmp_path_factory, publish_world):
    from dashboards.published import open_version

    folder = publish_world(tmp_path_factory.mktemp("adoption"), events=HISTORY, tables=PLAN)
    with open_version(folder) as published:
        yield published


def asked(published, as_of="2024-05-05", **params):
    from dashboards.ask import ask

    answer = ask(published, "feature_adoption", {"feature": "export", **params}, as_of)
    return answer, {row["stage"]: row for row in answer.rows}


def numbers(row):
    return [row[key] for key in ("actors", "pending", "matured", "matured_reached", "share")]


def test_rule_d2_tried_adopted_and_retained_by_days_since_the_first_eligible_day(export):
    answer, stages = asked(export)
    # looks, once, last, late, slow, fresh, young; not those who were gone before the launch
    assert numbers(stages["eligible"]) == [7, 0, 7, 7, 1.0]
    assert numbers(stages["tried"]) == [5, 0, 7, 5, 5 / 7]
    # day 28 of young is 18 May: pending. last and fresh adopted; once had one day, late was a day late
    assert numbers(stages["adopted"]) == [2, 1, 6, 2, 2 / 6]
    # day 56 is over for the five of March: last and late came again; fresh has, ahead of time; young waits
    assert numbers(stages["retained"]) == [3, 1, 5, 2, 2 / 5]
    assert stages["adopted"]["share_of_tried"] == 2 / 4  # of once, last, late, fresh
    assert stages["retained"]["share_of_tried"] == 2 / 3  # of once, last, late
    assert (stages["adopted"]["ci_low"], stages["adopted"]["ci_high"]) == wilson(2, 6)
    # first uses on days 2, 1, 9, 40 and 0
    assert answer.summary["median_days_to_first_use"] == 2
    assert str(answer.summary["launched_on"]) == "2024-03-01"
    assert answer.summary["launch_known_by"] == "live_from in the tracking plan"


def test_rule_d2_day_28_is_over_when_the_next_day_begins(export):
    for as_of, matured in (("2024-03-29T23:59:59", 0), ("2024-03-30", 5)):
        assert asked(export, as_of)[1]["adopted"]["matured"] == matured


def test_the_range_bounds_the_first_eligible_day_and_a_launch_can_be_named(export):
    stages = asked(export, **{"from": "2024-04-01"})[1]
    assert [numbers(stages[name])[0] for name in ("eligible", "tried", "adopted")] == [2, 1, 1]
    # From a launch in February on, the opening of 20 February is a first eligible day.
    answer, stages = asked(export, launch="2024-02")
    assert stages["eligible"]["actors"] == 8 and str(answer.summary["launched_on"]) == "2024-02-01"


def test_without_a_declared_day_the_first_use_of_somebody_who_counts_is_the_launch(world):
    events = [
        used("staff", "2024-02-01T10:00", is_internal=True),
        opened("a", "2024-02-20T10:00"),
        used("a", "2024-03-04T10:00"),
    ]
    plan = {**PLAN, "dim_events": [{**PLAN["dim_events"][0], "live_from": None}]}
    with world(events, tables=plan) as asks:
        for named in ({"feature": "export"}, {"event": "exported"}):
            summary = asks("feature_adoption", "2024-05-05", **named).summary
            assert str(summary["launched_on"]) == "2024-03-04"


def test_rule_d1_eligible_says_who_could_have_used_it(export):
    pro = '[{"property": "plan", "op": "eq", "value": "pro"}]'
    answer, stages = asked(export, eligible=pro)
    # fresh never opened anything on a plan, so its uses are outside
    assert stages["eligible"]["actors"] == 6 and stages["tried"]["actors"] == 4
    assert answer.summary["used_without_being_eligible"] == 1
    assert "1 people used it without being eligible" in " ".join(answer.caveats)


def test_rule_d1_the_share_of_use_is_of_eligible_active_people(world):
    events = [
        opened("a", "2024-05-01T10:00"),
        opened("b", "2024-05-01T10:00", plan="free"),
        opened("c", "2024-05-01T10:00"),
        used("a", "2024-05-01T11:00"),
        used("a", "2024-05-01T12:00"),
        used("b", "2024-05-01T11:00"),
    ]
    days = {"from_": "2024-05-01", "to": "2024-05-02", "as_of": "2024-05-02"}
    with world(events, tables=PLAN) as asks:
        everybody = asks("feature_usage", feature="export", **days).rows[0]
        assert [everybody[k] for k in ("actors", "active_actors", "share", "events")] == [2, 3, 2 / 3, 3]  # fmt: skip
        assert (everybody["ci_low"], everybody["ci_high"]) == wilson(2, 3)
        for eligible in (
            '{"property": "plan", "value": "pro"}',
            '{"event": "open", "where": [{"property": "plan", "value": "pro"}]}',
        ):
            answer = asks("feature_usage", feature="export", eligible=eligible, **days)
            row = answer.rows[0]
            assert [row[k] for k in ("actors", "active_actors", "share", "events")] == [1, 2, 0.5, 2]  # fmt: skip
            assert row["events_per_actor_median"] == 2
            assert any(text.startswith("1 people used it without") for text in answer.caveats)
        every = asks("feature_usage", eligible='{"property": "plan", "value": "pro"}', **days).rows
        assert [(r["feature"], r["actors"], r["active_actors"]) for r in every] == [
            ("export", 1, 2),
            ("none", 0, 2),
        ]


def test_without_a_launch_there_is_no_share_and_the_answer_says_why(export):
    answer, stages = asked(export, feature="none")
    assert stages == {}
    assert "nothing to adopt yet" in " ".join(answer.caveats)
    early, stages = asked(export, as_of="2024-02-25")
    assert stages["eligible"]["actors"] == 0 and stages["tried"]["share"] is None
    with pytest.raises(BadParameter, match="exactly one of `feature` and `event`"):
        asked(export, event="open")
    with pytest.raises(BadParameter, match="`eligible`"):
        asked(export, eligible='[{"propertie": "plan"}]')
