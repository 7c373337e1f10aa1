"""Walks of sessions from the mart that keeps them, where it gives what the counted events give (D5).

Knows `fct_session_paths`. Must not know how a walk is told from events, nor the tree of paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboards.engine import session_rules
from dashboards.engine.conditions import Fragment
from dashboards.engine.scope import Scope

KEPT_IN = "marts.fct_session_paths"
KEPT_DEPTH = 3
IN_RANGE = "counted_from_at >= $from_at and counted_from_at < $to_at"


@dataclass(frozen=True)
class Walks:
    """`walks_0`: the events on the way of a session (`event_1` …), how many `sessions` the row stands for, whether it `is_open`.

    Has `actor` where the row is one session. Where it `is_grouped`, it may also stand for all sessions with the same way of people
    none of whose sessions may go on: `first_1` … say for how many of them it is the first of the range on its way so far.
    """

    is_grouped: bool = False

    def actors(self, step: int) -> str:
        """How many people the rows are of, as SQL, where all have the same way up to that step."""
        counted = "count(distinct actor)"
        return f"{counted} + coalesce(sum(first_{step}), 0)" if self.is_grouped else counted

    def actors_of_others(self, scope: Scope, step: int) -> dict[tuple[Any, ...], int]:
        """How many people are behind the `other` events of a step, by the way to it, where rows that stand for many cannot say."""
        if not self.is_grouped:
            return {}
        way = [f"event_{n}" for n in range(1, scope.params["depth"] + 1)]
        same = " and ".join(f"begun.{name} is not distinct from others.{name}" for name in way)
        rows = scope.run(
            f"""
            with others as (
                select distinct {", ".join(way)} from walks_{step} where kind_{step} = 'other'
            )

            select {"".join(f"others.{name}, " for name in way[: step - 1])}count(distinct begun.person_key) as actors
            from {KEPT_IN} as begun
            inner join others on {same}
            where {IN_RANGE}
            group by all
            """,  # noqa: S608
            _range(scope),
        )
        return {tuple(row[name] for name in way[: step - 1]): row["actors"] for row in rows}


def tells_beginnings(scope: Scope) -> bool:
    """Whether the mart's counts have all that is asked for: how sessions of any source begin, with every event in it."""
    p = scope.params
    return (
        all(p[key] is None for key in ("event", "without", "project", "source"))
        and p["direction"] == "next"
        and p["depth"] <= KEPT_DEPTH
        and _is_as_counted(scope)
    )


def tells_whole_sessions(scope: Scope) -> bool:
    """Whether the mart's lists have the walk of every session that lies in the range; versions from before them have none."""
    selectors = (scope.params["event"], scope.params["without"])
    return (
        all(one is None or (one.names and not one.where) for one in selectors)
        and scope.published.has_column(KEPT_IN, "events")
        and _is_as_counted(scope)
    )


def _is_as_counted(scope: Scope) -> bool:
    """Whether sessions are those of the mart: no condition takes events out of them, and as-of comes after them."""
    if scope.where or not scope.published.has(KEPT_IN):
        return False
    return not scope.as_of_given or scope.as_of >= session_rules.reach(scope)[1]


def beginnings(scope: Scope) -> Walks:
    """Makes `walks_0` of the first events of each session, counted."""
    scope.reads.append(KEPT_IN)
    session_rules.tell_rule(scope)
    steps = [f"event_{n}" for n in range(1, scope.params["depth"] + 1)]
    firsts = {"first_0": "previous_at"} | {
        f"first_{n}": f"previous_{n}_at" for n in range(1, len(steps) + 1)
    }
    counts = "".join(
        f"\n            count(*) filter (where {before} is null or {before} < $from_at) as {first},"
        for first, before in firsts.items()
    )
    none = "".join(f" 0 as {first}," for first in firsts)
    way = ", ".join(steps)
    is_open = "counted_to_at + to_seconds($timeout) >= $as_of"
    span = _range(scope) | {"timeout": session_rules.timeout(scope), "as_of": scope.as_of}
    # A session that may go on is in no share, so that its person may be in one by another session: these few are told apart.
    scope.run(
        f"""
        create or replace temp table open_people as
        select distinct person_key
        from {KEPT_IN}
        where {IN_RANGE} and {is_open}
        """,  # noqa: S608
        span,
    )
    scope.run(
        f"""
        create or replace temp table walks_0 as
        select
            null::ubigint as actor,
            false as is_open,
            'event' as kind_0,
            count(*) as sessions,{counts}
            {way}
        from {KEPT_IN}
        where {IN_RANGE} and person_key not in (from open_people)
        group by all
        union all
        select person_key, {is_open}, 'event', 1,{none} {way}
        from {KEPT_IN}
        where {IN_RANGE} and person_key in (from open_people)
        """,  # noqa: S608
        span,
    )
    return Walks(is_grouped=True)


def whole_sessions(scope: Scope) -> None:
    """Makes `walks_0` of the sessions that lie in the range; those that an end of it cuts are left out where that matters."""
    scope.reads.append(KEPT_IN)
    session_rules.tell_rule(scope)
    p = scope.params
    given: dict[str, Any] = _range(scope)
    only, events, runs, origin = IN_RANGE, "events", "events", edge(scope, "events")
    for key in ("project", "source"):
        if p[key] is not None:
            only += f" and {key} = ${key}"
            given[key] = p[key]
    if is_cut_by_range(scope):
        only += " and counted_to_at < $to_at"
    if p["without"] is not None:
        events = "list_filter(events, lambda event: not list_contains($without, event))"
        runs = "list_filter(events, lambda event, n: n = 1 or event <> events[n - 1])"
        given["without"] = list(p["without"].names)
    if p["event"] is not None:
        origins = {f"origin_{n}": name for n, name in enumerate(p["event"].names)}
        origin = f"least({', '.join(f'list_position(events, ${name})' for name in origins)})"
        given |= origins
    is_open = "false"
    if p["direction"] == "next":
        is_open = "counted_to_at + to_seconds($timeout) >= $as_of"
        given |= {"timeout": session_rules.timeout(scope), "as_of": scope.as_of}
    scope.run(
        f"""
        create or replace temp table walks_0 as
        with seen as (
            select person_key, counted_to_at, {events} as events from {KEPT_IN} where {only}
        ),

        walked as (
            select person_key, counted_to_at, {runs} as events from seen
        ),

        begun as (
            select *, {origin} as origin from walked where len(events) > 0
        )

        select person_key as actor, {is_open} as is_open, 'event' as kind_0, 1 as sessions{steps(scope, "events[{}]")}
        from begun
        where origin is not null
        """,  # noqa: S608
        given,
    )


def is_cut_by_range(scope: Scope) -> bool:
    """Whether a session that only partly lies in the range counts by the part that does."""
    return scope.params["event"] is not None or scope.params["without"] is not None


def cut_sessions(scope: Scope) -> tuple[Fragment, datetime, datetime]:
    """The sessions that an end of the range cuts, and from when to when they reach: no time at all where there are none."""
    assert scope.from_at is not None
    cut = (
        "counted_from_at < ? and counted_to_at >= ? and (counted_from_at < ? or counted_to_at >= ?)"
    )
    ends = (scope.to_at, scope.from_at, scope.from_at, scope.to_at)
    since, until = scope.session.run(
        f"select min(counted_from_at), max(counted_to_at) from {KEPT_IN} where {cut}",  # noqa: S608
        ends,
    )[0]
    sessions = Fragment(f"select session_id from {KEPT_IN} where {cut}", ends)  # noqa: S608
    if since is None:
        return sessions, scope.from_at, scope.from_at
    return sessions, since, until + timedelta(microseconds=1)


def edge(scope: Scope, walk: str) -> str:
    """The place before the first event of a walk, or after its last."""
    return "0" if scope.params["direction"] == "next" else f"len({walk}) + 1"


def steps(scope: Scope, taken: str) -> str:
    """The columns `event_1` …: what is taken from so many places after (before) `origin`."""
    sign = "+" if scope.params["direction"] == "next" else "-"
    # a list has nothing at 0, and -1 would be its last
    places = {n: f"origin {sign} {n}" for n in range(1, scope.params["depth"] + 1)}
    return "".join(
        f", case when {place} > 0 then {taken.format(place)} end as event_{n}"
        for n, place in places.items()
    )


def _range(scope: Scope) -> dict[str, Any]:
    return {"from_at": scope.from_at, "to_at": scope.to_at}
