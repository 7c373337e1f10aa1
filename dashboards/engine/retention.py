"""Retention tables (metrics.md, section 3).

Knows cohorts, completeness and averages (R4, R5). Must not know the catalogue or how answers are shown. SQL reduces events
to counts per cohort and interval (`retention_hits`); the grid is plain Python over at most a few thousand cells.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import Selector
from dashboards.engine.breakdown import shown_groups
from dashboards.engine.periods import UNIT_SECONDS, Period
from dashboards.engine.retention_days import cohort_counts
from dashboards.engine.retention_hits import (
    Intervals,
    Ways,
    counts,
    counts_of_days,
    hits,
    outcomes,
    prepare,
    returns,
    starts,
)
from dashboards.engine.scope import Result, Scope
from dashboards.engine.statistics import wilson

DEFAULT_BRACKETS = ((0, 0), (1, 3), (4, 7), (8, 14), (15, 30))
ANY_ACTIVE = Selector(())


@dataclass(frozen=True)
class Cohort:
    """The people who started in one period."""

    period: Period
    size: int
    first_start: datetime | None
    last_start: datetime | None


@dataclass(frozen=True)
class Cell:
    """One interval of one cohort; `low` and `high` are the same but for brackets."""

    low: int
    high: int
    retained: int
    complete: bool


Table = list[tuple[Cohort, list[Cell]]]


def retention(scope: Scope) -> Result:
    """The rows of the retention table, averages last; with a breakdown one table for each value."""
    ways, intervals = _asked(scope)
    if cohort_counts(scope, intervals[-1][1]):
        counted = counts_of_days(scope)
    else:
        _find(scope, ways, intervals)
        counted = counts(scope, ways, intervals)
    tables: dict[str | None, Table] = {}
    for value, cohorts in _cohorts(scope, ways).items():
        tables[value] = [
            (cohort, _cells(scope, ways, cohort, intervals, counted[value, cohort.period.index]))
            for cohort in cohorts
        ]
    rows: list[dict[str, Any]] = []
    for value, table in tables.items():
        for cohort, cells in table:
            rows += [_row(value, cohort.period.label, cohort.size, cell) for cell in cells]
        averages = [
            _average(scope.params["average"], value, n, interval, table)
            for n, interval in enumerate(intervals)
        ]
        rows += [row for row in averages if row is not None]
    return Result(rows, _summary(tables, rows))


def retention_outcomes(scope: Scope) -> Iterator[tuple[int, str]]:
    """Every actor and cohort with the intervals in which the actor counts."""
    ways, intervals = _asked(scope)
    _find(scope, ways, intervals)
    return outcomes(scope, ways, intervals)


def _asked(scope: Scope) -> tuple[Ways, Intervals]:
    """The checked parameters."""
    params = scope.params
    unit, mode = params["unit"], params["mode"]
    if params["brackets"] and mode != "bracket":
        raise BadParameter("`brackets` belongs to mode bracket; the nearest is `mode=bracket`")
    horizon = (
        params["horizon"]
        if params["horizon"] is not None
        else (12 if unit in ("week", "month") else 30)
    )
    brackets = params["brackets"] or DEFAULT_BRACKETS
    intervals = brackets if mode == "bracket" else tuple((n, n) for n in range(horizon + 1))
    names = (
        "clock",
        "cohort",
        "rounding",
        "interval_zero",
        "breakdown",
        "breakdown_of",
        "property_of",
    )
    return Ways(unit, mode, **{name: params[name] for name in names}), intervals


def _find(scope: Scope, ways: Ways, intervals: Intervals) -> None:
    """Make `starts`, `hits` and `cohort_sizes`: who started when, and in which later intervals each came back."""
    start, back = (scope.params[name] or ANY_ACTIVE for name in ("start_event", "return_event"))
    prepare(scope, start, back, ways)
    starts(scope, ways)
    returns(scope, back, ways)
    hits(scope, ways, intervals[-1][1])
    scope.run(
        f"""
        create or replace temp table cohort_sizes as
        select {ways.group}, count(*) as size, min(start_at) as first_start, max(start_at) as last_start
        from starts
        group by all
        """  # noqa: S608
    )


def _cohorts(scope: Scope, ways: Ways) -> dict[str | None, list[Cohort]]:
    """The cohorts of each value that may be shown, all of them in the range, empty ones too."""
    sizes = scope.run("select * from cohort_sizes")
    found = {(row.get("value"), row["cohort"]): row for row in sizes}
    values: list[str | None] = [None]
    if ways.breakdown:
        actors = scope.run("select value, count(distinct actor) as actors from starts group by all")
        values = list(shown_groups(scope, {row["value"]: row["actors"] for row in actors}))
    # nobody asks when the first of a cohort started where the clock is the calendar's
    empty: dict[str, Any] = {"size": 0, "first_start": None, "last_start": None}
    spine = scope.spine(ways.unit)
    return {
        value: [
            Cohort(p, **{key: (empty | found.get((value, p.index), {}))[key] for key in empty})
            for p in spine
        ]
        for value in values
    }


def _cells(
    scope: Scope, ways: Ways, cohort: Cohort, intervals: Intervals, retained: dict[int, int]
) -> list[Cell]:
    """The cells that have begun by as-of, each with whether it has ended for the whole cohort (R4)."""
    cells = []
    for low, high in intervals:
        begins, ends = _bounds(scope, ways, cohort, low, high)
        if begins >= scope.as_of:
            break
        over = (
            ends <= scope.as_of
            and min(cohort.period.end_at, scope.to_at or cohort.period.end_at) <= scope.as_of
        )
        everyone = low == 0 and ways.interval_zero == "everyone"
        cells.append(Cell(low, high, cohort.size if everyone else retained.get(low, 0), over))
    return cells


def _bounds(
    scope: Scope, ways: Ways, cohort: Cohort, low: int, high: int
) -> tuple[datetime, datetime]:
    """When an interval begins for the first of the cohort and ends for the last."""
    calendar, unit = scope.calendar, ways.unit
    if ways.clock == "calendar":
        index = cohort.period.index
        return calendar.start(unit, index + low), calendar.start(unit, index + high + 1)
    first, last = (
        cohort.first_start or cohort.period.start_at,
        cohort.last_start or cohort.period.start_at,
    )
    if ways.rounding == "down" and unit in ("week", "month"):
        days = UNIT_SECONDS[unit] // 86400
        return (
            calendar.start("day", calendar.index("day", first) + days * low),
            calendar.start("day", calendar.index("day", last) + days * (high + 1)),
        )
    if ways.rounding == "down":
        first, last = (x.replace(minute=0, second=0, microsecond=0) for x in (first, last))
    seconds = UNIT_SECONDS[unit]
    return first + timedelta(seconds=seconds * low), last + timedelta(seconds=seconds * (high + 1))


def _average(
    kind: str, value: str | None, n: int, interval: tuple[int, int], table: Table
) -> dict[str, Any] | None:
    """The average over the cohorts whose cell is complete (R5); none where no cohort has begun the interval."""
    begun = [(cohort.size, cells[n]) for cohort, cells in table if len(cells) > n]
    if not begun:
        return None
    full = [(size, cell.retained) for size, cell in begun if cell.complete]
    sizes, retained = sum(size for size, _ in full), sum(kept for _, kept in full)
    rate: float | None = None
    if sizes:
        weighed = [(size, kept / size) for size, kept in full if size]
        if kind == "pooled":
            rate = retained / sizes
        elif kind == "mean":
            rate = math.fsum(share for _, share in weighed) / len(weighed)
        else:
            rate = math.fsum(share * size**2 for size, share in weighed) / math.fsum(
                size**2 for size, _ in weighed
            )
    complete = bool(full) and len(full) == len(begun)
    row = _row(value, None, sizes, Cell(interval[0], interval[1], retained, complete))
    # The interval is that of a share; a mean of rates is none.
    return (
        row | {"rate": rate} | ({} if kind == "pooled" else {"rate_low": None, "rate_high": None})
    )


def _row(value: str | None, label: str | None, size: int, cell: Cell) -> dict[str, Any]:
    low, high = wilson(cell.retained, size) or (None, None)
    return {
        "cohort_start": label,
        "cohort_size": size,
        "interval": cell.low,
        "interval_end": cell.high,
        "retained": cell.retained,
        "rate": cell.retained / size if size else None,
        "rate_low": low,
        "rate_high": high,
        "complete": cell.complete,
        "breakdown": value,
    }


def _summary(tables: dict[str | None, Table], rows: list[dict[str, Any]]) -> dict[str, Any]:
    if list(tables) != [None]:
        return {"groups": len(tables)}
    table = tables[None]
    averages = {
        row["interval"]: row["rate"]
        for row in rows
        if row["cohort_start"] is None and row["rate"] is not None
    }
    return {
        "cohorts": sum(1 for cohort, _ in table if cohort.size),
        "actors": sum(cohort.size for cohort, _ in table),
        "first_interval_rate": averages.get(1),
        "last_complete_interval": max(averages, default=None),
    }
