"""Funnels as Amplitude, Mixpanel and PostHog document them: each vendor's own worked examples, with the page that has them."""

from __future__ import annotations

import pytest

DAY = {"from_": "2024-01-01", "to": "2024-01-08", "as_of": "2024-03-01"}
FULL = {"exclusions": [{"event": "x"}]}


def told(project, **people):
    """a="A 1T13:00, B 1T13:45 item=hat" as events of January 2024, all in one project."""
    found = []
    for user, text in people.items():
        for part in text.split(","):
            name, when, *properties = part.replace("_", " ").split("|")
            day, time = when.split("T")
            bag = dict(pair.split("=") for pair in properties)
            found.append(
                (user, name.strip(), f"2024-01-{int(day):02d}T{time}", bag, {"project": project})
            )
    return found


EVENTS = [
    *told("window", u="A|1T13:00,A|1T13:30,B|1T13:45,C|1T14:15"),
    *told("scenario_1", u="A|1T10:00,A|1T12:00,B|1T12:30"),
    *told("scenario_2", u="A|1T10:00,A|1T10:30,B|1T11:15"),
    *told("three", u="A|1T10:00,A|1T10:10,A|1T10:20,B|1T10:30"),
    *told("order", p1="A|1T10:00,B|1T10:01,C|1T10:02,D|1T10:03,E|1T10:04", p2="A|1T10:00,B|1T10:01,F|1T10:02,C|1T10:03,D|1T10:04,E|1T10:05",
          p3="A|1T10:00,B|1T10:01,D|1T10:02,C|1T10:03,D|1T10:04,E|1T10:05", p4="A|1T10:00,B|1T10:01,C|1T10:02,E|1T10:03"),
    *told("excluded_self", u="A|1T10:00,A|1T10:10,A|1T10:20,B|1T10:30"),
    *told("segments", u="browse|1T10:00|item=shirt,browse|1T10:05|item=jeans,cart|1T10:10,browse|1T10:20|item=shoes"),
    *told("defined", u="page|1T10:00,view|1T10:01|color=red,add|1T10:02|color=blue,checkout|1T10:03"),
    *told("grace", u="B|1T10:00:00,A|1T10:00:02", v="B|1T10:00:00,A|1T10:00:03"),
    *told("second", u="B|1T10:00:00,A|1T10:00:01", v="B|1T10:00:00,A|1T10:00:02"),
    *told("exact", u="A|1T10:00:00,X|1T10:00:01,B|1T10:05:00"),
    *told("twice", u="A|1T10:00,A|1T10:01,B|1T10:02", v="A|1T10:00,B|1T10:01"),
    *told("search", u="search|1T10:00,search|1T10:01,search|1T10:02,search|1T10:03,add_to_cart|1T10:04"),
    *told("pages", conv="view|1T10:00|page=A,done|1T10:05", both="view|1T10:00|page=A,view|1T10:01|page=B,done|1T10:02", none="view|1T10:00|page=A,view|1T10:01|page=B"),
    *told("sessions", same="view|1T10:00|page=A|s=1,view|1T10:01|page=B|s=1,done|1T10:02|s=1", two="view|1T10:00|page=A|s=2,view|2T10:00|page=B|s=3,done|2T10:01|s=3"),
    *told("full_window", p1="signed_up|1T01:00,paid|1T02:00", p2="signed_up|1T03:00,x|1T03:30,paid|1T04:00", p3="signed_up|1T05:00,paid|1T06:00"),
    *told("touch", u="page|1T10:00|b=Chrome,up|1T10:01|b=Firefox"),
    *told("all_steps", u="page|1T10:00|b=Chrome,page|1T10:01|b=Firefox,up|1T10:02|b=Chrome,posted|1T10:03|b=Chrome,posted|1T10:04|b=Firefox"),
    *told("missing", u="page|1T10:00|b=Chrome,up|1T10:01|b=Firefox", v="page|1T10:00|b=Chrome"),
    *told("button", once="click|1T10:00|button=up", both="click|1T10:00|button=menu,click|1T10:01|button=up"),
]  # fmt: skip


@pytest.fixture(scope="module")
def funnel(tmp_path_factory, publish_world):
    """One version for all examples: `funnel("project", steps, …)` gives the reached people of each step."""
    from dashboards.ask import ask
    from dashboards.published import open_version

    folder = publish_world(
        tmp_path_factory.mktemp("vendors"), events=EVENTS, settings={"minimum_group_size": 1}
    )
    with open_version(folder) as published:

        def asked(project, steps, **more):
            steps = [step.replace("_", " ") if isinstance(step, str) else step for step in steps]
            params = {"project": project, "steps": steps, "from": DAY["from_"], "to": DAY["to"]}
            answer = ask(published, "funnel", {**params, **more}, DAY["as_of"])
            if "breakdown" not in more:
                return [row["reached"] for row in answer.rows]
            found = {}
            for row in answer.rows:
                found.setdefault(row["breakdown"], []).append(row["reached"])
            return found

        asked.published = published
        yield asked


def test_mixpanel_the_window_starts_with_the_first_step(funnel):
    """https://docs.mixpanel.com/docs/reports/funnels/funnels-advanced#conversion-window"""
    asked = {"window": "1h", "dialect": "mixpanel"}
    assert funnel("window", ["A", "B", "C"], **asked) == [1, 1, 0]


@pytest.mark.parametrize("scenario", ["scenario_1", "scenario_2"])
def test_mixpanel_optimized_reentry(funnel, scenario):
    """https://docs.mixpanel.com/docs/reports/funnels/funnels-advanced#optimized-re-entry (scenarios 1 and 2, totals 50 %)"""
    asked = {"window": "1h", "dialect": "mixpanel"}
    assert funnel(scenario, ["A", "B"], **asked) == [1, 0]
    assert funnel(scenario, ["A", "B"], optimized_reentry=True, **asked) == [1, 1]
    totals = {"optimized_reentry": True, "count": "totals", **asked}
    assert funnel(scenario, ["A", "B"], **totals) == [2, 1]


def test_mixpanel_optimized_reentry_takes_the_most_recent_first_step(funnel):
    """https://docs.mixpanel.com/docs/reports/funnels/funnels-advanced#optimized-re-entry (notes 3 and 4)"""
    from dashboards.ask import ask

    for optimized, seconds in ((True, 600), (False, 1800)):
        params = {"project": "three", "steps": ["A", "B"], "dialect": "mixpanel", "from": "2024-01-01", "to": "2024-01-08"}  # fmt: skip
        rows = ask(
            funnel.published, "time_to_convert", {**params, "optimized_reentry": optimized}
        ).rows
        assert rows[0]["mean_seconds"] == seconds


def test_mixpanel_specific_order(funnel):
    """https://docs.mixpanel.com/docs/reports/funnels/funnels-advanced#specific-order"""
    assert funnel("order", list("ABCDE"), dialect="mixpanel", tie_seconds=0) == [4, 4, 4, 3, 3]


def test_mixpanel_an_exclusion_step_ends_a_totals_attempt(funnel):
    """https://docs.mixpanel.com/docs/reports/funnels/funnels-advanced#exclusion-steps-exclude-users-who-did"""
    asked = {"dialect": "mixpanel", "count": "totals", "exclusions": [{"event": "A"}]}
    assert funnel("excluded_self", ["A", "B"], **asked) == [2, 1]


def test_mixpanel_a_person_counts_once_in_each_segment(funnel):
    """https://docs.mixpanel.com/docs/reports/funnels/funnels-advanced#user-count-in-breakdown"""
    asked = {"dialect": "mixpanel", "breakdown": "item", "attribution": "step_1"}
    want = {"shirt": [1, 1], "shoes": [1, 0]}
    assert funnel("segments", ["browse", "cart"], **asked) == want


def test_mixpanel_first_and_last_step_defined(funnel):
    """https://docs.mixpanel.com/docs/reports/funnels/funnels-advanced#property-attribution"""
    steps = ["page", "view", "add", "checkout"]
    for attribution, color in (("first_touch", "red"), ("last_touch", "blue"), ("step_1", "(none)")):  # fmt: skip
        asked = {"dialect": "mixpanel", "breakdown": "color", "attribution": attribution}
        assert funnel("defined", steps, **asked) == {color: [1, 1, 1, 1]}


def test_mixpanel_two_seconds_of_grace(funnel):
    """https://docs.mixpanel.com/docs/reports/funnels/funnels-faq#how-does-the-funnel-handle-simultaneous-events"""
    assert funnel("grace", ["A", "B"], dialect="mixpanel") == [2, 1]
    assert funnel("grace", ["B", "A"], dialect="mixpanel") == [2, 2]


def test_amplitude_events_within_a_second_are_simultaneous(funnel):
    """https://amplitude.com/docs/analytics/charts/funnel-analysis/funnel-analysis-how-amplitude-handles-simultaneous-events"""
    assert funnel("second", ["A", "B"], dialect="amplitude") == [2, 1]
    assert funnel("second", ["B", "A"], dialect="amplitude") == [2, 2]
    # An event outside the funnel in the same second does not break the exact order.
    assert funnel("exact", ["A", "B"], dialect="amplitude", order="strict") == [1, 1]
    assert funnel("exact", ["A", "B"], order="strict") == [1, 0]


def test_amplitude_repeated_steps_and_one_conversion_a_path(funnel):
    """https://amplitude.com/docs/analytics/charts/funnel-analysis/funnel-analysis-how-amplitude-computes"""
    assert funnel("twice", ["A", "A", "B"], dialect="amplitude") == [2, 1, 1]
    for count in ("actors", "totals"):
        asked = {"dialect": "amplitude", "count": count}
        assert funnel("search", ["search", "add_to_cart"], **asked) == [1, 1]


def test_amplitude_groups_by_the_first_value_and_holds_sessions(funnel):
    """https://amplitude.com/docs/analytics/charts/funnel-analysis/funnel-analysis-how-amplitude-computes-conversions"""
    steps = ["view", "done"]
    grouped = {"dialect": "amplitude", "breakdown": "page"}
    # Everybody saw page A first; the one who never converts counts against A only.
    assert funnel("pages", steps, **grouped) == {"A": [3, 2]}
    held = {**grouped, "hold_constant": "s"}
    # same: one session, attributed to A; two: session 2 not converted on A, session 3 converted on B.
    assert funnel("sessions", steps, **held) == {"A": [2, 1], "B": [1, 1]}


def test_posthog_an_exclusion_takes_people_out_of_the_whole_funnel(funnel):
    """https://posthog.com/docs/product-analytics/funnels#excluding-steps (p2 does x between the steps)"""
    for order in ("sequential", "any"):
        asked = {"dialect": "posthog", "order": order, **FULL}
        assert funnel("full_window", ["signed_up", "paid"], **asked) == [2, 2]
        assert funnel("full_window", ["signed_up", "paid"], order=order, **FULL)[0] == 3


def test_posthog_duplicate_steps_need_as_many_events(funnel):
    """https://posthog.com/docs/product-analytics/funnels#adding-steps (a click, then a filtered click)"""
    up = {"event": "click", "where": [{"property": "button", "op": "eq", "value": "up"}]}
    assert funnel("button", ["click", up], dialect="posthog") == [2, 1]


def test_posthog_attribution_types(funnel):
    """https://posthog.com/docs/product-analytics/funnels#attribution-types"""
    for attribution, browser in (("first_touch", "Chrome"), ("last_touch", "Firefox"), ("step_2", "Firefox")):  # fmt: skip
        asked = {"dialect": "posthog", "breakdown": "b", "attribution": attribution}
        assert funnel("touch", ["page", "up"], **asked) == {browser: [1, 1]}
    asked = {"dialect": "posthog", "breakdown": "b", "attribution": "every_step"}
    want = {"Chrome": [1, 1, 1], "Firefox": [1, 0, 0]}
    assert funnel("all_steps", ["page", "up", "posted"], **asked) == want
    # With step 2 chosen, who did not reach it is not in the funnel.
    asked = {"dialect": "posthog", "breakdown": "b", "attribution": "step_2"}
    assert funnel("missing", ["page", "up"], **asked) == {"Firefox": [1, 1]}
