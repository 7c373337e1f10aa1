"""Find the units of a funnel: which entry counts, how far it came, and when (metrics.md, F1 to F14).

Knows how events become units. Must not know rates, rows or pages. The main mode (sequential, steps with different events)
is found by SQL; every other mode hands sorted events to `matcher`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dashboards.engine.breakdown import NO_VALUE
from dashboards.engine.conditions import Fragment, joined, property_text
from dashboards.engine.funnel_request import Funnel, micros
from dashboards.engine.matcher import Attempt, Event, Rules, match
from dashboards.engine.scope import EVENT_COLUMNS, Scope, any_of, flag, reads_person

if TYPE_CHECKING:
    import polars as pl


def funnel_units(scope: Scope, funnel: Funnel) -> pl.DataFrame:
    """One row per counted unit: actor, person, period, entry, steps reached, time (microseconds) and value of each step."""
    _prepare(scope, funnel)
    if funnel.runs_in_sql:
        frame = _units_by_sql(scope, funnel)
    elif funnel.runs_strictly_in_sql:
        frame = _units_in_strict_order(scope, funnel)
    else:
        frame = _units_by_matcher(scope, funnel)
    return _attributed(frame, funnel)


def _prepare(scope: Scope, funnel: Funnel) -> None:
    """The working table: the events of the steps (strict: every tracked event) of the people in scope."""
    selectors = [*funnel.steps, *(s for s, _ in funnel.exclusions)]
    person = EVENT_COLUMNS["person"]
    columns = {
        "actor": Fragment(person),
        "event_at": Fragment(EVENT_COLUMNS["event_at"]),
        "event_id": Fragment(EVENT_COLUMNS["event_id"]),
    }
    columns |= {f"step_{n}": flag(step) for n, step in enumerate(funnel.steps, 1)}
    columns |= {
        f"exclusion_{n}": flag(selector) for n, (selector, _) in enumerate(funnel.exclusions, 1)
    }
    only = any_of(selectors)
    if funnel.rules.order == "strict":
        only = Fragment(
            f"fct_events.plan_status is distinct from 'system' or {only.sql}", only.params
        )
    keys: list[Fragment] = []  # what makes the unit smaller than a person
    if funnel.breakdown:
        columns["value"] = property_text(funnel.breakdown, funnel.property_of)
        if funnel.attribution == "every_step":
            keys.append(Fragment(f"coalesce({columns['value'].sql}, ?)", (*columns["value"].params, NO_VALUE)))  # fmt: skip
    if funnel.hold_constant:
        held = property_text(funnel.hold_constant)
        only = joined(
            [
                Fragment(f"({only.sql})", only.params),
                Fragment(f"{held.sql} is not null", held.params),
            ],
            " and ",
        )
        if funnel.rules.holds_entry:
            columns["held"] = held
        else:
            keys.append(held)
    if keys:
        columns["person"] = columns["actor"]
        unit = joined([columns["actor"], *keys], ", ")
        columns["actor"] = Fragment(f"hash({unit.sql})", unit.params)
    assert scope.from_at is not None and scope.to_at is not None
    window = timedelta(microseconds=funnel.rules.window + funnel.rules.tie)
    scope.events(
        columns,
        only=only,
        since=scope.from_at - timedelta(microseconds=funnel.rules.tie),
        until=scope.to_at + window + timedelta(microseconds=1),
        joins_person=reads_person(selectors)
        or (funnel.breakdown is not None and funnel.property_of == "person"),
    )


def _has_person(funnel: Funnel) -> bool:
    """Whether a unit is less than a person, so that the working table names both."""
    by_value = bool(funnel.hold_constant) and not funnel.rules.holds_entry
    return by_value or bool(funnel.breakdown) and funnel.attribution == "every_step"


def _units_by_sql(scope: Scope, funnel: Funnel) -> pl.DataFrame:
    """F1-F4, F6: each entry takes the first event of the next step at or after the one before; the best entry counts."""
    # Several events at one instant differ in their value alone: the lowest id stands for them.
    value = "first(value order by event_id)" if funnel.breakdown else "null::varchar"
    once = "group by all" if funnel.breakdown else ""
    person = "person" if _has_person(funnel) else "actor"
    scope.run(
        f"""
        create or replace temp table chain_1 as
        select actor, {person} as person, event_at as entry_at, event_at as at_1, {value} as value_1
        from scoped_events
        where step_1 and event_at >= $from_at and event_at < $to_at
        {once}
        """,  # noqa: S608
        {"from_at": scope.from_at, "to_at": scope.to_at},
    )
    for step in range(2, len(funnel.steps) + 1):
        # From 64 rows on DuckDB's as-of join finds a row for a null instant: say that null is no match.
        follows = (
            f"chain.at_{step - 1} is not null"
            " and candidates.event_at <= chain.entry_at + to_microseconds($window)"
        )
        scope.run(
            f"""
            create or replace temp table chain_{step} as
            with candidates as (
                select actor, event_at, {value} as value from scoped_events where step_{step} {once}
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


def _units_in_strict_order(scope: Scope, funnel: Funnel) -> pl.DataFrame:
    """F7: step k must be k - 1 events after the entry. Units with two events at one instant are matched one by one (F11)."""
    import polars as pl

    count = len(funnel.steps)
    scope.run(
        """
        create or replace temp table tied as
        select distinct actor
        from (select actor from scoped_events group by actor, event_at having count(*) > 1)
        """
    )
    value = "value" if funnel.breakdown else "null::varchar"
    person = "person" if _has_person(funnel) else "actor"
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
    best = _best_entries(scope, funnel)
    tied = _units_by_matcher(scope, funnel, "semi join tied on scoped_events.actor = tied.actor")
    return pl.concat([best, tied.select(best.columns)])


def _units_by_matcher(scope: Scope, funnel: Funnel, only: str = "") -> pl.DataFrame:
    """Every other mode: the units' events in order, matched one unit at a time."""
    import polars as pl

    count = len(funnel.steps)
    mask = " + ".join(f"step_{n}::integer * {1 << (n - 1)}" for n in range(1, count + 1))
    excluded = (
        " + ".join(
            f"exclusion_{n}::integer * {1 << (n - 1)}" for n in range(1, len(funnel.exclusions) + 1)
        )
        or "0"
    )
    entry = "step_1" if funnel.rules.order != "any" else f"({mask}) > 0"
    value = "value" if funnel.breakdown else "null::varchar"
    held = "held" if funnel.rules.holds_entry else "null::varchar"
    person = "person" if _has_person(funnel) else "actor"
    query = f"""
        with entered as (
            select distinct actor from scoped_events where {entry} and event_at >= $from_at and event_at < $to_at
        )
        select
            actor,
            {person} as person,
            epoch_us(event_at) as us,
            {mask} as steps,
            {excluded} as exclusions,
            {value} as value,
            {held} as held
        from scoped_events
        semi join entered on scoped_events.actor = entered.actor
        {only}
        order by actor, event_at, event_id
        """  # noqa: S608
    bounds = {"from_at": scope.from_at, "to_at": scope.to_at}
    scope.trace.append((query.strip(), bounds))
    units: list[tuple[Any, ...]] = []
    for actor, person_key, events in _by_actor(scope.session.run(query, bounds)):
        for period, attempt in _attempts(events, funnel):
            missing = [None] * (count - attempt.reached)
            head = (actor, person_key, period, attempt.entry_at, attempt.reached)
            units.append((*head, *attempt.times, *missing, *attempt.values, *missing))
    schema: dict[str, Any] = {"actor": pl.UInt64, "person": pl.UInt64, "period": pl.Int64}
    schema |= {"entry": pl.Int64, "reached": pl.Int32}
    schema |= {f"t{n}": pl.Int64 for n in range(1, count + 1)} | {
        f"v{n}": pl.String for n in range(1, count + 1)
    }
    return pl.DataFrame(units, schema=schema, orient="row")


def _attempts(events: Sequence[Event], funnel: Funnel) -> Iterator[tuple[int | None, Attempt]]:
    """What counts of one unit; over time, of each entry bucket by itself (F18)."""
    if not funnel.periods:
        for attempt in match(events, funnel.rules):
            yield None, attempt
        return
    for period in funnel.periods:
        rules: Rules = replace(
            funnel.rules,
            from_at=max(funnel.rules.from_at, micros(period.start_at)),
            to_at=min(funnel.rules.to_at, micros(period.end_at)),
        )
        if any(rules.from_at <= event.at < rules.to_at for event in events):
            for attempt in match(events, rules):
                yield period.index, attempt


def _by_actor(rows: Sequence[tuple[Any, ...]]) -> list[tuple[int, int, list[Event]]]:
    found: list[tuple[int, int, list[Event]]] = []
    last: Any = object()
    for actor, person, *event in rows:
        if actor != last:
            found.append((actor, person, []))
            last = actor
        found[-1][2].append(Event(*event))
    return found


def _attributed(units: pl.DataFrame, funnel: Funnel) -> pl.DataFrame:
    """F14: the breakdown value of each unit. First and last touch take the first and last value that the entry's steps have."""
    import polars as pl

    if funnel.breakdown is None:
        return units
    values = [pl.col(f"v{n}") for n in range(1, len(funnel.steps) + 1)]
    if funnel.attribution == "first_touch":
        chosen = pl.coalesce(*values)
    elif funnel.attribution == "last_touch":
        chosen = pl.coalesce(*reversed(values))
    elif funnel.attribution == "every_step":
        chosen = values[0]  # the unit is (person, value), so every step has it
    else:
        place = int(funnel.attribution.removeprefix("step").strip("_ "))
        units = units.filter(pl.col("reached") >= place)
        chosen = values[place - 1]
    units = units.with_columns(chosen.fill_null(NO_VALUE).alias("breakdown"))
    if funnel.rules.by_segment:
        # F5 with a breakdown: the first entry of each segment
        keys = ["actor", "period", "breakdown"]
        units = units.sort("entry").unique(subset=keys, keep="first", maintain_order=True)
    return units
