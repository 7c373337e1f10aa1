"""Retention (metrics.md, section 3), each rule by a case worked out by hand."""

from __future__ import annotations

import pytest

JAN = {"from_": "2024-01-01", "to": "2024-01-03"}


def averages(answer):
    return {row["interval"]: row for row in answer.rows if row["cohort_start"] is None}


def cells(answer):
    return {
        (row["cohort_start"], row["interval"]): row["retained"]
        for row in answer.rows
        if row["cohort_start"]
    }


def visits(**days):
    """user=(1, 2, 5): events at 10:00 on these days of January 2024."""
    return [
        (user, "open", f"2024-01-{day:02d}T10:00") for user, when in days.items() for day in when
    ]


THREE = {"a": (1, 2, 3, 4), "b": (1, 3), "c": (1, 5)}


def test_r1_on_counts_the_interval_itself(world):
    with world(visits(**THREE)) as asks:
        found = cells(asks("retention", "2024-01-10", horizon=4, **JAN))
        assert [found[("2024-01-01", n)] for n in range(5)] == [3, 1, 2, 1, 1]


def test_r1_on_or_after_counts_any_later_interval(world):
    with world(visits(**THREE)) as asks:
        found = cells(asks("retention", "2024-01-10", horizon=4, mode="on_or_after", **JAN))
        assert [found[("2024-01-01", n)] for n in range(5)] == [3, 3, 3, 2, 1]


def test_r1_on_or_before_counts_any_interval_up_to_it(world):
    with world(visits(**THREE)) as asks:
        found = cells(asks("retention", "2024-01-10", horizon=4, mode="on_or_before", **JAN))
        assert [found[("2024-01-01", n)] for n in range(5)] == [3, 1, 2, 2, 3]


def test_r1_bracket_counts_inside_the_bracket(world):
    with world(visits(**THREE)) as asks:
        answer = asks("retention", "2024-01-10", mode="bracket", brackets="0,1-2,3-4", **JAN)
        assert [
            (r["interval"], r["interval_end"], r["retained"])
            for r in answer.rows
            if r["cohort_start"] == "2024-01-01"
        ] == [(0, 0, 3), (1, 2, 2), (3, 4, 2)]


def test_r1_streak_needs_every_interval(world):
    with world(visits(**THREE)) as asks:
        found = cells(asks("retention", "2024-01-10", horizon=4, mode="streak", **JAN))
        assert [found[("2024-01-01", n)] for n in range(5)] == [3, 1, 1, 1, 0]


def test_r2_rolling_counts_elapsed_units_and_amplitude_floors_to_the_hour(world):
    events = [("a", "open", "2024-01-01T17:59"), ("a", "open", "2024-01-02T17:00")]
    with world(events) as asks:
        rolling = cells(asks("retention", "2024-01-10", clock="rolling", horizon=2, **JAN))
        assert [rolling[("2024-01-01", n)] for n in range(3)] == [1, 0, 0]
        floored = cells(
            asks("retention", "2024-01-10", clock="rolling", dialect="amplitude", horizon=2, **JAN)
        )
        assert [floored[("2024-01-01", n)] for n in range(3)] == [1, 1, 0]
        calendar = cells(asks("retention", "2024-01-10", horizon=2, **JAN))
        assert [calendar[("2024-01-01", n)] for n in range(3)] == [1, 1, 0]


def test_r2_weeks_follow_the_week_start_and_months_the_calendar(world):
    events = [
        ("a", "open", "2024-01-06T10:00"),
        ("a", "open", "2024-01-07T10:00"),
        ("a", "open", "2024-02-01T10:00"),
    ]
    span = {"from_": "2024-01-01", "to": "2024-02-01", "as_of": "2024-04-01"}
    for start, first, hit in ((1, "2024-01-01", 0), (7, "2023-12-31", 1)):
        with world(events, settings={"week_start": start}) as asks:
            found = cells(asks("retention", unit="week", horizon=1, **span))
            assert found[(first, 0)] == 1 and found[(first, 1)] == hit
            assert cells(asks("retention", unit="month", horizon=1, **span))[("2024-01-01", 1)] == 1


def test_r3_first_time_looks_at_all_history_and_recurring_at_each_period(world):
    events = [("old", "open", "2023-06-01T10:00"), *visits(old=(1, 2), a=(1,), b=(2, 3))]
    with world(events) as asks:
        first = asks("retention", "2024-01-10", horizon=1, **JAN)
        assert {
            r["cohort_start"]: r["cohort_size"]
            for r in first.rows
            if r["interval"] == 0 and r["cohort_start"]
        } == {"2024-01-01": 1, "2024-01-02": 1}
        again = asks("retention", "2024-01-10", horizon=1, cohort="recurring", **JAN)
        assert {
            r["cohort_start"]: r["cohort_size"]
            for r in again.rows
            if r["interval"] == 0 and r["cohort_start"]
        } == {"2024-01-01": 2, "2024-01-02": 2}
        assert cells(again)[("2024-01-01", 1)] == 1 and cells(again)[("2024-01-02", 1)] == 1


def test_r4_a_cell_is_complete_when_its_interval_has_ended_for_the_whole_cohort(world):
    with world(visits(a=(1, 2, 3), b=(2, 3))) as asks:
        answer = asks("retention", "2024-01-03T12:00", horizon=5, **JAN)
        done = {
            (r["cohort_start"], r["interval"]): r["complete"]
            for r in answer.rows
            if r["cohort_start"]
        }
        assert done == {
            ("2024-01-01", 0): True,
            ("2024-01-01", 1): True,
            ("2024-01-01", 2): False,
            ("2024-01-02", 0): True,
            ("2024-01-02", 1): False,
        }
        mean = averages(answer)
        assert (mean[1]["cohort_size"], mean[1]["retained"], mean[1]["complete"]) == (1, 1, False)
        assert (mean[2]["cohort_size"], mean[2]["rate"]) == (0, None)
        assert max(mean) == 2  # nothing that starts after as-of


def test_r4_rolling_waits_for_the_last_of_the_cohort(world):
    events = [("a", "open", "2024-01-01T00:00"), ("b", "open", "2024-01-01T20:00")]
    with world(events) as asks:
        answer = asks(
            "retention",
            "2024-01-02T10:00",
            clock="rolling",
            horizon=1,
            from_="2024-01-01",
            to="2024-01-02",
        )
        assert [(r["interval"], r["complete"]) for r in answer.rows if r["cohort_start"]] == [
            (0, False),
            (1, False),
        ]


def test_r5_pooled_mean_and_squared_weights(world):
    def cohort(name, day, size, back):
        return [(f"{name}{n}", "open", f"2024-01-{day:02d}T10:00") for n in range(size)] + [
            (f"{name}{n}", "open", f"2024-01-{day + 1:02d}T10:00") for n in range(back)
        ]

    events = cohort("x", 1, 100, 50) + cohort("y", 2, 50, 40)
    with world(events) as asks:
        for average, rate in (("pooled", 0.60), ("mean", 0.65), ("mixpanel", 0.56)):
            answer = asks("retention", "2024-01-10", horizon=1, average=average, **JAN)
            assert averages(answer)[1]["rate"] == pytest.approx(rate)
            assert (averages(answer)[1]["cohort_size"], averages(answer)[1]["retained"]) == (
                150,
                90,
            )


def test_r6_interval_zero_is_everyone_when_start_and_return_are_the_same(world):
    with world(visits(**THREE)) as asks:
        assert (
            averages(
                asks(
                    "retention",
                    "2024-01-10",
                    start_event="open",
                    return_event="open",
                    horizon=0,
                    **JAN,
                )
            )[0]["rate"]
            == 1.0
        )


def test_interval_zero_needs_a_return_at_or_after_the_start(world):
    events = [
        ("a", "buy", "2024-01-01T09:00"),
        ("a", "signup", "2024-01-01T10:00"),
        ("b", "signup", "2024-01-01T10:00"),
        ("b", "buy", "2024-01-01T10:00"),
    ]
    with world(events) as asks:
        answer = asks(
            "retention",
            "2024-01-10",
            start_event="signup",
            return_event="buy",
            horizon=0,
            from_="2024-01-01",
            to="2024-01-02",
        )
        assert [(r["cohort_size"], r["retained"]) for r in answer.rows if r["cohort_start"]] == [
            (2, 1)
        ]


def test_r7_last_month_and_its_readings(world):
    events = [
        ("jan1", "open", "2024-01-05T10:00"), ("jan1", "open", "2024-02-20T10:00"),
        ("jan2", "open", "2024-01-06T10:00"), ("jan2", "open", "2024-03-02T10:00"),
        ("old", "open", "2023-12-01T10:00"), ("old", "open", "2024-01-09T10:00"), ("old", "open", "2024-02-01T00:00"),
        ("feb1", "open", "2024-02-10T10:00"), ("feb1", "open", "2024-02-11T01:00"), ("feb1", "open", "2024-02-17T10:00"),
        ("feb2", "open", "2024-02-29T10:00"), ("feb2", "open", "2024-03-01T10:00"),
    ]  # fmt: skip
    with world(events) as asks:
        answer = asks("retention", "2024-03-15", unit="month")
        s = answer.summary
        assert (s["month"], s["cohort_size"], s["retained"], s["retention"]) == (
            "2024-02-01",
            2,
            1,
            0.5,
        )
        assert (s["active_month_before"], s["active_again"]) == (3, 2)
        assert (
            s["d1_size"],
            s["d1_retained"],
            s["d7_size"],
            s["d7_retained"],
            s["d30_size"],
            s["d30"],
        ) == (2, 2, 2, 1, 1, 0.0)
        assert cells(answer)[("2024-01-01", 1)] == 1


def test_case_111_a_cohort_of_one_future_cells_blank_and_a_person_of_the_future(world):
    with world(visits(a=(1, 2), later=(20,))) as asks:
        answer = asks("retention", "2024-01-03", horizon=30, from_="2024-01-01", to="2024-01-31")
        starts = {row["cohort_start"] for row in answer.rows if row["cohort_start"]}
        assert starts == {"2024-01-01", "2024-01-02"}
        assert max(row["interval"] for row in answer.rows) == 1
        assert (
            sum(
                row["cohort_size"]
                for row in answer.rows
                if row["interval"] == 0 and row["cohort_start"]
            )
            == 1
        )


def test_the_vendors_own_id_can_be_the_actor(world):
    two = [
        ("a", "open", "2024-01-01T10:00", {}, {"source_actor_id": "v1"}),
        ("a", "open", "2024-01-02T10:00", {}, {"source_actor_id": "v2"}),
    ]
    with world(two) as asks:
        assert cells(asks("retention", "2024-01-10", horizon=1, **JAN)) == {
            ("2024-01-01", 0): 1,
            ("2024-01-01", 1): 1,
            ("2024-01-02", 0): 0,
            ("2024-01-02", 1): 0,
        }
        assert (
            cells(asks("retention", "2024-01-10", horizon=1, actor="source_id", **JAN))[
                ("2024-01-02", 0)
            ]
            == 1
        )


def test_hours_are_intervals_too(world):
    events = [
        ("a", "open", "2024-01-01T10:59"),
        ("a", "open", "2024-01-01T11:01"),
        ("a", "open", "2024-01-01T13:00"),
    ]
    with world(events) as asks:
        found = cells(
            asks(
                "retention",
                "2024-01-02",
                unit="hour",
                horizon=3,
                from_="2024-01-01T10:00",
                to="2024-01-01T11:00",
            )
        )
        assert found == {
            ("2024-01-01T10:00:00+00:00", n): kept for n, kept in enumerate((1, 1, 0, 1))
        }


def test_r1_every_mode_by_the_rolling_clock_over_midnight_and_a_clock_change(world):
    """Started at 23:30 before a day of 23 hours: a return at 22:40 is 22 h later, one at 23:40 is 24 h 10 min later."""
    events = [
        ("a", "open", "2024-03-30T22:30"),  # 23:30 in Berlin, the clocks go forward at two
        ("a", "open", "2024-03-31T20:40"),
        ("a", "open", "2024-03-31T22:40"),
        ("a", "open", "2024-04-02T22:00"),
    ]
    with world(events, settings={"timezone": "Europe/Berlin"}) as asks:

        def kept(mode, clock):
            span = {"from_": "2024-03-30", "to": "2024-03-31", "as_of": "2024-04-20"}
            rows = asks("retention", horizon=3, mode=mode, clock=clock, **span).rows
            return [r["retained"] for r in rows if r["cohort_start"]]

        assert kept("on", "rolling") == [1, 1, 1, 0] and kept("on", "calendar") == [1, 1, 1, 0]
        assert kept("on_or_after", "rolling") == [1, 1, 1, 0]
        assert kept("on_or_before", "rolling") == [1, 1, 1, 1]
        assert kept("streak", "rolling") == [1, 1, 1, 0]


def test_a_breakdown_takes_the_value_of_the_start(world):
    events = [
        ("a", "open", "2024-01-01T10:00", {"plan": "free"}),
        ("a", "open", "2024-01-02T10:00", {"plan": "pro"}),
        ("b", "open", "2024-01-01T10:00", {"plan": "pro"}),
        ("c", "open", "2024-01-01T11:00"),
        ("c", "open", "2024-01-02T11:00"),
    ]
    with world(events) as asks:
        answer = asks("retention", "2024-01-10", horizon=1, breakdown="plan", **JAN)
        average = {
            (r["breakdown"], r["interval"]): (r["cohort_size"], r["retained"])
            for r in answer.rows
            if r["cohort_start"] is None
        }
        assert average == {
            ("free", 0): (1, 1), ("free", 1): (1, 1), ("pro", 0): (1, 1), ("pro", 1): (1, 0),
            ("(none)", 0): (1, 1), ("(none)", 1): (1, 1),
        }  # fmt: skip
        assert answer.summary == {"groups": 3}
        # recurring: a starts again on the 2nd, with the value of that day
        again = asks("retention", "2024-01-10", horizon=0, breakdown="plan", cohort="recurring", **JAN)  # fmt: skip
        sizes = {(r["breakdown"], r["cohort_start"]): r["cohort_size"] for r in again.rows}
        assert sizes[("pro", "2024-01-02")] == 1 and sizes[("free", "2024-01-02")] == 0
    with world(events, settings={"minimum_group_size": 2}) as asks:
        hidden = asks("retention", "2024-01-10", horizon=0, breakdown="plan", **JAN)
        assert hidden.rows == [] and any("suppressed" in text for text in hidden.caveats)


def test_r1_brackets_of_hours_weeks_and_months(world):
    events = [
        ("a", "open", "2024-01-01T10:00"),
        ("a", "open", "2024-01-01T13:30"),
        ("a", "open", "2024-01-17T10:00"),
        ("a", "open", "2024-03-01T10:00"),
    ]
    with world(events) as asks:
        for unit, want in (("hour", [1, 1, 0]), ("week", [1, 1, 1]), ("month", [1, 1, 0])):
            answer = asks(
                "retention", "2025-01-01", unit=unit, mode="bracket", brackets="0,1-3,4-9", **JAN
            )
            rows = [r for r in answer.rows if r["cohort_start"] and r["cohort_size"]]
            assert (unit, [r["retained"] for r in rows]) == (unit, want)
