"""How concentrated use is: active days per person, what the most active contribute, Gini (standard question 22).

Knows the histogram of active days and shares of the top. Must not know the catalogue. Ties at a cut do not matter: those
who tie contribute the same.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dashboards.answer import BadParameter
from dashboards.engine.asked_days import local_day
from dashboards.engine.person_days import ANY_ACTIVE, count_periods
from dashboards.engine.scope import Result, Scope
from dashboards.engine.statistics import wilson

TOPS = (1, 5, 10, 20)  # percent of the active people
MOST_DAYS = 400


def concentration(scope: Scope) -> Result:
    """One row per number of active days; top shares, Gini and power users are in the summary."""
    days = _range(scope)
    threshold = scope.params["threshold"] or -(-2 * days // 7)
    if threshold > days:
        raise BadParameter(
            f"`threshold` is {threshold} active days but the range holds {days}; the nearest is {days}"
        )
    _people(scope)
    rows = scope.run(
        """
        with spine as (select unnest(generate_series(1, $days)) as active_days),

        counted as (
            select active_days, count(*) as actors, sum(events) as events
            from people
            group by all
        ),

        filled as (
            select spine.active_days, coalesce(counted.actors, 0) as actors, coalesce(counted.events, 0)::bigint as events
            from spine
            left join counted
                on spine.active_days = counted.active_days
        )

        select
            active_days,
            actors,
            actors / nullif(sum(actors) over (), 0) as share,
            (sum(actors) over (order by active_days desc))::bigint as actors_at_least,
            sum(actors) over (order by active_days desc) / nullif(sum(actors) over (), 0) as share_at_least,
            events,
            events / nullif(sum(events) over (), 0) as events_share
        from filled
        order by active_days
        """,
        {"days": days},
    )
    return Result(rows, {"days": days, **_summary(scope, threshold)})


def _range(scope: Scope) -> int:
    """Fix the range to whole days: `days` before its end unless `from` is given; gives how many there are."""
    calendar = scope.calendar
    if scope.to_at is None:
        scope.to_at = calendar.midnight(calendar.to_local(scope.as_of).date())
    last = calendar.to_local(scope.to_at - timedelta(microseconds=1)).date()
    if scope.from_at is None:
        first = last - timedelta(days=scope.params["days"] - 1)
        scope.from_at = calendar.midnight(first)
    begun = local_day(calendar, scope.from_at)
    assert begun is not None
    days = (last - begun).days + 1
    if not 1 <= days <= MOST_DAYS:
        raise BadParameter(f"the range holds {days} days; ask for 1 to {MOST_DAYS}")
    if scope.to_at > scope.as_of:
        scope.caveat("The range is not over yet, so active days and power users can still grow.")
    return days


def _people(scope: Scope) -> None:
    """One row per person: active days and events."""
    count_periods(
        scope,
        "scoped_events",
        scope.params["event"] or ANY_ACTIVE,
        {"person": "person", "local_date": "date"},
        {"events": "events"},
        scope.from_at,
        scope.to_at,
    )
    scope.run(
        """
        create or replace temp table people as
        select person, count(*) as active_days, sum(events)::bigint as events
        from scoped_events
        group by all
        """
    )


def _summary(scope: Scope, threshold: int) -> dict[str, Any]:
    whole = scope.run(
        """
        with ranked as (
            select
                events,
                active_days,
                row_number() over (order by events) as event_rank,
                row_number() over (order by active_days) as day_rank,
                count(*) over () as actors
            from people
        )
        -- Gini over n sorted values x: 2 * sum(i * x) / (n * sum(x)) - (n + 1) / n
        select
            count(*) as actors,
            coalesce(sum(events), 0)::bigint as events,
            coalesce(sum(active_days), 0)::bigint as active_days,
            count(*) filter (where active_days >= $threshold) as power_users,
            2 * sum(event_rank * events) / (max(actors) * sum(events)) - (max(actors) + 1) / max(actors) as gini_events,
            2 * sum(day_rank * active_days) / (max(actors) * sum(active_days)) - (max(actors) + 1) / max(actors)
                as gini_active_days,
            quantile_cont(active_days, 0.5) as median_active_days
        from ranked
        """,
        {"threshold": threshold},
    )[0]
    actors, power = whole["actors"], whole["power_users"]
    low, high = wilson(power, actors) or (None, None)
    if not actors:
        scope.caveat("Nobody was active in the range, so there is nothing to be concentrated.")
    return {
        "actors": actors,
        "events": whole["events"],
        "active_days": whole["active_days"],
        "median_active_days": whole["median_active_days"],
        "power_threshold_days": threshold,
        "power_users": power,
        "power_user_share": power / actors if actors else None,
        "power_user_ci_low": low,
        "power_user_ci_high": high,
        "gini_events": whole["gini_events"],
        "gini_active_days": whole["gini_active_days"],
        "tops": _tops(scope),
    }


def _tops(scope: Scope) -> list[dict[str, Any]]:
    """What the most active 1, 5, 10 and 20 percent contribute; the size of a top is rounded up."""
    found = scope.run(
        """
        with ranked as (
            select
                events,
                active_days,
                row_number() over (order by events desc) as event_place,
                row_number() over (order by active_days desc) as day_place,
                count(*) over () as actors
            from people
        ),

        tops as (select unnest($tops::bigint[]) as percent)

        select
            tops.percent,
            max((tops.percent * ranked.actors + 99) // 100) as actors,
            sum(ranked.events) filter (where ranked.event_place <= (tops.percent * ranked.actors + 99) // 100)
                / sum(ranked.events) as events_share,
            sum(ranked.active_days) filter (where ranked.day_place <= (tops.percent * ranked.actors + 99) // 100)
                / sum(ranked.active_days) as active_days_share
        from tops
        cross join ranked
        group by tops.percent
        order by tops.percent
        """,
        {"tops": list(TOPS)},
    )
    small = [row for row in found if row["actors"] < scope.minimum_group_size]
    if small:
        scope.caveat(
            f"The top {', '.join(str(row['percent']) for row in small)} % is under {scope.minimum_group_size} people, so its share is suppressed."
        )
    return [
        {
            "name": f"top {row['percent']} %",
            "percent": row["percent"],
            "actors": row["actors"],
            "share": None if row in small else row["events_share"],
            "active_days_share": None if row in small else row["active_days_share"],
        }
        for row in found
    ]
