"""Find the units of a funnel in SQL, where that is exact: in sequence, in strict order and in any order (metrics.md, F1 to F8).

Knows the chains of events that entries become. Must not know attribution, rates, rows or pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.engine.conditions import Fragment
from dashboards.engine.funnel_events import end, has_person, unit_events
from dashboards.engine.funnel_request import Funnel
from dashboards.engine.scope import EVENT_COLUMNS, Scope, flag

if TYPE_CHECKING:
    import polars as pl


def in_sequence(scope: Scope, funnel: Funnel) -> pl.DataFrame:
    """F1-F4, F6: each entry takes the first event of the next step at or after the one before; the best entry counts.

    Of a step only the events of those are read who have come as far as the step before it, from then on to the end of the window.
    """
    # Several events at one instant differ in their value alone: the lowest id stands for them.
    value = "first(value order by event_id)" if funnel.breakdown else "null::varchar"
    once = "group by all" if funnel.breakdown else ""
    person = "person" if has_person(funnel) else "actor"
    names = ("event_at", "event_id") if funnel.breakdown else ("event_at",)
    columns = {name: Fragment(EVENT_COLUMNS[name]) for name in names}
    assert scope.from_at is not None and scope.to_at is not None
    for step, selector in enumerate(funnel.steps, 1):
        if step == 1:
            since, until, near = scope.from_at, scope.to_at, None
        else:
            since, until, near = scope.from_at, end(scope, funnel), _near(scope, funnel, step)
        unit_events(
            scope, funnel, columns, flag(selector), [selector], since, until, f"step_{step}", near
        )
        if step == 1:
            scope.run(
                f"""
                create or replace temp table chain_1 as
                select actor, {person} as person, event_at as entry_at, event_at as at_1, {value} as value_1
                from step_1
                {once}
                """  # noqa: S608
            )
            continue
        # From 64 rows on DuckDB's as-of join finds a row for a null instant: say that null is no match.
        follows = (
            f"chain.at_{step - 1} is not null"
            " and candidates.event_at <= chain.entry_at + to_microseconds($window)"
        )
        scope.run(
            f"""
            create or replace temp table chain_{step} as
            with candidates as (
                select actor, event_at, {value} as value from step_{step} {once}
            )
            select
                chain.*,
                case when {follows} then candidates.event_at end as at_{step},
                case when {follows} then candidates.value end as value_{step}
            from chain_{step - 1} as chain
            asof left join candidates
                on chain.actor = candidates.actor
                and chain.at_{step - 1} <= candidates.event_at
            """,  # noqa: S608
            {"window": funnel.rules.window},
        )
    return _best_entries(scope, funnel)


def _near(scope: Scope, funnel: Funnel, step: int) -> Fragment:
    """Joins the people who came as far as the step before, and the stretch in which the step can count for them."""
    scope.run(
        f"""
        create or replace temp table came as
        select person, min(at_{step - 1}) as from_at, max(entry_at) + to_microseconds($window) as to_at
        from chain_{step - 1}
        where at_{step - 1} is not null
        group by person
        """,  # noqa: S608
        {"window": funnel.rules.window},
    )
    return Fragment(
        f"inner join came\n    on {EVENT_COLUMNS['person']} = came.person"
        f"\n    and {EVENT_COLUMNS['event_at']} between came.from_at and came.to_at\n"
    )


def _best_entries(scope: Scope, funnel: Funnel) -> pl.DataFrame:
    """F4: of each unit the entry of the last chain with the most steps, ties to the earliest; of each bucket over time (F18)."""
    steps = range(1, len(funnel.steps) + 1)
    reached = " + ".join(f"(at_{n} is not null)::integer" for n in steps)
    times = ", ".join(f"epoch_us(at_{n}) as t{n}, value_{n} as v{n}" for n in steps)
    period, buckets, by_period = "null::bigint", "", ""
    if funnel.periods:
        period, by_period = "periods.period", ", periods.period"
        buckets = "asof join periods on entry_at >= periods.start_at"
    query = f"""
        select actor, person, {period} as period, epoch_us(entry_at) as entry, {reached} as reached, {times}
        from chain_{len(funnel.steps)}
        {buckets}
        qualify row_number() over (partition by actor{by_period} order by {reached} desc, entry_at) = 1
        """  # noqa: S608
    scope.trace.append((query.strip(), None))
    return scope.session.frame(query)


def in_strict_order(scope: Scope, funnel: Funnel) -> pl.DataFrame:
    """F7: step k must be k - 1 events after the entry. Units with two events at one instant are `tied`, and left to the matcher (F11)."""
    count = len(funnel.steps)
    scope.run(
        """
        create or replace temp table tied as
        select distinct actor
        from (select actor from scoped_events group by actor, event_at having count(*) > 1)
        """
    )
    value = "value" if funnel.breakdown else "null::varchar"
    person = "person" if has_person(funnel) else "actor"
    later = range(2, count + 1)
    looks = [
        f"lead(event_at, {k - 1}) over following as next_{k}, lead(step_{k}, {k - 1}) over following as is_{k},"
        f" lead({value}, {k - 1}) over following as found_{k}"
        for k in later
    ]
    met = {
        k: " and ".join(f"is_{n}" for n in range(2, k + 1))
        + f" and next_{k} <= event_at + to_microseconds($window)"
        for k in later
    }
    reached = [
        f"case when {met[k]} then next_{k} end as at_{k}, case when {met[k]} then found_{k} end as value_{k}"
        for k in later
    ]
    scope.run(
        f"""
        create or replace temp table chain_{count} as
        with looked as (
            select {", ".join(["actor", f"{person} as person", "event_at", "step_1", f"{value} as value_1", *looks])}
            from scoped_events
            anti join tied on scoped_events.actor = tied.actor
            window following as (partition by actor order by event_at)
        )
        select {", ".join(["actor", "person", "event_at as entry_at", "event_at as at_1", "value_1", *reached])}
        from looked
        where step_1 and event_at >= $from_at and event_at < $to_at
        """,  # noqa: S608
        {"from_at": scope.from_at, "to_at": scope.to_at}
        | ({"window": funnel.rules.window} if count > 1 else {}),
    )
    return _best_entries(scope, funnel)


def in_any_order(scope: Scope, funnel: Funnel) -> pl.DataFrame:
    """F8: from each entry on the first event of every step, as many as lie in the window, in the order in which they happened.

    Whose events are all of one step is looked at no further: the first of them is the entry. Nor are entries that meet no other
    step, but for a person's first, as they can only tie with it.
    """
    count = len(funnel.steps)
    steps = range(1, count + 1)
    person = "person" if has_person(funnel) else "actor"
    kinds = " + ".join(f"bool_or(step_{n})::integer" for n in steps)
    bounds = {"from_at": scope.from_at, "to_at": scope.to_at}
    scope.run(
        f"""
        create or replace temp table met as
        select
            actor,
            {kinds} as kinds,
            any_value({person}) as person,
            min(event_at) filter (where event_at >= $from_at and event_at < $to_at) as entry_at
        from scoped_events
        group by actor
        """,  # noqa: S608
        bounds,
    )
    alone = "kinds = 1" if not funnel.periods else "false"
    looks = ", ".join(
        f"min(event_at) filter (where step_{n}) over following as next_{n}" for n in steps
    )
    nexts = ", ".join(f"next_{n}" for n in steps)
    window_end = "event_at + to_microseconds($window)"
    found = " + ".join(f"coalesce(next_{n} <= {window_end}, false)::integer" for n in steps)
    worth = f"({found} > 1 or event_at = first_at)" if not funnel.periods else "true"
    times = ", ".join(f"times[{n}] as at_{n}, null::varchar as value_{n}" for n in steps)
    scope.run(
        f"""
        create or replace temp table chain_{count} as
        with looked as (
            select
                scoped_events.actor,
                scoped_events.{person} as person,
                scoped_events.event_at,
                several.first_at,
                {looks}
            from scoped_events
            inner join (select actor, entry_at as first_at from met where entry_at is not null and not ({alone})) as several
                on scoped_events.actor = several.actor
            window following as (
                partition by scoped_events.actor order by event_at range between current row and unbounded following
            )
        ),

        attempts as (
            select
                actor,
                person,
                event_at as entry_at,
                list_sort(list_filter([{nexts}], lambda found: found <= {window_end})) as times
            from looked
            where event_at >= $from_at and event_at < $to_at and {worth}
            union all
            select actor, person, entry_at, [entry_at]
            from met
            where entry_at is not null and {alone}
        )

        select actor, person, entry_at, {times}
        from attempts
        """,  # noqa: S608
        {**bounds, "window": funnel.rules.window},
    )
    return _best_entries(scope, funnel)
