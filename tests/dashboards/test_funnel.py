"""Funnels (metrics.md, section 2), each rule by a case worked out by hand."""

from __future__ import annotations

import pytest

from dashboards.answer import BadParameter

DAY = {"from_": "2024-01-01", "to": "2024-01-02", "as_of": "2024-02-01"}


def trail(user, text, **properties):
    """'A 13:00, B 13:45' as events of 1 January 2024."""
    found = []
    for part in text.split(","):
        name, time = part.split()
        found.append((user, name, f"2024-01-01T{time}", properties))
    return found


def sequence(user, letters, first="10:00"):
    """'ABDC' one minute apart."""
    hour, minute = map(int, first.split(":"))
    return [
        (user, letter, f"2024-01-01T{hour:02d}:{minute + n:02d}")
        for n, letter in enumerate(letters)
    ]


def reached(answer):
    return [row["reached"] for row in answer.rows]


def test_f1_later_first_steps_do_not_reset_the_entry(world):
    with world(trail("a", "A 13:00,A 13:30,B 13:45,C 14:15")) as asks:
        first = asks(
            "funnel", steps=["A", "B", "C"], window="1h", dialect="mixpanel", tie_seconds=0, **DAY
        )
        assert reached(first) == [1, 1, 0]
        assert reached(asks("funnel", steps=["A", "B", "C"], window="1h", **DAY)) == [
            1,
            1,
            1,
        ]  # F4: the entry of 13:30


def test_f2_the_window_is_elapsed_time_and_inclusive(world):
    with world(trail("a", "A 10:00,B 11:00") + trail("b", "A 10:00,B 11:00:00.000001")) as asks:
        assert reached(asks("funnel", steps=["A", "B"], window="1h", **DAY)) == [2, 1]


def test_f3_only_the_first_step_must_lie_in_the_range(world):
    events = [
        ("a", "A", "2024-01-01T23:00"),
        ("a", "B", "2024-01-03T10:00"),
        ("b", "A", "2024-01-02T00:00"),
        ("b", "B", "2024-01-02T01:00"),
    ]
    with world(events) as asks:
        assert reached(asks("funnel", steps=["A", "B"], **DAY)) == [1, 1]


def test_f4_the_entry_with_the_most_steps_counts_and_ties_go_to_the_earliest(world):
    with world(trail("a", "A 09:00,B 09:10,A 12:00,B 12:05,C 12:06")) as asks:
        answer = asks("funnel", steps=["A", "B", "C"], window="1h", **DAY)
        assert reached(answer) == [1, 1, 1]
        assert answer.rows[1]["mean_seconds"] == 300
    with world(trail("a", "A 09:00,B 09:10,A 12:00,B 12:05") + trail("z", "C 09:00")) as asks:
        assert (
            asks("funnel", steps=["A", "B", "C"], window="1h", **DAY).rows[1]["mean_seconds"] == 600
        )


def test_f5_mixpanel_counts_the_first_entry_unless_reentry_is_optimized(world):
    with world(trail("a", "A 09:00,A 12:00,A 12:30,B 12:40")) as asks:
        mixpanel = {"steps": ["A", "B"], "window": "1h", "dialect": "mixpanel", **DAY}
        assert reached(asks("funnel", **mixpanel)) == [1, 0]
        best = asks("funnel", optimized_reentry=True, **mixpanel)
        assert reached(best) == [1, 1]
        assert best.rows[1]["mean_seconds"] == 600


def test_f6_other_events_may_come_between(world):
    with world(sequence("x", "ABDCDE") + sequence("y", "ABCE")) as asks:
        assert reached(asks("funnel", steps=list("ABCDE"), **DAY)) == [2, 2, 2, 1, 1]


def test_f6_a_step_that_was_skipped_ends_the_chain_for_many_people_as_for_one(world):
    # DuckDB joins by another method from 64 rows on, and that one matches nulls.
    people = [sequence(f"u{n:03d}", "AC" if n % 4 else "ABC") for n in range(200)]
    with world([event for person in people for event in person]) as asks:
        answer = asks("funnel", steps=["A", "B", "C"], window="1h", **DAY)
        assert reached(answer) == [200, 50, 50]


def test_f7_strict_allows_no_other_event_between(world):
    with world(sequence("x", "ABC") + sequence("y", "AXBC") + sequence("z", "ABXC")) as asks:
        assert reached(asks("funnel", steps=list("ABC"), order="strict", **DAY)) == [3, 2, 1]


def test_f8_any_order_counts_different_steps(world):
    with world(sequence("x", "CBA") + sequence("y", "BB") + sequence("z", "CA")) as asks:
        assert reached(asks("funnel", steps=list("ABC"), order="any", **DAY)) == [3, 2, 1]


def test_f9_a_repeated_step_needs_that_many_events(world):
    with world(sequence("x", "AA") + sequence("y", "A") + sequence("z", "AAA")) as asks:
        assert reached(asks("funnel", steps=["A", "A", "A"], **DAY)) == [3, 2, 1]
        assert reached(asks("funnel", steps=["A", "A"], order="any", **DAY)) == [3, 2]


@pytest.mark.parametrize(
    ("mode", "want"), [("any_clean", [3, 2]), ("drop_at", [3, 2]), ("remove_actor", [1, 1])]
)
def test_f10_exclusions(world, mode, want):
    events = sequence("clean", "AB") + sequence("dirty", "AXB") + sequence("second", "AXAB")
    with world(events) as asks:
        exclusions = [{"event": "X", "after_step": 1}]
        assert (
            reached(
                asks("funnel", steps=["A", "B"], exclusions=exclusions, exclusion_mode=mode, **DAY)
            )
            == want
        )
    with world(events) as asks:
        assert reached(
            asks("funnel", steps=["A", "B"], exclusions=exclusions, dialect="mixpanel", **DAY)
        ) == [3, 1]


def test_f11_simultaneous_events_count_in_the_order_of_the_steps(world):
    with world(
        trail("a", "B 10:00,A 10:00,C 10:00") + trail("b", "B 09:59:59,A 10:00,C 10:00:01")
    ) as asks:
        assert reached(asks("funnel", steps=["A", "B", "C"], **DAY)) == [2, 1, 1]
        assert reached(asks("funnel", steps=["A", "B", "C"], dialect="amplitude", **DAY)) == [
            2,
            2,
            2,
        ]
        assert reached(asks("funnel", steps=["A", "B", "C"], tie_seconds=1, **DAY)) == [2, 2, 2]


def test_f12_totals_keep_one_attempt_open_at_a_time(world):
    with world(trail("a", "A 09:00,A 09:10,B 09:20,A 10:00,A 12:00,B 12:30")) as asks:
        assert reached(asks("funnel", steps=["A", "B"], window="1h", count="totals", **DAY)) == [
            3,
            2,
        ]
        assert reached(asks("funnel", steps=["A", "B"], window="1h", **DAY)) == [1, 1]


def test_f13_hold_constant_makes_the_unit_person_and_value(world):
    events = (
        trail("a", "A 10:00", cart="1")
        + trail("a", "B 10:05", cart="2")
        + trail("a", "A 10:06,B 10:07", cart="2")
        + trail("a", "A 11:00")
    )
    with world(events) as asks:
        assert reached(asks("funnel", steps=["A", "B"], hold_constant="cart", **DAY)) == [2, 1]


def test_f14_attribution_of_a_breakdown(world):
    events = (
        trail("a", "A 10:00", plan="free")
        + trail("a", "B 10:05", plan="pro")
        + trail("b", "A 10:00,B 10:05", plan="pro")
    )
    with world(events) as asks:

        def groups(attribution):
            rows = asks(
                "funnel", steps=["A", "B"], breakdown="plan", attribution=attribution, **DAY
            ).rows
            return {(row["breakdown"], row["step"]): row["reached"] for row in rows}

        assert groups("first_touch") == {
            ("free", 1): 1,
            ("free", 2): 1,
            ("pro", 1): 1,
            ("pro", 2): 1,
        }
        assert groups("last_touch") == {("pro", 1): 2, ("pro", 2): 2}
        assert groups("every_step") == {
            ("free", 1): 1,
            ("free", 2): 0,
            ("pro", 1): 1,
            ("pro", 2): 1,
        }
        assert groups("step_2") == {("pro", 1): 2, ("pro", 2): 2}


def test_small_groups_are_suppressed_and_one_alone_takes_another_with_it(world):
    events = [
        (f"{plan}{n}", "A", "2024-01-01T10:00", {"plan": plan})
        for plan, size in (("free", 9), ("pro", 6), ("team", 2))
        for n in range(size)
    ]
    with world(events, settings={"minimum_group_size": 5}) as asks:
        answer = asks("funnel", steps=["A"], breakdown="plan", **DAY)
        assert [row["breakdown"] for row in answer.rows] == ["free"]
        assert any("2 groups are suppressed" in text for text in answer.caveats)


def test_many_attempts_of_few_people_are_a_small_group(world):
    events = [
        (f"{plan}{n}", "A", f"2024-01-01T{hour:02}:00", {"plan": plan})
        for plan, size, hours in (("free", 9, 1), ("pro", 6, 1), ("team", 2, 8))
        for n in range(size)
        for hour in range(hours)
    ]
    params = {"steps": ["A"], "count": "totals", "window": "1h", "breakdown": "plan", **DAY}
    with world(events, settings={"minimum_group_size": 5}) as asks:
        assert [row["breakdown"] for row in asks("funnel", **params).rows] == ["free"]


def test_f15_and_f17_rates_are_over_matured_entries(world):
    events = [
        *trail("a", "A 10:00,B 10:10,C 10:20"),
        *trail("b", "A 10:00,B 10:10"),
        *trail("c", "A 10:00"),
        *trail("late", "A 15:00,B 15:10"),
        *trail("later", "A 15:30"),
    ]
    with world(events) as asks:
        rows = asks(
            "funnel",
            steps=["A", "B", "C"],
            window="1h",
            from_="2024-01-01",
            to="2024-01-02",
            as_of="2024-01-01T15:40",
        ).rows
        assert [(r["reached"], r["pending"], r["dropped"]) for r in rows] == [
            (5, 0, 0),
            (3, 1, 1),
            (1, 1, 1),
        ]
        assert [(r["matured"], r["matured_reached"]) for r in rows] == [(3, 3), (3, 2), (3, 1)]
        assert rows[1]["step_rate"] == pytest.approx(2 / 3) and rows[2]["step_rate"] == 0.5
        assert rows[2]["overall_rate"] == pytest.approx(1 / 3)


def test_f16_times_of_the_counted_entry(world):
    events = [e for n in range(1, 5) for e in trail(f"u{n}", f"A 10:00,B 10:0{n}")]
    with world(events) as asks:
        row = asks("funnel", steps=["A", "B"], **DAY).rows[1]
        assert (row["mean_seconds"], row["median_seconds"], row["p75_seconds"]) == (150, 150, 195)
        assert row["p90_seconds"] == pytest.approx(222)
        rows = asks("time_to_convert", steps=["A", "B"], **DAY).rows
        assert [(r["from_step"], r["to_step"], r["actors"], r["median_seconds"]) for r in rows] == [
            (1, 2, 4, 150)
        ]


def test_conditions_on_steps_and_on_everything(world):
    events = trail("a", "A 10:00,B 10:05", plan="pro") + trail("b", "A 10:00,B 10:05", plan="free")
    with world(events) as asks:
        pro = [{"property": "plan", "op": "eq", "value": "pro"}]
        assert reached(asks("funnel", steps=["A", {"event": "B", "where": pro}], **DAY)) == [2, 1]
        assert reached(asks("funnel", steps=["A", "B"], where=pro, **DAY)) == [1, 1]
        assert reached(asks("funnel", steps=[{"any_of": ["A", "B"]}, "B"], **DAY)) == [2, 2]


def test_strict_ignores_events_that_where_has_removed(world):
    events = trail("a", "A 10:00,B 10:05", kind="real") + trail("a", "X 10:01", kind="noise")
    with world(events) as asks:
        assert reached(asks("funnel", steps=["A", "B"], order="strict", **DAY)) == [1, 0]
        assert reached(
            asks(
                "funnel",
                steps=["A", "B"],
                order="strict",
                where=[{"property": "kind", "op": "ne", "value": "noise"}],
                **DAY,
            )
        ) == [1, 1]


def test_what_contradicts_is_an_error_that_says_so(world):
    with world(sequence("a", "AB")) as asks:
        for more in (
            {"steps": [{"event": "A", "anchored": True}, "B"]},
            {"optimized_reentry": True},
            {"attribution": "step_9"},
        ):
            with pytest.raises(BadParameter):
                asks("funnel", **{"steps": ["A", "B"], **more}, **DAY)


def test_nobody_is_no_data(world):
    with world(sequence("a", "AB")) as asks:
        rows = asks(
            "funnel", "2024-02-01", steps=["A", "B"], from_="2024-01-10", to="2024-01-11"
        ).rows
        assert [(r["reached"], r["step_rate"], r["median_seconds"]) for r in rows] == [
            (0, None, None),
            (0, None, None),
        ]
