"""Funnels: who reached which step, what is still pending, and how long it took (metrics.md, section 2).

Knows how a funnel's units are found and counted. Must not know the catalogue or pages. The main mode (sequential, steps
with different events) is found by SQL; every other mode hands sorted events to `matcher`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import Selector
from dashboards.engine.conditions import Fragment, joined, property_text
from dashboards.engine.matcher import Event, Rules, match
from dashboards.engine.scope import EVENT_COLUMNS, Scope, any_of, flag, reads_person

if TYPE_CHECKING:
    import polars as pl

SECOND = 1_000_000
TIES = {"default": 0, "posthog": 0, "amplitude": 1, "mixpanel": 2}
EXCLUSIONS = {
    "default": "any_clean",
    "amplitude": "any_clean",
    "mixpanel": "drop_at",
    "posthog": "remove_actor",
}
NO_VALUE = "(none)"


@dataclass(frozen=True)
class Funnel:
    """The checked parameters of one funnel."""

    steps: tuple[Selector, ...]
    rules: Rules
    exclusions: tuple[tuple[Selector, int | None], ...]
    hold_constant: str | None
    breakdown: str | None
    attribution: str

    @property
    def runs_in_sql(self) -> bool:
        """Whether the fast path is exact: in sequence, no event fits two steps, nothing special asked."""
        names = [name for step in self.steps for name in step.names]
        plain = (
            self.rules.order == "sequential"
            and not self.rules.totals
            and not self.exclusions
            and self.rules.tie == 0
        )
        entries = not self.rules.first_entry_only and not self.rules.optimized_reentry
        return (
            plain and entries and all(s.names for s in self.steps) and len(names) == len(set(names))
        )


def read_funnel(scope: Scope) -> Funnel:
    """The funnel that the parameters describe; what contradicts is an error."""
    p = scope.params
    steps, dialect = p["steps"], p["dialect"]
    exclusions = p["exclusions"] or ()
    for _, after in exclusions:
        if after is not None and after >= len(steps):
            raise BadParameter(
                f"`exclusions.after_step` is {after}, but the last step that another follows is {len(steps) - 1}"
            )
    if exclusions and p["order"] == "any":
        raise BadParameter(
            "`exclusions` with `order=any` is not implemented; the nearest is `order=sequential`"
        )
    if p["optimized_reentry"] and dialect != "mixpanel":
        raise BadParameter("`optimized_reentry` belongs to `dialect=mixpanel`")
    if p["optimized_reentry"] and p["count"] == "totals":
        raise BadParameter(
            "`optimized_reentry` with `count=totals` is not implemented; the nearest is `count=actors`"
        )
    attribution = p["attribution"]
    if attribution.startswith("step"):
        place = attribution.removeprefix("step").strip("_ ")
        if not place.isdigit() or not 1 <= int(place) <= len(steps):
            raise BadParameter(
                f"`attribution` step_k has k from 1 to {len(steps)}; the nearest is `step_1`"
            )
    elif attribution not in ("first_touch", "last_touch", "every_step"):
        raise BadParameter(
            f"`attribution` is first_touch, last_touch, every_step or step_1 to step_{len(steps)}, not `{attribution[:40]}`"
        )
    assert scope.from_at is not None and scope.to_at is not None
    rules = Rules(
        steps=len(steps),
        window=p["window"] * SECOND,
        from_at=micros(scope.from_at),
        to_at=micros(scope.to_at),
        order=p["order"],
        totals=p["count"] == "totals",
        tie=SECOND * (p["tie_seconds"] if p["tie_seconds"] is not None else TIES[dialect]),
        first_entry_only=dialect == "mixpanel",
        optimized_reentry=bool(p["optimized_reentry"]),
        exclusion_mode=p["exclusion_mode"] or EXCLUSIONS[dialect],
        exclusion_steps=tuple(after for _, after in exclusions),
    )
    return Funnel(steps, rules, exclusions, p["hold_constant"], p["breakdown"], attribution)


def funnel_units(scope: Scope, funnel: Funnel) -> pl.DataFrame:
    """One row per counted unit: entry, steps reached, time (microseconds) and value of each step."""
    _prepare(scope, funnel)
    frame = _units_by_sql(scope, funnel) if funnel.runs_in_sql else _units_by_matcher(scope, funnel)
    return _attributed(frame, funnel)


def funnel_rows(scope: Scope, funnel: Funnel, units: pl.DataFrame) -> list[dict[str, Any]]:
    """The steps of the funnel, per breakdown value when there is one."""
    if funnel.breakdown is None:
        return _count(scope, funnel, units, None)
    sizes = dict(units.group_by("breakdown").len().iter_rows())
    rows: list[dict[str, Any]] = []
    for value in shown_groups(scope, sizes):
        rows += _count(scope, funnel, units.filter(units["breakdown"] == value), value)
    return rows


def shown_groups(scope: Scope, sizes: dict[str, int]) -> list[str]:
    """Groups that are large enough, largest first. A lone small group takes the next one with it, so no difference shows it."""
    ranked = sorted(sizes, key=lambda value: (-sizes[value], value))
    shown = [value for value in ranked if sizes[value] >= scope.minimum_group_size]
    hidden = len(ranked) - len(shown)
    if hidden == 1 and len(shown) > 1:
        shown.pop()
        hidden += 1
    if hidden:
        scope.caveat(
            f"{hidden} groups are suppressed, because one or more of them is under {scope.minimum_group_size} people."
        )
    return shown


def micros(instant: datetime) -> int:
    """Naive UTC as microseconds since 1970."""
    return (instant - datetime(1970, 1, 1)) // timedelta(microseconds=1)


def _prepare(scope: Scope, funnel: Funnel) -> None:
    """The working table: the events of the steps (strict: every tracked event) of the people in scope."""
    selectors = [*funnel.steps, *(s for s, _ in funnel.exclusions)]
    columns = {
        "actor": Fragment(EVENT_COLUMNS["person"]),
        "event_at": Fragment(EVENT_COLUMNS["event_at"]),
        "event_id": Fragment(EVENT_COLUMNS["event_id"]),
    }
    columns |= {f"step_{n}": flag(step) for n, step in enumerate(funnel.steps, 1)}
    columns |= {
        f"exclusion_{n}": flag(selector) for n, (selector, _) in enumerate(funnel.exclusions, 1)
    }
    if funnel.breakdown:
        columns["value"] = property_text(funnel.breakdown)
    only = any_of(selectors)
    if funnel.rules.order == "strict":
        only = Fragment(
            f"fct_events.plan_status is distinct from 'system' or {only.sql}", only.params
        )
    if funnel.hold_constant:
        held = property_text(funnel.hold_constant)
        columns["actor"] = Fragment(f"hash(fct_events.person_key, {held.sql})", held.params)
        only = joined(
            [
                Fragment(f"({only.sql})", only.params),
                Fragment(f"{held.sql} is not null", held.params),
            ],
            " and ",
        )
    assert scope.to_at is not None
    window = timedelta(microseconds=funnel.rules.window + funnel.rules.tie)
    scope.events(
        columns,
        only=only,
        until=scope.to_at + window + timedelta(microseconds=1),
        joins_person=reads_person(selectors),
    )


def _units_by_sql(scope: Scope, funnel: Funnel) -> pl.DataFrame:
    """F1-F4, F6: each entry takes the first event of the next step at or after the one before; the best entry counts."""
    value = "value" if funnel.breakdown else "null::varchar"
    scope.run(
        f"""
        create or replace temp table chain_1 as
        select actor, event_at as entry_at, event_at as at_1, {value} as value_1
        from scoped_events
        where step_1 and event_at >= $from_at and event_at < $to_at
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
                select actor, event_at, {value} as value from scoped_events where step_{step}
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
    steps = range(1, len(funnel.steps) + 1)
    reached = " + ".join(f"(at_{n} is not null)::integer" for n in steps)
    times = ", ".join(f"epoch_us(at_{n}) as t{n}, value_{n} as v{n}" for n in steps)
    query = f"""
        select epoch_us(entry_at) as entry, {reached} as reached, {times}
        from chain_{len(funnel.steps)}
        qualify row_number() over (partition by actor order by {reached} desc, entry_at) = 1
        """  # noqa: S608
    scope.trace.append((query.strip(), None))
    return scope.session.frame(query)


def _units_by_matcher(scope: Scope, funnel: Funnel) -> pl.DataFrame:
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
    query = f"""
        with entered as (
            select distinct actor from scoped_events where {entry} and event_at >= $from_at and event_at < $to_at
        )
        select actor, epoch_us(event_at) as us, {mask} as steps, {excluded} as exclusions, {value} as value
        from scoped_events
        semi join entered on scoped_events.actor = entered.actor
        order by actor, event_at, event_id
        """  # noqa: S608
    bounds = {"from_at": scope.from_at, "to_at": scope.to_at}
    scope.trace.append((query.strip(), bounds))
    units: list[tuple[Any, ...]] = []
    for events in _by_actor(scope.session.run(query, bounds)):
        for attempt in match(events, funnel.rules):
            missing = [None] * (count - attempt.reached)
            units.append(
                (
                    attempt.entry_at,
                    attempt.reached,
                    *attempt.times,
                    *missing,
                    *attempt.values,
                    *missing,
                )
            )
    schema: dict[str, Any] = {"entry": pl.Int64, "reached": pl.Int32}
    schema |= {f"t{n}": pl.Int64 for n in range(1, count + 1)} | {
        f"v{n}": pl.String for n in range(1, count + 1)
    }
    return pl.DataFrame(units, schema=schema, orient="row")


def _by_actor(rows: Sequence[tuple[Any, ...]]) -> list[list[Event]]:
    found: list[list[Event]] = []
    last: Any = object()
    for actor, at, steps, exclusions, value in rows:
        if actor != last:
            found.append([])
            last = actor
        found[-1].append(Event(at, steps, exclusions, value))
    return found


def _attributed(units: pl.DataFrame, funnel: Funnel) -> pl.DataFrame:
    """F14: the breakdown value of each unit."""
    import polars as pl

    if funnel.breakdown is None:
        return units
    values = [pl.col(f"v{n}") for n in range(1, len(funnel.steps) + 1)]
    if funnel.attribution == "first_touch":
        chosen = values[0]
    elif funnel.attribution == "last_touch":
        chosen = pl.coalesce(
            *(
                pl.when(pl.col("reached") == n).then(values[n - 1])
                for n in range(len(values), 0, -1)
            )
        )
    elif funnel.attribution == "every_step":
        # A step with another value is not reached under this value.
        kept = pl.lit(1)
        same = pl.lit(True)
        for n in range(2, len(values) + 1):
            same = same & (pl.col("reached") >= n) & values[n - 1].eq_missing(values[0])
            kept = kept + same.cast(pl.Int32)
        units = units.with_columns(kept.cast(pl.Int32).alias("reached"))
        chosen = values[0]
    else:
        place = int(funnel.attribution.removeprefix("step").strip("_ "))
        units = units.filter(pl.col("reached") >= place)
        chosen = values[place - 1]
    return units.with_columns(chosen.fill_null(NO_VALUE).alias("breakdown"))


def _count(
    scope: Scope, funnel: Funnel, units: pl.DataFrame, value: str | None
) -> list[dict[str, Any]]:
    """F15-F17: one row per step."""
    import polars as pl

    over = pl.col("entry") + funnel.rules.window <= micros(scope.as_of)
    units = units.with_columns(over.alias("matured"))
    total = int(units["matured"].sum() or 0)
    rows: list[dict[str, Any]] = []
    before_reached, before_matured = len(units), total
    for step, selector in enumerate(funnel.steps, 1):
        here = units.filter(pl.col("reached") >= step)
        reached, matured = len(here), int(here["matured"].sum() or 0)
        pending = (
            len(units.filter((pl.col("reached") == step - 1) & ~pl.col("matured")))
            if step > 1
            else 0
        )
        label = (
            f"any {step} of {len(funnel.steps)}" if funnel.rules.order == "any" else selector.label
        )
        rows.append(
            {
                "step": step,
                "event": label,
                "breakdown": value,
                "reached": reached,
                "pending": pending,
                "dropped": before_reached - reached - pending,
                "matured": total,
                "matured_reached": matured,
                "step_rate": matured / before_matured if before_matured else None,
                "overall_rate": matured / total if total else None,
                **times((here[f"t{step}"] - here[f"t{step - 1}"]) if step > 1 else None),
            }
        )
        before_reached, before_matured = reached, matured
    return rows


def times(micros_between: pl.Series | None) -> dict[str, float | None]:
    """Exact mean, median and quantiles in seconds (F16); null without anyone."""
    names = ("mean_seconds", "median_seconds", "p75_seconds", "p90_seconds")
    if micros_between is None or len(micros_between) == 0:
        return dict.fromkeys(names)
    seconds = micros_between.cast(float) / SECOND
    quantiles = [seconds.quantile(q, interpolation="linear") for q in (0.5, 0.75, 0.9)]
    return dict(zip(names, [math.fsum(seconds) / len(seconds), *quantiles], strict=True))
