"""Retention tables (metrics.md, section 3).

Knows cohorts, intervals, modes and averages. Must not know the catalogue or how answers are shown. SQL reduces events
to counts per cohort and interval; the grid, completeness and averages are plain Python over at most a few thousand cells.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import Selector
from dashboards.engine.conditions import Fragment
from dashboards.engine.periods import UNIT_SECONDS, Period
from dashboards.engine.scope import EVENT_COLUMNS, Result, Scope, any_of, flag, reads_person

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


def retention(scope: Scope) -> Result:
    """The rows of the retention table, averages last."""
    params = scope.params
    unit, mode = params["unit"], params["mode"]
    if params["brackets"] and mode != "bracket":
        raise BadParameter("`brackets` belongs to mode bracket; the nearest is `mode=bracket`")
    if params["dialect"] in ("mixpanel", "posthog"):
        raise BadParameter(
            f"`dialect` {params['dialect']} is not implemented for retention yet; the nearest is `default`"
        )
    horizon = (
        params["horizon"]
        if params["horizon"] is not None
        else (12 if unit in ("week", "month") else 30)
    )
    brackets = params["brackets"] or DEFAULT_BRACKETS
    intervals = brackets if mode == "bracket" else tuple((n, n) for n in range(horizon + 1))

    prepare(scope, params["start_event"] or ANY_ACTIVE, params["return_event"] or ANY_ACTIVE)
    starts(scope, params["cohort"])
    hits(scope, unit, params["clock"], params["dialect"])
    cohorts = _cohorts(scope, unit)
    counts = _counts(scope, mode, intervals)

    rows: list[dict[str, Any]] = []
    table: list[tuple[Cohort, list[Cell]]] = []
    for cohort in cohorts:
        cells = _cells(scope, cohort, intervals, counts[cohort.period.index])
        table.append((cohort, cells))
        rows += [_row(cohort.period.label, cohort.size, cell) for cell in cells]
    averages = [
        _average(params["average"], n, interval, table) for n, interval in enumerate(intervals)
    ]
    rows += [row for row in averages if row is not None]
    return Result(rows, _summary(table, rows))


def prepare(scope: Scope, start: Selector, back: Selector) -> None:
    """The working table of start and return events over all history."""
    actor = "source_actor" if scope.params.get("actor") == "source_id" else "person"
    scope.use_periods()
    scope.events(
        {
            "actor": Fragment(EVENT_COLUMNS[actor]),
            "event_at": Fragment(EVENT_COLUMNS["event_at"]),
            "local_at": Fragment(EVENT_COLUMNS["local_at"]),
            "is_start": flag(start),
            "is_return": flag(back),
        },
        only=any_of([start, back]),
        joins_person=reads_person([start, back]),
    )


def starts(scope: Scope, cohort: str) -> None:
    """One row per actor and cohort: the start that counts (R3). `from` and `to` bound the start only."""
    bounds = {
        "from_at": scope.from_at,
        "to_at": scope.to_at,
    }
    if cohort == "first_time":
        scope.run(
            """
            create or replace temp table starts as
            with first_ever as (
                select actor, min(event_at) as start_at, min_by(local_at, event_at) as start_local_at
                from scoped_events
                where is_start
                group by all
            )
            select actor, start_at, unit_of(start_local_at, start_at) as cohort
            from first_ever
            where start_at >= $from_at and start_at < $to_at
            """,
            bounds,
        )
        return
    scope.run(
        """
        create or replace temp table starts as
        select actor, min(event_at) as start_at, unit_of(local_at, event_at) as cohort
        from scoped_events
        where is_start and event_at >= $from_at and event_at < $to_at
        group by all
        """,
        bounds,
    )


def hits(scope: Scope, unit: str, clock: str, dialect: str) -> None:
    """One row per actor, cohort and interval with a return event at or after the start (R1, R2)."""
    if clock == "calendar":
        scope.run(
            """
            create or replace temp table returns as
            select actor, unit_of(local_at, event_at) as period, max(event_at) as last_at
            from scoped_events
            where is_return
            group by all
            """
        )
        scope.run(
            """
            create or replace temp table hits as
            select starts.cohort, starts.actor, returns.period - starts.cohort as n
            from starts
            inner join returns
                on starts.actor = returns.actor
                and returns.period >= starts.cohort
            where returns.last_at >= starts.start_at
            """
        )
        return
    scope.run(
        """
        create or replace temp table hits as
        with elapsed as (
            select
                starts.cohort,
                starts.actor,
                case
                    when $floored
                        then epoch(date_trunc('hour', scoped_events.event_at)) - epoch(date_trunc('hour', starts.start_at))
                    else epoch(scoped_events.event_at) - epoch(starts.start_at)
                end as seconds
            from starts
            inner join scoped_events
                on starts.actor = scoped_events.actor
                and scoped_events.event_at >= starts.start_at
            where scoped_events.is_return
        )
        select distinct cohort, actor, cast(floor(seconds / $unit_seconds) as bigint) as n
        from elapsed
        """,
        {"floored": dialect == "amplitude", "unit_seconds": UNIT_SECONDS[unit]},
    )


def _cohorts(scope: Scope, unit: str) -> list[Cohort]:
    sizes = scope.run(
        "select cohort, count(*) as size, min(start_at) as first_start, max(start_at) as last_start from starts group by all"
    )
    found = {row["cohort"]: row for row in sizes}
    empty = {"size": 0, "first_start": None, "last_start": None}
    return [
        Cohort(p, **{key: found.get(p.index, empty)[key] for key in empty})
        for p in scope.spine(unit)
    ]


def _counts(
    scope: Scope, mode: str, intervals: tuple[tuple[int, int], ...]
) -> dict[int, dict[int, int]]:
    """Retained actors by cohort and low end of the interval."""
    found: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    last = intervals[-1][1]
    if mode == "on":
        rows = scope.run(
            "select cohort, n, count(*) as actors from hits where n <= $last group by all",
            {"last": last},
        )
        for row in rows:
            found[row["cohort"]][row["n"]] = row["actors"]
        return found
    if mode == "bracket":
        rows = scope.run(
            """
            with brackets as (select unnest($lows::bigint[]) as low, unnest($highs::bigint[]) as high)
            select hits.cohort, brackets.low as n, count(distinct hits.actor) as actors
            from hits
            inner join brackets on hits.n between brackets.low and brackets.high
            group by all
            """,
            {"lows": [low for low, _ in intervals], "highs": [high for _, high in intervals]},
        )
        for row in rows:
            found[row["cohort"]][row["n"]] = row["actors"]
        return found

    # The other modes: one number per actor says in which intervals it counts.
    if mode == "on_or_after":
        reach = "select cohort, actor, max(n) as reach from hits group by all"
    elif mode == "on_or_before":
        reach = "select cohort, actor, min(n) as reach from hits where n >= 1 group by all"
    else:
        reach = """
        select cohort, actor, max(n) filter (where n = place) as reach
        from (select cohort, actor, n, row_number() over (partition by cohort, actor order by n) as place from hits where n >= 1)
        group by all
        """
    rows = scope.run(
        f"with reaches as ({reach}) select cohort, reach, count(*) as actors from reaches where reach is not null group by all"  # noqa: S608
    )
    zero = scope.run("select cohort, count(*) as actors from hits where n = 0 group by all")
    for row in zero:
        if mode != "on_or_after":
            found[row["cohort"]][0] = row["actors"]
    for row in rows:
        # A first return at r counts from r on; a last return at r, or a streak of r, counts up to r.
        span = (
            range(max(row["reach"], 1), last + 1)
            if mode == "on_or_before"
            else range(0 if mode == "on_or_after" else 1, min(row["reach"], last) + 1)
        )
        for n in span:
            found[row["cohort"]][n] += row["actors"]
    return found


def _cells(
    scope: Scope, cohort: Cohort, intervals: tuple[tuple[int, int], ...], counts: dict[int, int]
) -> list[Cell]:
    """The cells that have begun by as-of, each with whether it has ended for the whole cohort (R4)."""
    cells = []
    for low, high in intervals:
        begins, ends = _bounds(scope, cohort, low, high)
        if begins >= scope.as_of:
            break
        over = (
            ends <= scope.as_of
            and min(cohort.period.end_at, scope.to_at or cohort.period.end_at) <= scope.as_of
        )
        cells.append(Cell(low, high, counts.get(low, 0), over))
    return cells


def _bounds(scope: Scope, cohort: Cohort, low: int, high: int) -> tuple[datetime, datetime]:
    """When an interval begins for the first of the cohort and ends for the last."""
    unit = scope.params["unit"]
    if scope.params["clock"] == "calendar":
        return scope.calendar.start(unit, cohort.period.index + low), scope.calendar.start(
            unit, cohort.period.index + high + 1
        )
    first, last = (
        cohort.first_start or cohort.period.start_at,
        cohort.last_start or cohort.period.start_at,
    )
    if scope.params["dialect"] == "amplitude":
        first, last = (x.replace(minute=0, second=0, microsecond=0) for x in (first, last))
    seconds = UNIT_SECONDS[unit]
    return first + timedelta(seconds=seconds * low), last + timedelta(seconds=seconds * (high + 1))


def _average(
    kind: str, n: int, interval: tuple[int, int], table: list[tuple[Cohort, list[Cell]]]
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
    return _row(None, sizes, Cell(interval[0], interval[1], retained, complete), rate)


def _row(label: str | None, size: int, cell: Cell, rate: float | None = None) -> dict[str, Any]:
    return {
        "cohort_start": label,
        "cohort_size": size,
        "interval": cell.low,
        "interval_end": cell.high,
        "retained": cell.retained,
        "rate": rate if label is None else (cell.retained / size if size else None),
        "complete": cell.complete,
    }


def _summary(table: list[tuple[Cohort, list[Cell]]], rows: list[dict[str, Any]]) -> dict[str, Any]:
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
