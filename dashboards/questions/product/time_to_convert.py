"""Time to convert (F16): the funnel's counted entries, timed step by step and as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dashboards.answer import BadParameter
from dashboards.engine.breakdown import shown_groups
from dashboards.engine.funnel import (
    funnel_outcomes,
    funnel_units,
    group_sizes,
    read_funnel,
    times,
)
from dashboards.engine.scope import Result, Scope

if TYPE_CHECKING:
    import polars as pl


def answer(scope: Scope) -> Result:
    """One row per pair of steps; the whole funnel last."""
    funnel = read_funnel(scope)
    if len(funnel.steps) < 2:
        raise BadParameter("`time_to_convert` needs at least two steps")
    units = funnel_units(scope, funnel)
    pairs = [(n, n + 1) for n in range(1, len(funnel.steps))]
    if len(funnel.steps) > 2:
        pairs.append((1, len(funnel.steps)))
    if funnel.breakdown is None:
        rows = [_row(units, low, high, None) for low, high in pairs]
        return Result(
            rows, {"median_seconds": rows[-1]["median_seconds"], "actors": rows[-1]["actors"]}
        )
    rows = []
    for value in shown_groups(scope, group_sizes(units)):
        rows += [
            _row(units.filter(units["breakdown"] == value), low, high, value) for low, high in pairs
        ]
    return Result(rows)


def _row(units: pl.DataFrame, low: int, high: int, value: str | None) -> dict[str, Any]:
    there = units.filter(units["reached"] >= high)
    return {
        "from_step": low,
        "to_step": high,
        "actors": len(there),
        "breakdown": value,
        **times(there[f"t{high}"] - there[f"t{low}"]),
    }


def outcomes(scope: Scope) -> Iterator[tuple[int, str]]:
    """When each person reached which step."""
    return funnel_outcomes(scope, with_times=True)
