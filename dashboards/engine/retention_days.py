"""Retention by the calendar of first-time cohorts of any activity, counted in one pass over the mart of active days.

Knows the first day and the day before that the mart has beside each day. Must not know completeness, averages or rows. Nobody has
to be told apart: the first day of a person in a period is the one whose day before lies in an earlier period.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dashboards.catalogue.parameters import Selector
from dashboards.engine.person_days import (
    ANY_ACTIVE,
    TABLE,
    Days,
    day_period,
    kept_days,
    kept_periods,
)
from dashboards.engine.scope import Scope


def _is_any_activity(scope: Scope) -> bool:
    p = scope.params
    chosen: list[Selector] = [p[name] or ANY_ACTIVE for name in ("start_event", "return_event")]
    return chosen == [ANY_ACTIVE, ANY_ACTIVE] and p["actor"] == "person"


def cohort_counts(scope: Scope, last: int) -> bool:
    """Make `cohort_sizes` (cohort, size) and `returned` (cohort, n, actors), where the mart has them."""
    p = scope.params
    is_plain = p["clock"] == "calendar" and p["cohort"] == "first_time" and p["mode"] == "on"
    if not (_is_any_activity(scope) and is_plain and not p["breakdown"]):
        return False
    unit = p["unit"]
    starting = kept_periods(scope, ANY_ACTIVE, unit, scope.from_at, scope.to_at)
    # a cohort that the end of the range cuts is told by the day
    returning = kept_periods(scope, ANY_ACTIVE, unit, scope.from_at, by_day_from=scope.to_at)
    if starting is None or returning is None:
        return False
    scope.run(
        f"""
        create or replace temp table cohort_sizes as
        select {day_period(scope, unit)} as cohort, sum({starting.people})::bigint as size
        from {starting.table}
        where {starting.where} and previous_date is null
        group by all
        """,  # noqa: S608
        starting.params,
    )
    rows = returning.narrowed("fct_person_days.first_date >= $since")
    if "cut" in starting.params:
        rows = rows.narrowed("fct_person_days.first_date < $to_day", to_day=starting.params["cut"])
    columns = ("local_date", "first_date", "previous_date")
    period, cohort, before = (day_period(scope, unit, column) for column in columns)
    first = "" if unit == "day" else f" and (previous_date is null or {before} < {period})"
    scope.run(
        f"""
        create or replace temp table returned as
        select {cohort} as cohort, {period} - {cohort} as n, sum({rows.people})::bigint as actors
        from {rows.table}
        where {rows.where} and {period} - {cohort} <= $last{first}
        group by all
        """,  # noqa: S608
        {**rows.params, "last": last},
    )
    return True


def months(scope: Scope, before_at: datetime) -> Days | None:
    """The rows from the month before the last complete one on, where the mart holds what R7 asks."""
    return kept_days(scope, ANY_ACTIVE, since=before_at) if _is_any_activity(scope) else None


def month_counts(
    scope: Scope, before_at: datetime, month_at: datetime, end_at: datetime
) -> dict[str, Any]:
    """R7 from the mart: those first seen in the month before and those active in it, and who of them came in the month."""
    to_local = scope.calendar.to_local
    days = kept_periods(scope, ANY_ACTIVE, "month", before_at, end_at)
    assert days is not None  # `months` has looked
    in_months = days.narrowed(
        "fct_person_days.local_date < $end_day", end_day=to_local(end_at).date()
    )
    return scope.run(
        f"""
        with active_days as (
            select
                {days.people} as people,
                local_date < $month_day as is_before,
                first_date >= $since and first_date < $month_day as is_starter,
                previous_date is null as is_start,
                previous_date >= $since as was_here,
                previous_date is null or previous_date < case when local_date < $month_day then $since else $month_day end as is_first
            from {days.table}
            where {in_months.where}
        )

        select
            coalesce(sum(people) filter (where is_before and is_start), 0)::bigint as cohort_size,
            coalesce(sum(people) filter (where not is_before and is_first and is_starter), 0)::bigint as retained,
            coalesce(sum(people) filter (where is_before and is_first), 0)::bigint as active_before,
            coalesce(sum(people) filter (where not is_before and is_first and was_here), 0)::bigint as active_again
        from active_days
        """,  # noqa: S608
        in_months.params | {"month_day": to_local(month_at).date()},
    )[0]


def day_readings(
    scope: Scope,
    days: Days,
    month_at: datetime,
    end_at: datetime,
    ages: tuple[int, ...],
    today: int,
) -> list[dict[str, Any]]:
    """For each age in days how many of those first seen in [month_at, end_at) are that old, and how many of them were active then."""
    to_local = scope.calendar.to_local
    return scope.run(
        f"""
        with aged as (
            select first_date, local_date - first_date as age, count(*) as people
            from {TABLE}
            where {days.where} and first_date >= $month_day and first_date < $end_day
            group by all
        ),

        readings as (select unnest($ages::bigint[]) as n)

        select
            readings.n,
            coalesce(sum(aged.people) filter (where aged.age = 0), 0)::bigint as size,
            coalesce(sum(aged.people) filter (where aged.age = readings.n), 0)::bigint as retained
        from readings
        inner join aged on (aged.first_date - date '1970-01-01') + readings.n < $today
        group by all
        """,  # noqa: S608
        days.params
        | {
            "month_day": to_local(month_at).date(),
            "end_day": to_local(end_at).date(),
            "ages": list(ages),
            "today": today,
        },
    )
