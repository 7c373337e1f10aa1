"""Retention as Amplitude, Mixpanel and PostHog document it: each vendor's own worked examples, with the page that has them."""

from __future__ import annotations

import pytest


def opens(project, user, *instants, **properties):
    return [(user, "open", instant, properties, {"project": project}) for instant in instants]


def weighted(project, day, size, back):
    """So many people on a day of March 2024, so many of whom come back 25 hours later."""
    start, later = f"2024-03-{day:02d}T10:00", f"2024-03-{day + 1:02d}T11:00"
    names = [f"{day}-{n}" for n in range(size)]
    return [e for n, name in enumerate(names) for e in opens(project, name, *([start, later] if n < back else [start]))]  # fmt: skip


EVENTS = [
    *opens("day", "user 1", "2021-12-01T17:59", "2021-12-02T17:00"),
    *opens("week", "user 2", "2021-12-01T10:00", "2021-12-06T10:00"),
    *opens("week_1", "user 2", "2021-12-01T17:59", "2021-12-08T00:10"),
    *opens("month", "user 3", "2021-12-06T10:00", "2021-12-12T10:00"),
    *opens("evening", "u", "2024-02-05T20:00", "2024-02-06T06:00"),
    *opens("friday", "u", "2024-02-09T10:00", "2024-02-12T10:00"),
    *opens("february", "u", "2024-02-25T10:00", "2024-03-03T10:00"),
    *weighted("mixpanel", 1, 100, 50),
    *weighted("mixpanel", 2, 50, 40),
    *weighted("mixpanel", 3, 70, 1),
    *opens("browser", "u", "2024-03-04T10:00", b="Chrome"),
    *opens("browser", "u", "2024-03-05T10:00", b="Firefox"),
    *opens("browser", "v", "2024-03-04T10:00", "2024-03-05T10:00", b="Chrome"),
    ("w", "signup", "2024-03-04T10:00", {}, {"project": "zero"}),
    *opens("zero", "w", "2024-03-05T10:00"),
]


@pytest.fixture(scope="module")
def table(tmp_path_factory, publish_world):
    """One version for all examples: `table("project", …)` gives {(cohort or breakdown, interval): retained}."""
    from dashboards.ask import ask
    from dashboards.published import open_version

    folder = publish_world(tmp_path_factory.mktemp("vendors"), events=EVENTS)
    with open_version(folder) as published:

        def asked(project, as_of="2024-06-01", key="cohort_start", **more):
            params = {"project": project, "horizon": 2, **more}
            rows = ask(published, "retention", params, as_of).rows
            kept = [r for r in rows if (r["cohort_start"] is None) == (key == "average")]
            if key == "average":
                return {r["interval"]: r["rate"] for r in kept}
            return {(r[key], r["interval"]): r["retained"] for r in kept if r["cohort_size"]}

        yield asked


DECEMBER = {"from": "2021-12-01", "to": "2022-01-01", "dialect": "amplitude"}


def test_amplitude_a_day_is_24_hours_from_the_hour_of_the_start(table):
    """https://amplitude.com/docs/analytics/charts/retention-analysis/retention-analysis-time (user 1)"""
    day = {("2021-12-01", 0): 1, ("2021-12-01", 1): 1, ("2021-12-01", 2): 0}
    assert table("day", **DECEMBER) == day
    assert table("day", **DECEMBER, clock="calendar") == day
    # Without the rounding the return at 17:00 is 23 hours and one minute after the start.
    assert table("day", **DECEMBER, rounding="exact")[("2021-12-01", 1)] == 0


def test_amplitude_weeks_and_months_are_counted_by_days(table):
    """https://amplitude.com/docs/analytics/charts/retention-analysis/retention-analysis-time (users 2 and 3)"""
    week, month = {**DECEMBER, "unit": "week"}, {**DECEMBER, "unit": "month"}
    assert table("week", **week)[("2021-11-29", 1)] == 0
    assert table("week", **week, clock="calendar")[("2021-11-29", 1)] == 1
    # 8 to 14 December are week 1 of a start on the 1st, whatever the time of day.
    assert table("week_1", **week)[("2021-11-29", 1)] == 1
    assert table("month", **month) == {("2021-12-01", 0): 1, ("2021-12-01", 1): 0, ("2021-12-01", 2): 0}  # fmt: skip
    assert table("month", **month, clock="calendar")[("2021-12-01", 0)] == 1


@pytest.mark.parametrize(
    ("project", "unit", "cohort"),
    [("evening", "day", "2024-02-05"), ("friday", "week", "2024-02-05"), ("february", "month", "2024-02-01")],
)  # fmt: skip
def test_mixpanel_calendar_and_rolling_intervals(table, project, unit, cohort):
    """https://docs.mixpanel.com/docs/reports/retention#calendar-retention-mode"""
    asked = {"unit": unit, "from": "2024-02-01", "to": "2024-03-01", "dialect": "mixpanel"}
    assert table(project, **asked)[(cohort, 1)] == 0
    assert table(project, **asked, clock="calendar")[(cohort, 1)] == 1


def test_mixpanel_the_average_weighs_cohorts_by_their_size_once_more(table):
    """https://docs.mixpanel.com/docs/reports/retention#how-is-the-average-row-for-retention-reports-calculated"""
    asked = {"from": "2024-03-01", "to": "2024-03-04", "key": "average"}
    # The cohort of 3 March is incomplete for day 1 at noon of the 4th.
    at = {"as_of": "2024-03-04T12:00"}
    assert table("mixpanel", dialect="mixpanel", **asked, **at)[1] == pytest.approx(0.56)
    assert table("mixpanel", clock="rolling", **asked, **at)[1] == pytest.approx(0.60)


def test_posthog_interval_zero_is_everyone(table):
    """https://posthog.com/docs/product-analytics/retention#understanding-retention-insights (column C)"""
    asked = {"start_event": "signup", "return_event": "open", "from": "2024-03-04", "to": "2024-03-05"}  # fmt: skip
    assert table("zero", dialect="posthog", **asked)[("2024-03-04", 0)] == 1
    assert table("zero", **asked)[("2024-03-04", 0)] == 0


def test_posthog_start_and_return_have_the_same_value(table):
    """https://posthog.com/docs/product-analytics/retention#breakdowns"""
    asked = {"breakdown": "b", "key": "breakdown", "from": "2024-03-04", "to": "2024-03-05"}
    assert table("browser", dialect="posthog", **asked)[("Chrome", 1)] == 1
    assert table("browser", **asked)[("Chrome", 1)] == 2
    recurring = table("browser", cohort="recurring", dialect="posthog", **asked | {"to": "2024-03-06"})  # fmt: skip
    assert recurring[("Firefox", 0)] == 1
