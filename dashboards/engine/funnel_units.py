"""Find the units of a funnel: which entry counts, how far it came, and when (metrics.md, F1 to F14).

Knows which way is exact for which funnel, and values of a breakdown. Must not know rates, rows or pages. What SQL cannot say
hands sorted events to `matcher`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dashboards.engine.breakdown import NO_VALUE
from dashboards.engine.funnel_events import has_person, prepare
from dashboards.engine.funnel_request import Funnel, micros
from dashboards.engine.funnel_sql import in_any_order, in_sequence, in_strict_order
from dashboards.engine.matcher import Attempt, Event, Rules, match
from dashboards.engine.scope import Scope

if TYPE_CHECKING:
    import polars as pl


def funnel_units(scope: Scope, funnel: Funnel) -> pl.DataFrame:
    """One row per counted unit: actor, person, period, entry, steps reached, time (microseconds) and value of each step."""
    import polars as pl

    if funnel.runs_in_sql:
        return _attributed(in_sequence(scope, funnel), funnel)
    prepare(scope, funnel)
    if funnel.runs_anyhow_in_sql:
        return in_any_order(scope, funnel)
    if not funnel.runs_strictly_in_sql:
        return _attributed(_units_by_matcher(scope, funnel), funnel)
    best = in_strict_order(scope, funnel)
    tied = _units_by_matcher(scope, funnel, "semi join tied on scoped_events.actor = tied.actor")
    return _attributed(pl.concat([best, tied.select(best.columns)]), funnel)


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
    person = "person" if has_person(funnel) else "actor"
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
