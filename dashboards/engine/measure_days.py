"""Active people of a metric's buckets, from the mart of active days where that is enough.

Knows which buckets are whole days. Must not know what is done with the people, nor any other metric.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dashboards.catalogue.parameters import Selector
from dashboards.engine.measure_reading import Reading
from dashboards.engine.person_days import TABLE, day_period, kept_days


def reached(reading: Reading, counted: Selector, reach: Sequence[datetime]) -> bool:
    """`firsts` (bucket, actor, first_at, is_active): who was active from its reach on to the end of each bucket."""
    scope, periods = reading.scope, reading.buckets.periods
    to_local = scope.calendar.to_local
    edges = [*reach, *(p.start_at for p in periods), *(p.end_at for p in periods)]
    days = kept_days(scope, counted, since=min(edges), until=max(edges), is_stepped=False)
    if days is None or any(scope.calendar.midnight(to_local(at).date()) != at for at in edges):
        return False
    scope.run(
        f"""
        create or replace temp table firsts as
        select
            periods.bucket,
            fct_person_days.person_key as actor,
            min(fct_person_days.first_at) as first_at,
            bool_or(fct_person_days.local_date >= periods.start_day) as is_active
        from {TABLE}
        inner join (
            select
                unnest($buckets::bigint[]) as bucket,
                unnest($reach::date[]) as reach_day,
                unnest($starts::date[]) as start_day,
                unnest($ends::date[]) as end_day
        ) as periods
            on fct_person_days.local_date >= periods.reach_day and fct_person_days.local_date < periods.end_day
        where {days.where}
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
    """`firsts` (bucket, actor, first_at): who was active in each of the calendar's periods that the buckets are."""
    buckets = reading.buckets
    scope = reading.scope
    days = kept_days(scope, counted, [unit], buckets.start_at, buckets.end_at, is_stepped=False)
    if days is None:
        return False
    scope.run(
        f"""
        create or replace temp table firsts as
        select
            {day_period(scope, unit)} as bucket,
            fct_person_days.person_key as actor,
            min(fct_person_days.first_at) as first_at
        from {TABLE}
        where {days.where}
        group by all
        """,  # noqa: S608
        days.params,
    )
    return True
