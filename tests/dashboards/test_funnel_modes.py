"""Funnels in the rarer modes and their combinations (metrics.md, section 2), each by a case worked out by hand.

All histories of a test lie in one version, each in a project of its own.
"""

from __future__ import annotations

import pytest

from dashboards.answer import BadParameter
from dashboards.ask import ask
from dashboards.published import open_version

DAY = {"from_": "2024-01-01", "to": "2024-01-02", "as_of": "2024-02-01"}


def told(project, **people):
    """a="A 10:00, B 10:05 plan=pro" as events of 1 January 2024, all in one project."""
    found = []
    for user, text in people.items():
        for part in text.split(","):
            name, time, *properties = part.split()
            bag = dict(pair.split("=") for pair in properties)
            found.append((user, name, f"2024-01-01T{time}", bag, {"project": project}))
    return found


def reached(asks, project, steps, **more):
    return [
        row["reached"] for row in asks("funnel", project=project, steps=steps, **more, **DAY).rows
    ]


@pytest.fixture(scope="module")
def asks(tmp_path_factory, publish_world):
    """Ask a question of the one version that holds the histories of most tests."""
    folder = publish_world(
        tmp_path_factory.mktemp("modes"),
        events=[*ANY, *ENTRIES, *TOTALS, *SHOP],
        settings={"minimum_group_size": 1},
    )
    with open_version(folder) as published:

        def asked(question, from_, to, as_of, **params):
            return ask(published, question, {"from": from_, "to": to, **params}, as_of)

        yield asked


def anchored(name):
    return {"event": name, "anchored": True}


ANY = [
    *told("anchor", a="A 10:00,B 10:01,C 10:02,D 10:03", b="B 10:00,A 10:01,D 10:02,C 10:03", c="A 10:00,C 10:01,B 10:02"),
    *told("first", a="B 10:00,A 10:01,C 10:02", b="A 10:00,C 10:01,B 10:02"),
    *told("exclusion", clean="B 10:00,A 10:01,C 10:02", after1="A 10:00,X 10:01,B 10:02,C 10:03", after2="C 10:00,A 10:01,X 10:02,B 10:03", tail="A 10:00,X 10:05"),
    *told("repeat", a="A 10:00,A 10:01,B 10:02", b="A 10:00,B 10:01", c="A 10:00,A 10:00,B 10:00"),
]  # fmt: skip


def test_f8_an_anchored_step_keeps_its_place(asks):
    """A and B in any order, then C, then D; with A anchored first, whoever begins with B enters at A."""
    steps = ["A", "B", anchored("C"), "D"]
    # a has all in place; b does C after D, so D before C does not count; c lacks B before C.
    assert reached(asks, "anchor", steps, order="any") == [3, 3, 2, 1]
    assert reached(asks, "anchor", ["A", "B", "C", "D"], order="any") == [3, 3, 3, 2]
    first = [anchored("A"), "B", "C"]
    assert reached(asks, "first", first, order="any") == [2, 2, 1]
    assert reached(asks, "first", ["A", "B", "C"], order="any") == [2, 2, 2]


def test_f9_repeated_steps_need_distinct_events_in_any_order_and_at_one_instant(asks):
    assert reached(asks, "repeat", ["A", "A", "B"], order="any") == [3, 3, 2]
    assert reached(asks, "repeat", ["A", "A", "B"]) == [3, 2, 2]


@pytest.mark.parametrize(
    ("mode", "after_step", "want"),
    [
        ("any_clean", None, [4, 3, 1]),
        ("any_clean", 1, [4, 3, 2]),
        ("any_clean", 2, [4, 3, 2]),
        ("remove_actor", None, [1, 1, 1]),
        ("remove_actor", 2, [3, 2, 2]),
    ],
)
def test_f10_exclusions_in_any_order(asks, mode, after_step, want):
    """Between the k-th step that is met and the next one, whichever they are.

    after1 has a second entry at B, which meets two steps; after2 has met C and A when X comes; tail never goes on.
    """
    exclusion = {"event": "X"} | ({"after_step": after_step} if after_step else {})
    more = {"order": "any", "exclusions": [exclusion], "exclusion_mode": mode}
    assert reached(asks, "exclusion", ["A", "B", "C"], **more) == want


TOTALS = [
    *told("stops", a="A 09:00,X 09:01,A 09:02,B 09:03,A 09:04,X 09:05,B 09:06"),
    *told("strict", a="A 09:00,X 09:01,B 09:02", b="A 09:00,B 09:01", c="A 09:00,Y 09:01,X 09:02"),
    *told("reentry", a="A 09:00,A 09:10,A 09:20,B 09:30,A 11:00,B 11:10", b="A 09:00,A 11:00,B 11:30"),
    *told("cart", a="A 10:00 cart=1,A 10:02 cart=2,B 10:02:30 cart=2", b="A 10:00 cart=1,B 10:01 cart=1"),
]  # fmt: skip


ENTRIES = [
    *told("first_meets_x", a="A 10:00:00,X 10:00:01,A 10:00:31"),
    *told("last_meets_x", a="A 10:00:00,A 10:00:31,X 10:00:32"),
    *told("both_meet_x", a="A 10:00:00,A 10:00:01,X 10:00:02"),
    *told("between", a="A 10:00:00,X 10:00:01,B 10:00:02,A 10:01:00,B 10:01:01"),
]


@pytest.mark.parametrize(
    ("project", "want"),
    [("first_meets_x", 1), ("last_meets_x", 1), ("both_meet_x", 0), ("between", 0)],
)
def test_f10_remove_actor_needs_an_exclusion_between_two_steps_or_in_every_entry(asks, project, want):  # fmt: skip
    """Before a next step that never came an exclusion takes only its own entry out, as PostHog counts."""
    more = {"window": "10s", "exclusions": [{"event": "X"}], "dialect": "posthog"}
    for order in ("sequential", "any"):
        assert reached(asks, project, ["A", "B"], order=order, **more) == [want, 0]


def test_f12_an_exclusion_ends_an_attempt_and_the_next_may_begin(asks):
    more = {"exclusions": [{"event": "X"}], "count": "totals", "window": "1h"}
    assert reached(asks, "stops", ["A", "B"], **more) == [3, 1]
    gone = {**more, "exclusion_mode": "remove_actor"}
    assert reached(asks, "stops", ["A", "B"], **gone) == [0, 0]


def test_f7_an_exclusion_in_strict_order_is_what_comes_next(asks):
    more = {"order": "strict", "exclusions": [{"event": "X"}]}
    assert reached(asks, "strict", ["A", "B"], **more) == [3, 1]
    # c is stopped by Y before X comes, so only a is removed.
    gone = {**more, "exclusion_mode": "remove_actor"}
    assert reached(asks, "strict", ["A", "B"], **gone) == [2, 1]


def test_f11_strict_with_a_tie_lets_simultaneous_events_be(world):
    events = [
        *told("near", a="A 10:00:00,X 10:00:01,B 10:00:30", b="A 10:00:00,X 10:00:29,B 10:00:30"),
        *told("far", a="A 10:00:00,X 10:00:02,B 10:00:30", b="B 09:59:59,A 10:00:00"),
    ]
    with world(events) as asks:
        for project, exact, loose in (("near", [2, 0], [2, 2]), ("far", [2, 0], [2, 1])):
            assert reached(asks, project, ["A", "B"], order="strict") == exact
            assert reached(asks, project, ["A", "B"], order="strict", tie_seconds=1) == loose


def test_f5_optimized_reentry_counts_every_entry_in_totals(asks):
    more = {"dialect": "mixpanel", "optimized_reentry": True, "window": "1h", "tie_seconds": 0}
    assert reached(asks, "reentry", ["A", "B"], **more) == [2, 2]
    # a: 9:00 and 9:10 are overtaken, 9:20 and 11:00 convert; b: 9:00 times out, 11:00 converts.
    assert reached(asks, "reentry", ["A", "B"], count="totals", **more) == [6, 3]


def test_f13_mixpanel_holds_the_value_of_the_first_step_it_counts(asks):
    held = {"hold_constant": "cart"}
    assert reached(asks, "cart", ["A", "B"], **held) == [3, 2]
    assert reached(asks, "cart", ["A", "B"], entry="first", **held) == [2, 1]
    totals = {"entry": "first", "count": "totals", **held}
    assert reached(asks, "cart", ["A", "B"], window="1m", **totals) == [3, 2]


SHOP = [
    *told("touch", a="A 10:00,B 10:01 src=mail,C 10:02 src=ad", b="A 10:00 src=ad,B 10:01", c="A 10:00"),
    *told("every", a="A 10:00 src=x,A 10:01 src=y,B 10:02 src=y,C 10:03 src=y", b="A 10:00 src=x,B 10:01 src=y"),
]  # fmt: skip


def groups(asks, project, attribution, **more):
    rows = asks(
        "funnel", project=project, steps=["A", "B", "C"], breakdown="src",
        attribution=attribution, **more, **DAY,
    ).rows  # fmt: skip
    found = {}
    for row in rows:
        found.setdefault(row["breakdown"], []).append(row["reached"])
    return found


def test_f14_first_and_last_touch_take_the_values_that_steps_have(asks):
    none = {"(none)": [1, 0, 0]}
    assert groups(asks, "touch", "first_touch") == {"mail": [1, 1, 1], "ad": [1, 1, 0]} | none
    assert groups(asks, "touch", "last_touch") == {"ad": [2, 2, 1]} | none
    assert groups(asks, "touch", "step_1") == {"ad": [1, 1, 0], "(none)": [2, 1, 1]}
    assert groups(asks, "touch", "step_2") == {"mail": [1, 1, 1], "(none)": [1, 1, 0]}


def test_f14_every_step_makes_a_unit_of_each_person_and_value(asks):
    want = {"x": [2, 0, 0], "y": [1, 1, 1]}
    assert groups(asks, "every", "every_step") == want
    assert groups(asks, "every", "every_step", order="strict") == want


def test_f18_a_funnel_over_time_runs_one_funnel_per_entry_bucket(world):
    """a enters on two days, b at midnight of the second; the entry of 31 December is before the range."""
    events = [
        ("a", "A", "2023-12-31T22:30"), ("a", "A", "2024-01-01T10:00"), ("a", "A", "2024-01-02T10:00"),
        ("a", "B", "2024-01-02T11:00"), ("b", "A", "2024-01-01T23:00"), ("b", "B", "2024-01-03T22:30"),
        ("c", "A", "2024-01-04T10:00"),
    ]  # fmt: skip
    asked = {"steps": ["A", "B"], "window": "2d", "from_": "2024-01-01", "to": "2024-01-05"}
    with world(events, settings={"timezone": "Europe/Berlin"}) as asks:

        def table(**more):
            rows = asks("funnel", "2024-01-04T18:00", **{**asked, "period": "day", **more}).rows
            found = {}
            for row in rows:
                at = found.setdefault(row["period_start"], [])
                at.append((row["reached"], row["pending"], row["complete"]))
            return found

        by_hand = {
            "2024-01-01": [(1, 0, True), (1, 0, True)],
            "2024-01-02": [(2, 0, True), (2, 0, True)],
            "2024-01-03": [(0, 0, True), (0, 0, True)],
            "2024-01-04": [(1, 0, False), (0, 1, False)],
        }
        assert table() == by_hand
        assert table(tie_seconds=1) == by_hand  # by the matcher
        whole = asks("funnel", "2024-01-04T18:00", **asked).rows
        assert [row["reached"] for row in whole] == [3, 2]
        over = asks("funnel", "2024-01-04T18:00", **asked, period="day")
        assert any("need not add up" in text for text in over.caveats)
        assert over.summary["last_complete_period"] == "2024-01-03"
        weeks = asks("funnel", "2024-02-01", **asked, period="week").rows
        assert [(r["period_start"], r["reached"]) for r in weeks] == [
            ("2024-01-01", 3),
            ("2024-01-01", 2),
        ]


def test_f15_rates_carry_their_interval(world):
    people = {f"u{n:02d}": "A 10:00,B 10:01" if n < 3 else "A 10:00" for n in range(10)}
    with world(told("ten", **people)) as asks:
        row = asks("funnel", project="ten", steps=["A", "B"], **DAY).rows[1]
        assert row["overall_rate"] == 0.3
        assert row["overall_low"] == pytest.approx(0.1078, abs=1e-4)
        assert row["overall_high"] == pytest.approx(0.6032, abs=1e-4)


def test_steps_say_what_they_take(world):
    """any-of steps, repeats and every operator of a condition on a step"""
    events = told(
        "p",
        a="view 10:00 price=5 kind=shoe,cart 10:01 kind=shoe,buy 10:02 kind=shoe",
        b="open 10:00 price=12,cart 10:01,buy 10:02 kind=Hat",
    )
    with world(events) as asks:
        for condition, want in (
            ({"op": "eq", "value": "shoe"}, 1), ({"op": "ne", "value": "shoe"}, 1), ({"op": "in", "value": ["shoe", "Hat"]}, 2),
            ({"op": "not_in", "value": ["Hat"]}, 1), ({"op": "contains", "value": "HA"}, 1), ({"op": "not_contains", "value": "ha"}, 1),
            ({"op": "regex", "value": "^[a-z]+$"}, 1), ({"op": "set"}, 2), ({"op": "not_set"}, 0), ({"op": "gt", "value": "a"}, 1),
        ):  # fmt: skip
            buy = {"event": "buy", "where": [{"property": "kind", **condition}]}
            got = reached(asks, "p", [{"any_of": ["view", "open"]}, buy])
            assert (condition, got) == (condition, [2, want])
        priced = {"any_of": ["view", "open"], "where": [{"property": "price", "op": "gte", "value": 12}]}  # fmt: skip
        assert reached(asks, "p", [priced, "cart"]) == [1, 1]
        with pytest.raises(BadParameter, match="anchored"):
            reached(asks, "p", [{"event": "view", "anchored": "yes"}], order="any")
