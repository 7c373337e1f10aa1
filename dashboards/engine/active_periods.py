"""Who was active in which period and how many that were, for the questions about active people.

Knows how the working tables of these questions come from the mart of active days, or from events where that is not enough.
Must not know any question.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from dashboards.engine.person_days import (
    ANY_ACTIVE,
    Days,
    count_periods,
    day_period,
    kept_days,
    kept_periods,
)
from dashboards.engine.scope import EVENT_COLUMNS, Scope


def actor_periods(scope: Scope, back: str) -> None:
    """`actor_periods` (person, period, last_at): who was active in which period, from as far back as the question looks."""
    count_periods(
        scope,
        "actor_periods",
        scope.params.get("event") or ANY_ACTIVE,
        {"person": "person", "period": scope.params["period"]},
        {"last_at": "last_at"},
        _since(scope, back),
        scope.to_at,
    )


def first_periods(scope: Scope) -> None:
    """`first_periods` (person, first_period): when each person was first seen in all history, as `new_is` says."""
    if scope.params["new_is"] == "first_event":
        scope.events(
            ("person",),
            table="first_seen",
            until=scope.to_at,
            counted={"local_at": f"min({EVENT_COLUMNS['local_at']})"},
        )
    else:
        count_periods(
            scope,
            "first_seen",
            scope.params.get("event") or ANY_ACTIVE,
            {"person": "person"},
            {"local_at": "first_day"},
            until=scope.to_at,
        )
    scope.run(
        """
        create or replace temp table first_periods as
        select person, period_of(local_at, local_at) as first_period
        from first_seen
        """
    )


def period_counts(scope: Scope, back: str, made: Collection[str] = ()) -> None:
    """`period_counts` (period, gap, is_new, is_in_range, people): how many were active, by how many periods after they last were.

    `gap` is null where nothing is known of a period before; of people who are not `is_in_range` the activity of the period
    lies before the range. `made` are the working tables that are there already.
    """
    assert scope.from_at is not None
    calendar, unit = scope.calendar, scope.params["period"]
    is_aligned = scope.from_at == calendar.start(unit, calendar.index(unit, scope.from_at))
    if scope.params["new_is"] == "first_counted" and is_aligned:
        event = scope.params.get("event") or ANY_ACTIVE
        days = kept_periods(scope, event, unit, _since(scope, back), scope.to_at)
        if days is not None:
            _counts_of_days(scope, unit, days)
            return
    if "actor_periods" not in made:
        actor_periods(scope, back)
    if "first_periods" not in made:
        first_periods(scope)
    scope.run(
        """
        create or replace temp table period_counts as
        with steps as (
            select person, period, last_at, period - lag(period) over (partition by person order by period) as gap
            from actor_periods
        )

        select
            steps.period,
            steps.gap,
            steps.period = first_periods.first_period as is_new,
            steps.last_at >= $from_at as is_in_range,
            count(*) as people
        from steps
        inner join first_periods on steps.person = first_periods.person
        group by all
        """,
        {"from_at": scope.from_at},
    )


def _counts_of_days(scope: Scope, unit: str, days: Days) -> None:
    """From the mart: the first day of a person in a period is the one whose day before lies in an earlier period."""
    period, before = (day_period(scope, unit, of) for of in ("local_date", "previous_date"))
    first = "" if unit == "day" else f" and (previous_date is null or {before} < {period})"
    scope.run(
        f"""
        create or replace temp table period_counts as
        select
            {period} as period,
            {period} - {before} as gap,
            previous_date is null as is_new,
            true as is_in_range,
            sum({days.people})::bigint as people
        from {days.table}
        where {days.where}{first}
        group by all
        """,  # noqa: S608
        days.params,
    )


def _since(scope: Scope, back: str) -> datetime:
    """From when on periods are needed: `window` for the trailing days of each day, `period` for the one before the range."""
    assert scope.from_at is not None
    calendar, unit = scope.calendar, scope.params["period"]
    first = calendar.index(unit, scope.from_at)
    if back == "window" and unit == "day":
        return calendar.start("day", first - max(7, scope.params["mau_days"]))
    return calendar.start(unit, first - (back == "period"))


def unit_counts(scope: Scope) -> None:
    """`unit_counts` (period, units_active, people) of the range, and `unit_people` (actors): in how many units who was active."""
    event = scope.params.get("event") or ANY_ACTIVE
    period, unit = scope.params["period"], scope.params["unit"]
    days = kept_days(scope, event, [period, unit], scope.from_at, scope.to_at)
    if days is not None:
        _units_of_days(scope, days)
        return
    count_periods(
        scope,
        "active_units",
        event,
        {"person": "person", "period": period, "unit_index": unit},
        {},
        scope.from_at,
        scope.to_at,
    )
    scope.run(
        """
        create or replace temp table people as
        select person, period, count(*) as units_active
        from active_units
        group by all
        """
    )
    _count_units(scope)
    scope.run(
        "create or replace temp table unit_people as select count(distinct person) as actors from people"
    )


def _units_of_days(scope: Scope, days: Days) -> None:
    period, unit = scope.params["period"], scope.params["unit"]
    before = "fct_person_days.previous_date is null or fct_person_days.previous_date < $since"
    another = " or ".join(
        f"{day_period(scope, of, 'previous_date')} < {day_period(scope, of)}"
        for of in dict.fromkeys((unit, period))
        if of != "none"
    )
    once = days if unit == "day" else days.narrowed(f"({before} or {another})")
    scope.run(
        f"""
        create or replace temp table people as
        select fct_person_days.person_key as person, {day_period(scope, period)} as period, count(*) as units_active
        from {once.table}
        where {once.where}
        group by all
        """,  # noqa: S608
        once.params,
    )
    _count_units(scope)
    scope.run(
        f"create or replace temp table unit_people as select count(*) as actors from {days.table} where {days.where} and ({before})",  # noqa: S608
        days.params,
    )


def _count_units(scope: Scope) -> None:
    scope.run(
        """
        create or replace temp table unit_counts as
        select period, units_active, count(*) as people
        from people
        group by all
        """
    )


def recent_days(scope: Scope, count: int) -> None:
    """`recent_days` (daily, people): the active people of each of the last `count` days of the range together, and those of any."""
    assert scope.to_at is not None
    event = scope.params.get("event") or ANY_ACTIVE
    local = scope.calendar.to_local(scope.to_at)
    since = scope.calendar.to_utc(local - timedelta(days=count))
    days = kept_days(scope, event, ["day"], since, scope.to_at)
    if days is not None:
        scope.run(
            f"""
            create or replace temp table recent_days as
            select
                count(*) as daily,
                count(*) filter (where previous_date is null or previous_date < $since) as people
            from {days.table}
            where {days.where}
            """,  # noqa: S608
            days.params,
        )
        return
    keys = {"person": "person", "day": "day"}
    count_periods(scope, "last_days", event, keys, {}, since, scope.to_at)
    scope.run(
        """
        create or replace temp table recent_days as
        select count(*) as daily, count(distinct person) as people
        from last_days
        """
    )


def active_people(scope: Scope, since: datetime | None, until: datetime | None = None) -> bool:
    """`active_people` (person, first_on): who was active in [since, until) and when first; only where the mart has them."""
    days = kept_days(scope, ANY_ACTIVE, since=since, until=until)
    if days is None or since is None:
        return False
    scope.run(
        f"""
        create or replace temp table active_people as
        select person_key as person, local_date as first_on
        from {days.table}
        where {days.where} and (previous_date is null or previous_date < $since)
        """,  # noqa: S608
        days.params,
    )
    return True
