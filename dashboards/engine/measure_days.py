"""Active people of a metric's buckets, from the mart of active days where that is enough.

Knows which buckets are whole days. Must not know what is done with the people, nor any other metric.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dashboards.catalogue.parameters import Selector
from dashboards.engine.day_firsts import FIRSTS, first_value
from dashboards.engine.measure_reading import Reading
from dashboards.engine.person_days import TABLE, day_period, kept_days


def told_value(reading: Reading) -> str | None:
    """The group of a person at its first active event of a day, as SQL; none where only the events themselves tell it."""
    if reading.dimension is None:
        return None
    return first_value(reading.scope, reading.dimension.name, reading.dimension.of)


def reached(reading: Reading, counted: Selector, reach: Sequence[datetime]) -> bool:
    """`firsts` (bucket, actor, first_at, is_active): who was active from its reach on to the end of each bucket.

    A person's first day since the reach and the first one in the bucket say both; no other day is looked at. With the `value`
    where the mart tells it.
    """
    scope, periods = reading.scope, reading.buckets.periods
    to_local = scope.calendar.to_local
    edges = [*reach, *(p.start_at for p in periods), *(p.end_at for p in periods)]
    days = kept_days(scope, counted, since=min(edges), until=max(edges), is_timed=True)
    if days is None or any(scope.calendar.midnight(to_local(at).date()) != at for at in edges):
        return False
    value = told_value(reading)
    group = f",\n            min_by({value}, fct_person_days.first_at) as value" if value else ""
    scope.run(
        f"""
        create or replace temp table firsts as
        select
            periods.bucket,
            fct_person_days.person_key as actor,
            min(fct_person_days.first_at) as first_at,
            bool_or(fct_person_days.local_date >= periods.start_day) as is_active{group}
        from {FIRSTS if value else TABLE}
        inner join (
            select
                unnest($buckets::bigint[]) as bucket,
                unnest($reach::date[]) as reach_day,
                unnest($starts::date[]) as start_day,
                unnest($ends::date[]) as end_day
        ) as periods
            on fct_person_days.local_date >= periods.reach_day and fct_person_days.local_date < periods.end_day
        where {days.where}
            and (
                fct_person_days.previous_date is null
                or fct_person_days.previous_date < periods.reach_day
                or fct_person_days.previous_date < periods.start_day and fct_person_days.local_date >= periods.start_day
            )
        group by all
        """,  # noqa: S608
        {
            **days.params,
            "buckets": [period.index for period in periods],
            "reach": [to_local(at).date() for at in reach],
            "starts": [to_local(period.start_at).date() for period in periods],
            "ends": [to_local(period.end_at).date() for period in periods],
        },
    )
    return True


def active_in(reading: Reading, counted: Selector, unit: str) -> bool:
    """`firsts` (bucket, actor, first_at): who was active in each of the calendar's periods that the buckets are; `value` as above."""
    buckets = reading.buckets
    scope = reading.scope
    days = kept_days(scope, counted, [unit], buckets.start_at, buckets.end_at, is_timed=True)
    if days is None:
        return False
    value = told_value(reading)
    group = f",\n            {value} as value" if value else ""
    start_day = scope.calendar.to_local(buckets.start_at).date()
    # the first day of a person in a bucket is the one whose day before lies before the bucket
    once = days.narrowed(
        "(fct_person_days.previous_date is null or fct_person_days.previous_date < $start_day"
        f" or {day_period(scope, unit, 'previous_date')} < {day_period(scope, unit)})",
        start_day=start_day,
    )
    scope.run(
        f"""
        create or replace temp table firsts as
        select
            {day_period(scope, unit)} as bucket,
            fct_person_days.person_key as actor,
            fct_person_days.first_at{group}
        from {FIRSTS if value else TABLE}
        where {once.where}
        """,  # noqa: S608
        once.params,
    )
    return True
