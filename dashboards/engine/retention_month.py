"""The plain answer to "what was retention last month?" (R7).

Knows the last complete month and the readings beside it. Must not know the retention table.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dashboards.catalogue.parameters import Selector
from dashboards.engine.person_days import count_periods
from dashboards.engine.retention_days import day_readings, month_counts, months
from dashboards.engine.retention_hits import actor_column, first_starts
from dashboards.engine.scope import Scope

AGES = (1, 7, 30)


def last_month(scope: Scope) -> dict[str, Any]:
    """Readings of the last complete month M; the table has found the first starts of its own first-time cohorts."""
    calendar = scope.calendar
    month = calendar.index("month", scope.as_of) - 1
    bounds = {
        "before_at": calendar.start("month", month - 1),
        "month_at": calendar.start("month", month),
        "end_at": calendar.start("month", month + 1),
    }
    month_at, end_at = bounds["month_at"], bounds["end_at"]
    today = calendar.index("day", scope.as_of)  # a day is over when the next one has begun by as-of
    days = months(scope, bounds["before_at"])
    if days is not None:
        row = month_counts(scope, bounds["before_at"], month_at, end_at)
        readings = day_readings(scope, days, month_at, end_at, AGES, today)
    else:
        row = _counted(scope, bounds)
        readings = _day_readings(scope, month, today)
    summary: dict[str, Any] = {
        "month": calendar.label("month", month),
        "cohort_month": calendar.label("month", month - 1),
        "cohort_size": row["cohort_size"],
        "retained": row["retained"],
        "retention": _share(row["retained"], row["cohort_size"]),
        "active_month_before": row["active_before"],
        "active_again": row["active_again"],
        "active_again_rate": _share(row["active_again"], row["active_before"]),
    }
    return summary | _summarised(readings)


def _counted(scope: Scope, bounds: dict[str, datetime]) -> dict[str, Any]:
    """The people of both months, told apart one by one; makes `return_days` for the readings by day."""
    params = scope.params
    start, back = (params[name] or Selector(()) for name in ("start_event", "return_event"))
    if params["cohort"] != "first_time" and not params["breakdown"]:
        first_starts(scope, start)
    actor = actor_column(scope)
    for table, selector in (("start_days", start), ("return_days", back)):
        count_periods(
            scope,
            table,
            selector,
            {"actor": actor, "day": "day"},
            {"event_at": "first_at"},
            since=bounds["before_at"],
        )
    return scope.run(
        """
        with in_month as (
            select distinct actor from return_days where event_at >= $month_at and event_at < $end_at
        ),
        active_before as (
            select distinct actor from start_days where event_at >= $before_at and event_at < $month_at
        ),
        starters as (
            select actor from firsts where start_at >= $before_at and start_at < $month_at
        )
        select
            (select count(*) from starters) as cohort_size,
            (select count(*) from starters semi join in_month on starters.actor = in_month.actor) as retained,
            (select count(*) from active_before) as active_before,
            (select count(*) from active_before semi join in_month on active_before.actor = in_month.actor) as active_again
        """,
        bounds,
    )[0]


def _summarised(readings: list[dict[str, Any]]) -> dict[str, Any]:
    found = {row["n"]: row for row in readings}
    summary: dict[str, Any] = {}
    for n in AGES:
        row = found.get(n, {"size": 0, "retained": 0})
        summary |= {
            f"d{n}_size": row["size"],
            f"d{n}_retained": row["retained"],
            f"d{n}": _share(row["retained"], row["size"]),
        }
    return summary


def _day_readings(scope: Scope, month: int, today: int) -> list[dict[str, Any]]:
    """D1, D7 and D30 `on` of the daily cohorts of M whose day has ended."""
    calendar = scope.calendar
    first = calendar.index("day", calendar.start("month", month))
    last = calendar.index("day", calendar.start("month", month + 1)) - 1
    return scope.run(
        """
        with cohorts as (
            select actor, period_index('day', start_local_at, start_at, 0) as day
            from firsts
            where period_index('day', start_local_at, start_at, 0) between $first and $last
        ),
        days as (
            select actor, day from return_days where day between $first and $last + 31
        ),
        readings as (select unnest($ages::bigint[]) as n)
        select
            readings.n,
            count(*) as size,
            count(days.actor) as retained
        from readings
        inner join cohorts on cohorts.day + readings.n < $today
        left join days on cohorts.actor = days.actor and days.day = cohorts.day + readings.n
        group by all
        """,
        {"first": first, "last": last, "today": today, "ages": list(AGES)},
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
