"""The people and amounts of a metric, per bucket of time and value of a dimension, as SQL over the published events.

Knows how each metric finds its base and counts. Must not know what is done with the numbers. People whose window is still
open are pending: counted, and in no numerator or denominator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboards.catalogue.parameters import Selector
from dashboards.engine import measure_days
from dashboards.engine.buckets import Buckets, period_number, use_period_index
from dashboards.engine.conditions import Fragment
from dashboards.engine.measure import ACTIVATION, Dimension, Measure
from dashboards.engine.measure_reading import EVERYONE, Reading
from dashboards.engine.scope import Scope, any_of, flag

ANY_ACTIVE = Selector(())
REACH_DAYS = 28  # who was active in these days before a period could have been active in it (A2: the span of MAU)


@dataclass(frozen=True)
class Cell:
    """The people of one bucket and one value: how many, the sum of their amounts and of the squares, and who is pending."""

    bucket: int
    value: str
    units: int
    total: float
    squares: float
    pending: int


def cells(
    scope: Scope,
    measure: Measure,
    buckets: Buckets,
    dimension: Dimension | None = None,
    is_series: bool = False,
) -> list[Cell]:
    """What the metric is made of, per bucket and value of the dimension.

    Of a series of counts only the counts are wanted, so its base are the counted people themselves.
    """
    reading = Reading(scope, measure, buckets, dimension, is_series)
    if measure.metric.interval is not None:
        rows = _retention(reading)
    else:
        rows = _WAYS[measure.metric.id](reading)
    return [Cell(**row) for row in rows]


def _active(reading: Reading) -> list[dict[str, Any]]:
    """A1: everybody with the counted event in the bucket or the 28 days before it, and who of them had it in the bucket."""
    counted = reading.measure.event or ANY_ACTIVE
    only = flag(counted)
    if reading.is_series:
        is_kept = _active_firsts(reading, counted)
        reading.valued(only, [counted], is_kept and measure_days.told_value(reading) is not None)
        return reading.summed("select bucket, value, 1 as amount, true as is_over from base")
    periods = reading.buckets.periods
    reach = [_days_before(reading.scope, period.start_at, REACH_DAYS) for period in periods]
    is_kept = measure_days.reached(reading, counted, reach)
    if not is_kept:
        _reached(reading, counted, reach)
    reading.valued(only, [counted], is_kept and measure_days.told_value(reading) is not None)
    return reading.summed(
        "select bucket, value, is_active::integer as amount, true as is_over from base"
    )


def _active_firsts(reading: Reading, counted: Selector) -> bool:
    """`firsts` (bucket, actor, first_at) of everybody with the counted event in a bucket; whether they are from the mart."""
    unit = reading.buckets.unit
    if unit is not None and measure_days.active_in(reading, counted, unit):
        return True
    reading.events({}, [counted], reading.since_start(flag(counted)))
    reading.firsts()
    return False


def _reached(reading: Reading, counted: Selector, reach: Sequence[datetime]) -> None:
    """`firsts` (bucket, actor, first_at, is_active) of everybody with the counted event from its reach to the end of a bucket."""
    periods, only = reading.buckets.periods, flag(counted)
    # Between two edges all events of a person are alike, so the first of them stands for all.
    edges = sorted({*reach, *(p.start_at for p in periods), *(p.end_at for p in periods)})
    between = " + ".join(["(fct_events.occurred_at >= ?)::integer"] * len(edges))
    reading.events(
        {"piece": Fragment(between, tuple(edges))},
        [counted],
        Fragment(f"fct_events.occurred_at >= ? and ({only.sql})", (reach[0], *only.params)),
    )
    reading.scope.run(
        """
        create or replace temp table firsts as
        select
            periods.bucket,
            scoped_events.actor,
            min(scoped_events.event_at) as first_at,
            bool_or(scoped_events.event_at >= periods.start_at) as is_active
        from scoped_events
        inner join (
            select
                unnest($buckets::bigint[]) as bucket,
                unnest($reach::timestamp[]) as reach_at,
                unnest($starts::timestamp[]) as start_at,
                unnest($ends::timestamp[]) as end_at
        ) as periods
            on scoped_events.event_at >= periods.reach_at and scoped_events.event_at < periods.end_at
        group by all
        """,
        {
            "buckets": [period.index for period in periods],
            "reach": reach,
            "starts": [period.start_at for period in periods],
            "ends": [period.end_at for period in periods],
        },
    )


def active_weeks(scope: Scope, measure: Measure, weeks: Buckets) -> Cell:
    """People active in these weeks, each with the share of the weeks in which they were: the mean week of active people."""
    counted = measure.event or ANY_ACTIVE
    reading = Reading(scope, measure, weeks, None, True)
    _active_firsts(reading, counted)
    rows = reading.summed(
        "select 0 as bucket, '(all)' as value, count(*) / $weeks as amount, true as is_over from firsts group by actor",
        {"weeks": len(weeks.periods)},
    )
    return Cell(**rows[0]) if rows else Cell(0, EVERYONE, 0, 0.0, 0.0, 0)


def _days_before(scope: Scope, instant: datetime, days: int) -> datetime:
    """The same time of the reporting zone, days earlier."""
    return scope.calendar.to_utc(scope.calendar.to_local(instant) - timedelta(days=days))


def _usage(reading: Reading) -> list[dict[str, Any]]:
    """D1: of the people active in the bucket, who had a value event of the feature, or the named event."""
    event = reading.measure.event
    used = (
        flag(event)
        if event
        else Fragment(
            "(fct_events.is_value_event and fct_events.feature = ?)", (reading.measure.feature,)
        )
    )
    return _amounts(
        reading,
        used,
        [event] if event else [],
        "least(coalesce(sum(hits) filter (where is_hit), 0), 1)",
    )


def _events(reading: Reading) -> list[dict[str, Any]]:
    """Counted events, or those named, of each person active in the bucket; none is 0, not left out."""
    event = reading.measure.event or ANY_ACTIVE
    return _amounts(reading, flag(event), [event], "coalesce(sum(hits) filter (where is_hit), 0)")


def _amounts(
    reading: Reading, hit: Fragment, selectors: Sequence[Selector], amount: str
) -> list[dict[str, Any]]:
    only = Fragment(f"{hit.sql} or fct_events.is_active_event", hit.params)
    reading.events({"is_hit": hit}, selectors, reading.since_start(only))
    reading.base(only, selectors)
    return reading.summed(
        f"""
                select scoped_events.bucket, base.value, {amount} as amount, true as is_over
                from scoped_events
                inner join base on scoped_events.bucket = base.bucket and scoped_events.actor = base.actor
                group by scoped_events.bucket, scoped_events.actor, base.value
        """.strip()  # noqa: S608
    )


def _retention(reading: Reading) -> list[dict[str, Any]]:
    """R1, R2, R3: on interval N after a person's first active event ever, by the calendar."""
    assert reading.measure.metric.interval is not None
    unit, interval = reading.measure.metric.interval
    calendar = reading.scope.calendar
    back = reading.measure.event or ANY_ACTIVE
    last = calendar.index(unit, reading.buckets.end_at - timedelta(microseconds=1))
    use_period_index(reading.scope)
    reading.events(
        {
            "is_start": flag(ANY_ACTIVE),
            "is_return": flag(back),
            "period": period_number(calendar, unit),
        },
        [back],
        any_of([ANY_ACTIVE, back]),
        until=calendar.start(unit, last + interval + 1),
    )
    reading.base(flag(ANY_ACTIVE), [], "is_start", more="min_by(period, event_at) as period, ")
    return reading.summed(
        """
                select
                    base.bucket,
                    base.value,
                    (returns.actor is not null)::integer as amount,
                    base.period + $interval < $now as is_over
                from base
                left join (select distinct actor, period from scoped_events where is_return) as returns
                    on base.actor = returns.actor
                    and base.period + $interval = returns.period
                where base.first_at >= $from_at and base.first_at < $to_at
        """.strip(),
        {
            "interval": interval,
            "now": calendar.index(unit, reading.scope.as_of),
            "from_at": reading.buckets.start_at,
            "to_at": reading.buckets.end_at,
        },
    )


def _activation(reading: Reading) -> list[dict[str, Any]]:
    """D3: of the people whose first active event ever lies in the bucket, who had a value event, or the named one, in seven days."""
    event = reading.measure.event
    met = flag(event) if event else Fragment("(fct_events.is_value_event)")
    first = flag(ANY_ACTIVE)
    reading.events(
        {"is_start": first, "is_met": met},
        [event] if event else [],
        Fragment(f"{first.sql} or {met.sql}", (*first.params, *met.params)),
        until=reading.buckets.end_at + ACTIVATION + timedelta(microseconds=1),
        is_whole=True,
    )
    reading.base(first, [], "is_start", more="")
    return reading.summed(
        """
                select
                    base.bucket,
                    base.value,
                    coalesce(bool_or(scoped_events.is_met), false)::integer as amount,
                    base.first_at + to_days($days) <= $as_of as is_over
                from base
                left join scoped_events
                    on base.actor = scoped_events.actor
                    and base.first_at <= scoped_events.event_at
                    and base.first_at + to_days($days) >= scoped_events.event_at
                where base.first_at >= $from_at and base.first_at < $to_at
                group by base.bucket, base.actor, base.value, base.first_at
        """.strip(),
        {
            "days": ACTIVATION.days,
            "as_of": reading.scope.as_of,
            "from_at": reading.buckets.start_at,
            "to_at": reading.buckets.end_at,
        },
    )


def _conversion(reading: Reading) -> list[dict[str, Any]]:
    """F1 to F4, F17, F18: the funnel of the steps per bucket of the entry, counted once for each person."""
    steps = reading.measure.steps
    reading.events(
        {f"step_{n}": flag(step) for n, step in enumerate(steps, 1)},
        steps,
        reading.since_start(any_of(steps)),
        until=reading.buckets.end_at + reading.measure.window + timedelta(microseconds=1),
        is_whole=True,
    )
    in_range = "step_1 and event_at >= $from_at and event_at < $to_at"
    reading.base(flag(steps[0]), steps[:1], in_range)
    reading.scope.run(
        f"create or replace temp table chain_1 as select bucket, actor, event_at as at_1 from scoped_events where {in_range}",  # noqa: S608
        {"from_at": reading.buckets.start_at, "to_at": reading.buckets.end_at},
    )
    for step in range(2, len(steps) + 1):
        # From 64 rows on DuckDB's as-of join finds a row for a null instant: say that null is no match.
        reading.scope.run(
            f"""
            create or replace temp table chain_{step} as
            with candidates as (
                select actor, event_at from scoped_events where step_{step}
            )
            select
                chain.*,
                case
                    when chain.at_{step - 1} is not null and candidates.event_at <= chain.at_1 + to_microseconds($window)
                        then candidates.event_at
                end as at_{step}
            from chain_{step - 1} as chain
            asof left join candidates
                on chain.actor = candidates.actor
                and chain.at_{step - 1} <= candidates.event_at
            """,  # noqa: S608
            {"window": reading.measure.window // timedelta(microseconds=1)},
        )
    reached = " + ".join(f"(at_{n} is not null)::integer" for n in range(1, len(steps) + 1))
    return reading.summed(
        f"""
                select
                    chain.bucket,
                    base.value,
                    (chain.at_{len(steps)} is not null)::integer as amount,
                    chain.at_1 + to_microseconds($window) <= $as_of as is_over
                from chain_{len(steps)} as chain
                inner join base on chain.bucket = base.bucket and chain.actor = base.actor
                qualify row_number() over (partition by chain.bucket, chain.actor order by {reached} desc, chain.at_1) = 1
        """.strip(),  # noqa: S608
        {
            "window": reading.measure.window // timedelta(microseconds=1),
            "as_of": reading.scope.as_of,
        },
    )


_WAYS: dict[str, Callable[[Reading], list[dict[str, Any]]]] = {
    "active_users": _active,
    "feature_usage": _usage,
    "events_per_actor": _events,
    "activation": _activation,
    "conversion": _conversion,
}
