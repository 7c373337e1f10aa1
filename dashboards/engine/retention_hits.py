"""Who started when, and in which later intervals each came back (metrics.md, R1 to R3).

Knows how events become starts, hits and counts per cohort, in SQL. Must not know completeness, averages or rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from dashboards.catalogue.parameters import Selector
from dashboards.engine.breakdown import NO_VALUE
from dashboards.engine.conditions import Fragment, property_text
from dashboards.engine.periods import UNIT_SECONDS
from dashboards.engine.person_days import count_periods
from dashboards.engine.scope import EVENT_COLUMNS, Scope, any_of, flag, reads_person

Intervals = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Ways:
    """How returns are found; the parameters of those names, checked."""

    unit: str
    mode: str
    clock: str
    cohort: str
    rounding: str
    interval_zero: str
    breakdown: str | None
    breakdown_of: str
    property_of: str

    @property
    def group(self) -> str:
        """The columns that say whose cohort it is, besides the cohort."""
        return "cohort, value" if self.breakdown else "cohort"


def prepare(scope: Scope, start: Selector, back: Selector, ways: Ways) -> None:
    """The working tables: each actor's first start in all history, and from `from` on the start and return events.

    By the calendar these are counted at once to one row for each actor and period, which is far less than the events.
    """
    scope.use_periods()
    if ways.breakdown:
        marked_events(scope, start, back, None, (ways.breakdown, ways.property_of))
        scope.run(
            """
            create or replace temp table firsts as
            select
                actor,
                min(event_at) as start_at,
                min_by(local_at, event_at) as start_local_at,
                min_by(value, (event_at, value)) as value
            from scoped_events
            where is_start
            group by all
            """
        )
        return
    if ways.cohort == "first_time":
        is_daily = ways.clock == "calendar" and ways.unit != "hour"
        first_starts(scope, start, is_daily)
    if ways.clock == "rolling":
        marked_events(scope, start, back, scope.from_at)
        return
    if ways.cohort == "recurring":
        count_periods(
            scope,
            "starts",
            start,
            {"actor": actor_column(scope), "cohort": ways.unit},
            {"start_at": "first_at"},
            scope.from_at,
            scope.to_at,
        )


def first_starts(scope: Scope, start: Selector, is_daily: bool = True) -> None:
    """`firsts`: each actor's first start in all history; `is_daily` where its day is enough and its local time is not needed."""
    count_periods(
        scope,
        "firsts",
        start,
        {"actor": actor_column(scope)},
        {"start_at": "first_at", "start_local_at": "first_day" if is_daily else "first_local_at"},
    )


def marked_events(
    scope: Scope,
    start: Selector,
    back: Selector,
    since: datetime | None,
    breakdown: tuple[str, str] | None = None,
) -> None:
    """`scoped_events`: the start and return events, marked as what they are; with the value of a property, whose it is beside its name."""
    columns = {
        "actor": Fragment(EVENT_COLUMNS[actor_column(scope)]),
        "event_at": Fragment(EVENT_COLUMNS["event_at"]),
        "local_at": Fragment(EVENT_COLUMNS["local_at"]),
        "is_start": flag(start),
        "is_return": flag(back),
    }
    if breakdown:
        text = property_text(*breakdown)
        columns["value"] = Fragment(f"coalesce({text.sql}, ?)", (*text.params, NO_VALUE))
    selectors = [start, back]
    joins = reads_person(selectors) or (breakdown is not None and breakdown[1] == "person")
    scope.events(columns, only=any_of(selectors), since=since, joins_person=joins)


def actor_column(scope: Scope) -> str:
    """Which column says who."""
    return "source_actor" if scope.params.get("actor") == "source_id" else "person"


def starts(scope: Scope, ways: Ways) -> None:
    """One row per actor and cohort: the start that counts (R3). `from` and `to` bound the start only.

    With a breakdown the value is that of the start; where it belongs to start and return, an actor starts once with each.
    """
    bounds = {"from_at": scope.from_at, "to_at": scope.to_at}
    if ways.cohort == "first_time":
        scope.run(
            f"""
            create or replace temp table starts as
            select actor, start_at, start_local_at, unit_of(start_local_at, start_at) as {ways.group}
            from firsts
            where start_at >= $from_at and start_at < $to_at
            """,  # noqa: S608
            bounds,
        )
        return
    if not _reads_events(ways):
        return  # `prepare` has counted them
    value = ""
    if ways.breakdown:
        value = ", value" if ways.breakdown_of == "both" else ", min_by(value, (event_at, value)) as value"  # fmt: skip
    scope.run(
        f"""
        create or replace temp table starts as
        select
            actor,
            min(event_at) as start_at,
            min(local_at) as start_local_at,
            unit_of(local_at, event_at) as cohort{value}
        from scoped_events
        where is_start and event_at >= $from_at and event_at < $to_at
        group by all
        """,  # noqa: S608
        bounds,
    )


def returns(scope: Scope, back: Selector, ways: Ways) -> None:
    """`returns`: in which periods those who started came back, by the calendar; a rolling clock reads events."""
    if ways.clock != "calendar":
        return
    if ways.breakdown:
        value = ", value" if ways.breakdown_of == "both" else ""
        scope.run(
            f"""
            create or replace temp table returns as
            select actor, unit_of(local_at, event_at) as period, max(event_at) as last_at{value}
            from scoped_events
            semi join starts on scoped_events.actor = starts.actor
            where is_return
            group by all
            """  # noqa: S608
        )
        return
    count_periods(
        scope,
        "returns",
        back,
        {"actor": actor_column(scope), "period": ways.unit},
        {"last_at": "last_at"},
        since=scope.from_at,
        among="starts",
    )


def _reads_events(ways: Ways) -> bool:
    """Whether single events are needed: each has its own time of day, or its own value."""
    return ways.clock == "rolling" or ways.breakdown is not None


def hits(scope: Scope, ways: Ways, last: int) -> None:
    """One row per actor, cohort and interval up to the last with a return event at or after the start (R1, R2)."""
    # Only `on_or_after` asks for what comes after the last interval.
    enough = "" if ways.mode == "on_or_after" else f" and returns.period - starts.cohort <= {last}"
    value = ", starts.value" if ways.breakdown else ""
    both = ways.breakdown is not None and ways.breakdown_of == "both"
    if ways.clock == "calendar":
        scope.run(
            f"""
            create or replace temp table hits as
            select starts.cohort{value}, starts.actor, returns.period - starts.cohort as n
            from starts
            inner join returns
                on starts.actor = returns.actor
                and returns.period >= starts.cohort
            where returns.last_at >= starts.start_at{" and returns.value = starts.value" if both else ""}{enough}
            """  # noqa: S608
        )
        return
    scope.run(
        f"""
        create or replace temp table hits as
        with elapsed as (
            select
                starts.cohort{value},
                starts.actor,
                {_elapsed(ways)} as seconds
            from starts
            inner join scoped_events
                on starts.actor = scoped_events.actor
                and scoped_events.event_at >= starts.start_at
            where scoped_events.is_return{" and scoped_events.value = starts.value" if both else ""}
        )
        select distinct {ways.group}, actor, cast(floor(seconds / $unit_seconds) as bigint) as n
        from elapsed
        """,  # noqa: S608
        {"unit_seconds": UNIT_SECONDS[ways.unit]},
    )


def _elapsed(ways: Ways) -> str:
    """Seconds from the start to the return; rounded down, both by their hour, for weeks and months by their local day."""
    if ways.rounding == "exact":
        return "epoch(scoped_events.event_at) - epoch(starts.start_at)"
    if ways.unit in ("hour", "day"):
        return "epoch(date_trunc('hour', scoped_events.event_at)) - epoch(date_trunc('hour', starts.start_at))"
    return "epoch(date_trunc('day', scoped_events.local_at)) - epoch(date_trunc('day', starts.start_local_at))"


def outcomes(scope: Scope, ways: Ways, intervals: Intervals) -> Iterator[tuple[int, str]]:
    """Every actor and cohort, with the intervals in which the actor counts, written as one comparable text."""
    rows = scope.session.run(
        f"""
        select starts.actor, starts.cohort{", starts.value" if ways.breakdown else ", null"}, list(hits.n) as found
        from starts
        left join hits on starts.actor = hits.actor and starts.cohort = hits.cohort
            {"and starts.value = hits.value" if ways.breakdown else ""}
        group by all
        """  # noqa: S608
    )
    for actor, cohort, value, found in rows:
        kept = [_kept(ways, set(found), low, high) for low, high in intervals]
        yield actor, f"{cohort} {value} {''.join('01'[k] for k in kept)}"


def _kept(ways: Ways, found: set[int | None], low: int, high: int) -> bool:
    """R1 for one actor and interval."""
    if low == 0 and ways.interval_zero == "everyone":
        return True
    if ways.mode == "on_or_after":
        return any(n is not None and n >= low for n in found)
    if ways.mode in ("on", "bracket") or low == 0:
        return any(n in found for n in range(low, high + 1))
    if ways.mode == "on_or_before":
        return any(n in found for n in range(1, low + 1))
    return all(n in found for n in range(1, low + 1))


def counts_of_days(scope: Scope) -> dict[tuple[str | None, int], dict[int, int]]:
    """The same as `counts` from `returned`, where actors are counted already."""
    found: dict[tuple[str | None, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in scope.run("select * from returned"):
        found[None, row["cohort"]][row["n"]] = row["actors"]
    return found


def counts(
    scope: Scope, ways: Ways, intervals: Intervals
) -> dict[tuple[str | None, int], dict[int, int]]:
    """Retained actors by value and cohort, then by the low end of the interval."""
    found: dict[tuple[str | None, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    last = intervals[-1][1]
    if ways.mode == "on":
        rows = scope.run(
            f"select {ways.group}, n, count(*) as actors from hits where n <= $last group by all",  # noqa: S608
            {"last": last},
        )
        for row in rows:
            found[row.get("value"), row["cohort"]][row["n"]] = row["actors"]
        return found
    if ways.mode == "bracket":
        value = ", hits.value" if ways.breakdown else ""
        rows = scope.run(
            f"""
            with brackets as (select unnest($lows::bigint[]) as low, unnest($highs::bigint[]) as high)
            select hits.cohort{value}, brackets.low as n, count(distinct hits.actor) as actors
            from hits
            inner join brackets on hits.n between brackets.low and brackets.high
            group by all
            """,  # noqa: S608
            {"lows": [low for low, _ in intervals], "highs": [high for _, high in intervals]},
        )
        for row in rows:
            found[row.get("value"), row["cohort"]][row["n"]] = row["actors"]
        return found

    # The other modes: one number per actor says in which intervals it counts.
    if ways.mode == "on_or_after":
        reach = f"select {ways.group}, actor, max(n) as reach from hits group by all"  # noqa: S608
    elif ways.mode == "on_or_before":
        reach = f"select {ways.group}, actor, min(n) as reach from hits where n >= 1 group by all"  # noqa: S608
    else:
        reach = f"""
        select {ways.group}, actor, max(n) filter (where n = place) as reach
        from (
            select *, row_number() over (partition by {ways.group}, actor order by n) as place
            from hits where n >= 1
        )
        group by all
        """  # noqa: S608
    rows = scope.run(
        f"with reaches as ({reach}) select {ways.group}, reach, count(*) as actors from reaches where reach is not null group by all"  # noqa: S608
    )
    zero = scope.run(
        f"select {ways.group}, count(*) as actors from hits where n = 0 group by all"  # noqa: S608
    )
    for row in zero:
        if ways.mode != "on_or_after":
            found[row.get("value"), row["cohort"]][0] = row["actors"]
    for row in rows:
        # A first return at r counts from r on; a last return at r, or a streak of r, counts up to r.
        span = (
            range(max(row["reach"], 1), last + 1)
            if ways.mode == "on_or_before"
            else range(0 if ways.mode == "on_or_after" else 1, min(row["reach"], last) + 1)
        )
        for n in span:
            found[row.get("value"), row["cohort"]][n] += row["actors"]
    return found
