"""Before and after a launch (standard question 24), worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dashboards.answer import BadParameter
from dashboards.ask import ask
from dashboards.engine.statistics import Arm, compare, t_quantile

LAUNCH = date(2024, 4, 10)  # a Wednesday
# People on each day of a week that begins on a launch weekday, before and after: two weeks each.
WEEKS = {-4: 1, -3: 1, -2: 2, -1: 4, 0: 5, 1: 7}
PLAN = {
    "dim_features": [{"feature": "export", "name": "CSV export"}],
    "dim_events": [
        {"event_name": "exported", "status": "live", "feature": "export", "value_event": True, "live_from": "2024-04-10"},
        {"event_name": "open", "status": "live", "live_from": "2024-04-05"},
    ],
    "dim_releases": [{"source": "company", "project": "default", "release": "v3.0", "released_on": "2024-06-01"}, {"source": "github", "project": "app", "release": "v2.0", "released_on": "2024-04-10"}, {"source": "company", "project": "default", "release": "v1.9", "feature": "export", "released_on": "2024-04-09"}],
    "dim_experiments": [{"experiment_id": "x1", "name": "Onboarding", "start_date": "2024-04-15", "type": "ab"}],
}  # fmt: skip


def history():
    """Person n is active on each day of a week in which more than n people are; p0 uses the feature twice after the launch."""
    events = []
    for week, people in WEEKS.items():
        for day in range(7):
            on = LAUNCH + timedelta(days=7 * week + day)
            # On the day of the launch itself one more comes.
            extra = 1 if on == LAUNCH else 0
            events += [(f"p{n}", "open", f"{on}T12:00") for n in range(people + extra)]
    used = {"is_value_event": True, "feature": "export"}
    events += [("p0", "exported", f"2024-04-{day}T13:00", {}, used) for day in (12, 13)]
    return events


@pytest.fixture(scope="module")
def asks(tmp_path_factory, publish_world):
    from dashboards.published import open_version

    folder = publish_world(tmp_path_factory.mktemp("launch"), events=history(), tables=PLAN)
    with open_version(folder) as published:
        yield lambda as_of="2024-04-24", **params: ask(
            published, "launch_effect", {"release": "v2.0", "weeks": 2, **params}, as_of
        )


def total(answer, name="everyone"):
    return next(r for r in answer.rows if r["comparison"] == name and r["day"] is None)


def test_days_are_compared_with_the_same_weekday_one_window_before(asks):
    rows = [row for row in asks().rows if row["day"] is not None]
    assert len(rows) == 14
    assert (str(rows[0]["before_on"]), str(rows[0]["after_on"])) == ("2024-03-27", "2024-04-10")
    assert (rows[0]["before"], rows[0]["after"], rows[0]["change_absolute"]) == (2, 6, 4)
    assert {r["before_on"].weekday() == r["after_on"].weekday() for r in rows} == {True}
    assert (rows[7]["before"], rows[7]["after"], rows[7]["change_relative"]) == (4, 7, 0.75)


def test_the_change_is_of_whole_weeks_with_welchs_interval(asks):
    answer = asks()
    whole = total(answer)
    before, after = (2 + 4) / 2, ((5 * 7 + 1) / 7 + 7) / 2
    assert (whole["before"], whole["n_before"], whole["n_after"]) == (before, 2, 2)
    assert whole["after"] == pytest.approx(after)
    assert whole["change_absolute"] == pytest.approx(after - before)
    spread = (7 - 36 / 7) / 2**0.5
    want = compare(Arm(2, 3, 2**0.5), Arm(2, after, spread))
    assert whole["ci_low"] == pytest.approx(want.absolute_low)
    assert whole["ci_high"] == pytest.approx(want.absolute_high)
    # The growth was there already: one window earlier a day had 1 person, then 3.
    earlier = total(answer, "a window earlier")
    assert (earlier["before"], earlier["after"], earlier["change_relative"]) == (1, 3, 2)
    # after - 2 before + earlier, each mean of two weeks with its spread: 4 degrees of freedom at most
    beyond = total(answer, "everyone less a window earlier")
    assert beyond["change_absolute"] == pytest.approx(after - 2 * before + 1)
    errors = [spread**2 / 2, 4 * 2 / 2, 0]
    freedom = sum(errors) ** 2 / sum(e**2 for e in errors)
    reach = t_quantile(freedom) * sum(errors) ** 0.5
    assert beyond["ci_low"] == pytest.approx(after - 2 * before + 1 - reach)
    assert (answer.summary["verdict"], answer.summary["beyond_trend"]) == ("no clear change",) * 2


def test_only_whole_weeks_that_are_over_are_compared(asks):
    early = asks("2024-04-20")
    assert (early.summary["weeks_after"], total(early)["n_after"]) == (1, 1)
    assert total(early)["ci_low"] is None and early.summary["verdict"] == "too early"
    rows = [row for row in early.rows if row["day"] is not None]
    assert [row["complete"] for row in rows] == [True] * 10 + [False] * 4
    assert [row["after"] for row in rows[9:12]] == [7, None, None]
    none = asks("2024-04-16")
    assert total(none).get("change_absolute") is None
    assert "no whole week on both sides" in " ".join(none.caveats)
    # Weeks before the data began are no weeks of zeros.
    long = asks(weeks=6)
    assert long.summary["weeks_before"] == 4


def test_a_launch_that_has_not_come_has_no_effect_and_the_answer_says_so(asks):
    answer = asks(release="v3.0")
    assert answer.rows == [] and answer.summary["verdict"] == "has not come"
    assert "to go live on 2024-06-01" in " ".join(answer.caveats)
    assert "2024-04-24; it has not come" in " ".join(answer.caveats)
    assert asks("2024-04-09T23:59", release="v2.0").rows == []
    assert asks("2024-04-10", release="v2.0").rows != []


def test_weeks_that_are_all_the_same_are_not_too_early(world):
    events = [("a", "open", f"{LAUNCH + timedelta(days=n)}T12:00") for n in range(-14, 14)]
    with world(events) as asks:
        answer = asks("launch_effect", "2024-04-24", release="2024-04-10", weeks=2)
        assert answer.summary["verdict"] == "cannot be judged"
        assert "nothing says how much they vary" in " ".join(answer.caveats)


def test_adopters_beside_others_are_people_of_both_sides_and_no_cause(asks):
    answer = asks(release="export")
    # p0 to p3 were active before; p0 used the feature after. Active days a week: p0 and p1 7 and 7, p2 and p3 3.5 and 7.
    adopters, others = total(answer, "adopters"), total(answer, "others")
    assert (adopters["n_after"], adopters["before"], adopters["after"]) == (1, 7, 7)
    assert (others["n_after"], others["before"], others["after"]) == (3, pytest.approx(14 / 3), 7)
    difference = total(answer, "adopters less others")
    assert difference["change_absolute"] == pytest.approx(0 - 7 / 3)
    assert "not its effect" in " ".join(answer.caveats)
    named = asks(feature="export")
    assert total(named, "adopters") == adopters
    # A release of releases.yml says which feature it brought.
    assert asks(release="V1.9").summary["feature"] == "export"
    assert "name `feature`" in " ".join(asks().caveats)


def test_a_launch_is_a_feature_an_event_a_release_or_a_day(asks):
    known = {
        "export": "live_from in the tracking plan",
        "csv EXPORT": "live_from in the tracking plan",
        "v2.0": "its release",
        "2024-04-10": "the day that was asked for",
    }
    for release, by in known.items():
        summary = asks(release=release).summary
        assert (str(summary["launched_on"]), summary["known_by"]) == ("2024-04-10", by)
    assert str(asks(release="open").summary["launched_on"]) == "2024-04-05"
    with pytest.raises(BadParameter, match="the nearest is `v2.0`"):
        asks(release="v2.1")


def test_rule_d6_what_else_happened_is_on_the_time_line_and_the_launch_is_not(asks):
    lines = [(h["on"], h["kind"], h["what"]) for h in asks(release="export").summary["timeline"]]
    assert ("2024-04-10", "release", "v2.0") in lines and ("2024-04-09", "release", "v1.9") in lines
    assert ("2024-04-15", "experiment", "Onboarding") in lines
    assert ("2024-04-05", "tracking", "open") in lines
    assert not [line for line in lines if line[2] == "exported" and line[0] == "2024-04-10"]


def test_events_can_be_measured_and_a_condition_narrows_them(asks):
    rows = [row for row in asks(measure="events").rows if row["day"] is not None]
    assert rows[2]["after"] == 6  # five people open, one of them exports as well
    assert [r["after"] for r in asks(event="exported").rows[:4]] == [0, 0, 1, 1]
