"""Funnels: who reached which step, what is still pending, and how long it took (metrics.md, section 2).

Knows how counted units become rows and rates (F15 to F18). Must not know the catalogue, pages or how units are found.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dashboards.engine.breakdown import shown_groups
from dashboards.engine.funnel_request import SECOND, Funnel, micros, read_funnel
from dashboards.engine.funnel_units import funnel_units
from dashboards.engine.scope import Result, Scope
from dashboards.engine.statistics import wilson

if TYPE_CHECKING:
    import polars as pl

__all__ = ["funnel", "funnel_outcomes", "funnel_units", "group_sizes", "read_funnel", "times"]


def funnel(scope: Scope) -> Result:
    """The rows of the funnel that the parameters describe, and its summary."""
    request = read_funnel(scope)
    if request.periods:
        scope.spine_table(scope.params["period"])
        scope.caveat(
            "Each period runs its own funnel over the entries that begin in it (F18): a person can be in several, "
            "so the periods need not add up to the single funnel."
        )
    units = funnel_units(scope, request)
    rows = funnel_rows(scope, request, units)
    return Result(rows, funnel_summary(scope, request, rows))


def funnel_outcomes(scope: Scope, with_times: bool = False) -> Iterator[tuple[int, str]]:
    """Every counted unit's person with how far it came, in which group and, if asked, when."""
    request = read_funnel(scope)
    if request.periods:
        scope.spine_table(scope.params["period"])
    units = funnel_units(scope, request)
    names = ["person", "period", "reached"] + (["breakdown"] if request.breakdown else [])
    names += [f"t{n}" for n in range(1, len(request.steps) + 1)] if with_times else []
    for person, *rest in units.select(names).iter_rows():
        yield person, " ".join(map(str, rest))


def funnel_rows(scope: Scope, funnel: Funnel, units: pl.DataFrame) -> list[dict[str, Any]]:
    """The steps of the funnel, per entry period and breakdown value when there are any."""
    if not funnel.periods:
        return _groups(scope, funnel, units, {"period_start": None, "complete": None})
    rows: list[dict[str, Any]] = []
    for period in funnel.periods:
        head = {"period_start": period.label, "complete": period.complete}
        rows += _groups(scope, funnel, units.filter(units["period"] == period.index), head)
    return rows


def funnel_summary(scope: Scope, funnel: Funnel, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The funnel as a whole; over time, its last complete period."""
    if not rows or funnel.breakdown is not None:
        return {}
    if funnel.periods:
        over = [row for row in rows if row["complete"]]
        if not over:
            return {}
        last = over[-1]["period_start"]
        shown = [row for row in rows if row["period_start"] == last]
        return {"last_complete_period": last, **_whole(shown)}
    found = _whole(rows)
    if found["open"]:
        scope.caveat(
            f"The window of {found['open']} of {found['entered']} entries is still open; rates leave them out."
        )
    return found


def _whole(rows: list[dict[str, Any]]) -> dict[str, Any]:
    first, last = rows[0], rows[-1]
    return {
        "entered": first["reached"],
        "converted": last["reached"],
        "conversion_rate": last["overall_rate"],
        "matured": first["matured"],
        "open": first["reached"] - first["matured"],
    }


def _groups(
    scope: Scope, funnel: Funnel, units: pl.DataFrame, head: dict[str, Any]
) -> list[dict[str, Any]]:
    if funnel.breakdown is None:
        return _count(scope, funnel, units, {**head, "breakdown": None})
    sizes = group_sizes(units)
    rows: list[dict[str, Any]] = []
    for value in shown_groups(scope, sizes):
        chosen = units.filter(units["breakdown"] == value)
        rows += _count(scope, funnel, chosen, {**head, "breakdown": value})
    return rows


def group_sizes(units: pl.DataFrame) -> dict[str, int]:
    """The people of each group: of attempts or of values held constant one person may have many."""
    import polars as pl

    return dict(units.group_by("breakdown").agg(pl.col("person").n_unique()).iter_rows())


def _count(
    scope: Scope, funnel: Funnel, units: pl.DataFrame, head: dict[str, Any]
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
        low, high = wilson(matured, total) or (None, None)
        rows.append(
            {
                **head,
                "step": step,
                "event": label,
                "reached": reached,
                "pending": pending,
                "dropped": before_reached - reached - pending,
                "matured": total,
                "matured_reached": matured,
                "step_rate": matured / before_matured if before_matured else None,
                "overall_rate": matured / total if total else None,
                "overall_low": low,
                "overall_high": high,
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
