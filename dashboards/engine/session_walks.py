"""The walk of each session that `paths` is about, one row each: from the mart of sessions' first events, else from all their events (D5).

Knows when the mart gives what the counted events give, sessions and runs of the same event. Must not know the tree of paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboards.catalogue.parameters import Selector
from dashboards.engine import session_rules
from dashboards.engine.conditions import Fragment, selector_sql
from dashboards.engine.scope import EVENT_COLUMNS, Scope, flag, reads_person

KEPT_IN = "marts.fct_session_paths"
KEPT_DEPTH = 3


@dataclass(frozen=True)
class Walks:
    """`walks_0`: the events on the way of a session (`event_1` …), how many `sessions` the row stands for, whether it `is_open`.

    Has `actor` where the row is one session. Of the mart, a row also stands for all sessions with the same way of people none of
    whose sessions may go on: `first_1` … say for how many of them it is the first of the range on its way so far.
    """

    is_of_mart: bool
    # what the events on the way are called; of the mart they are names already
    names: dict[int, str]

    def actors(self, step: int) -> str:
        """How many people the rows are of, as SQL, where all have the same way up to that step."""
        counted = "count(distinct actor)"
        return f"{counted} + coalesce(sum(first_{step}), 0)" if self.is_of_mart else counted

    def actors_of_others(self, scope: Scope, step: int) -> dict[tuple[Any, ...], int]:
        """How many people are behind the `other` events of a step, by the way to it, where rows that stand for many cannot say."""
        if not self.is_of_mart:
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
            where begun.counted_from_at >= $from_at and begun.counted_from_at < $to_at
            group by all
            """,  # noqa: S608
            {"from_at": scope.from_at, "to_at": scope.to_at},
        )
        return {tuple(row[name] for name in way[: step - 1]): row["actors"] for row in rows}

    def name(self, event: Any) -> str:
        """What an event on the way is called."""
        return str(event) if self.is_of_mart else self.names[event]


def walks(scope: Scope) -> Walks:
    """Makes `walks_0` for the parameters of `paths`."""
    if _is_kept(scope):
        _of_mart(scope)
        return Walks(True, {})
    p = scope.params
    seen = _prepare(scope, p["event"], p["without"])
    _of_events(scope, seen, p["event"] is not None, p["direction"] == "next", p["depth"])
    return Walks(False, dict(scope.session.run("select code, event_name from names")))


def _is_kept(scope: Scope) -> bool:
    """Whether the mart has all that is asked for: how sessions of any source begin, with every event in it."""
    p = scope.params
    if (
        scope.where
        or any(p[key] is not None for key in ("event", "without", "project", "source"))
        or p["direction"] != "next"
        or p["depth"] > KEPT_DEPTH
        or not scope.published.has(KEPT_IN)
    ):
        return False
    return not scope.as_of_given or scope.as_of >= session_rules.reach(scope)[1]


def _of_mart(scope: Scope) -> None:
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
    span = {"from_at": scope.from_at, "to_at": scope.to_at}
    until = {"timeout": _timeout(scope), "as_of": scope.as_of}
    # A session that may go on is in no share, so that its person may be in one by another session: these few are told apart.
    scope.run(
        f"""
        create or replace temp table open_people as
        select distinct person_key
        from {KEPT_IN}
        where counted_from_at >= $from_at and counted_from_at < $to_at and {is_open}
        """,  # noqa: S608
        span | until,
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
        where
            counted_from_at >= $from_at
            and counted_from_at < $to_at
            and person_key not in (from open_people)
        group by all
        union all
        select person_key, {is_open}, 'event', 1,{none} {way}
        from {KEPT_IN}
        where
            counted_from_at >= $from_at
            and counted_from_at < $to_at
            and person_key in (from open_people)
        """,  # noqa: S608
        span | until,
    )


def _prepare(scope: Scope, event: Selector | None, without: Selector | None) -> str:
    """The working tables: all events of the sessions that the question is about, and their runs of the same event.

    Gives the table of the events before those of `without` are taken out: they keep a session open like any other.
    """
    bounds = (scope.from_at, scope.to_at)
    in_range = "fct_events.occurred_at >= ? and fct_events.occurred_at < ?"
    named = (
        selector_sql(Selector(event.names))
        if event is not None and event.names
        else Fragment("true")
    )
    sessions = f"select session_id from marts.fct_events where {in_range} and {named.sql} and session_id is not null"  # noqa: S608
    only = Fragment(f"fct_events.session_id in ({sessions})", (*bounds, *named.params))
    anchor = flag(event) if event is not None else Fragment("true")
    since, until = _reach(scope)
    scope.events(
        {
            "session": Fragment(EVENT_COLUMNS["session_id"]),
            "actor": Fragment(EVENT_COLUMNS["person"]),
            "event_name": Fragment(EVENT_COLUMNS["event_name"]),
            "event_at": Fragment(EVENT_COLUMNS["event_at"]),
            "event_id": Fragment(EVENT_COLUMNS["event_id"]),
            "is_origin": Fragment(f"({in_range} and {anchor.sql})", (*bounds, *anchor.params)),
            **({} if without is None else {"is_left_out": flag(without)}),
        },
        only=only,
        since=since,
        until=until,
        joins_person=reads_person([s for s in (event, without) if s is not None]),
    )
    session_rules.vendor_sessions(scope)
    seen = _cut(scope) if scope.where else "scoped_events"
    kept = seen
    if without is not None:
        kept = "kept_events"
        left = f"select * from {seen} where not is_left_out"  # noqa: S608
        scope.run(f"create or replace temp table {kept} as {left}")
    # A name becomes its place in the alphabet, and an event one number that sorts by time, then by event id, and holds the rest:
    # sorting rows with texts takes ten times the memory.
    scope.run(
        f"""
        create or replace temp table names as
        select event_name, row_number() over (order by event_name) as code
        from (select distinct event_name from {kept})
        """  # noqa: S608
    )
    scope.run(
        f"""
        create or replace temp table sessions as
        with tied as (
            select session, event_at from {kept} as kept group by all having count(*) > 1
        ),

        placed as (
            select session, actor, event_name, event_at, is_origin, 0 as place
            from {kept} as kept
            anti join tied on kept.session = tied.session and kept.event_at = tied.event_at
            union all
            select
                session, actor, event_name, event_at, is_origin,
                row_number() over (partition by session, event_at order by event_id) as place
            from {kept} as kept
            semi join tied on kept.session = tied.session and kept.event_at = tied.event_at
        ),

        in_order as (
            select
                placed.session,
                any_value(placed.actor) as actor,
                list_sort(list(
                    (epoch_us(placed.event_at)::hugeint * 65536 + placed.place) * 16777216
                    + names.code * 2 + placed.is_origin::integer
                )) as events
            from placed
            inner join names on placed.event_name = names.event_name
            group by placed.session
        ),

        lower as (
            select session, actor, list_transform(events, lambda event: (event & 16777215)::integer) as events
            from in_order
        ),

        opened as (
            select
                session,
                actor,
                list_transform(events, lambda event: event >> 1) as codes,
                list_position(list_transform(events, lambda event: event & 1), 1) as first_origin
            from lower
        )

        -- a run is the same event again and again; `origin` is the run that holds the first event asked about
        select
            session,
            actor,
            first_origin,
            list_filter(codes, lambda code, n: n = 1 or code <> codes[n - 1]) as runs,
            len(list_filter(codes[1:first_origin], lambda code, n: n = 1 or code <> codes[n - 1])) as origin
        from opened
        """  # noqa: S608
    )
    return seen


def _reach(scope: Scope) -> tuple[datetime | None, datetime | None]:
    """From when to when the sessions with an event in the range reach."""
    began, ended = scope.session.run(
        "select min(started_at), max(ended_at) from marts.fct_sessions where ended_at >= $1 and started_at < $2",
        [scope.from_at, scope.to_at],
    )[0]
    return began, ended and ended + timedelta(microseconds=1)


def _cut(scope: Scope) -> str:
    """Conditions can take events out of the middle of a session, so the gaps are measured again; none ends a vendor's session."""
    scope.run(
        """
        create or replace temp table cut_events as
        with gaps as (
            select
                *,
                event_at - lag(event_at) over (partition by session order by event_at) > to_seconds($timeout)
                    and session not in (select vendor_sessions.session_id from vendor_sessions) as begins
            from scoped_events
        ),

        parts as (
            select *, count(*) filter (where begins) over (partition by session order by event_at) as part
            from gaps
        )

        select * exclude (begins, part) replace (hash(session, part) as session)
        from parts
        """,
        {"timeout": _timeout(scope)},
    )
    return "cut_events"


def _of_events(scope: Scope, seen: str, is_named: bool, is_next: bool, depth: int) -> None:
    """One row per session: the events that follow the first run with the event, or the session's edge, in their order."""
    # Without an event it is the session whose first event lies in the range (A5).
    counted = "first_origin is not null" if is_named else "first_origin = 1"
    origin = "origin" if is_named else "0" if is_next else "len(runs) + 1"
    sign = "+" if is_next else "-"
    # a list has nothing at 0, and -1 would be its last
    steps = "".join(
        f", case when {origin} {sign} {n} > 0 then runs[{origin} {sign} {n}] end as event_{n}"
        for n in range(1, depth + 1)
    )
    is_open = (
        f"session in (select session from {seen} where event_at + to_seconds($timeout) >= $as_of)"  # noqa: S608
        if is_next
        else "false"
    )
    scope.run(
        f"""
        create or replace temp table walks_0 as
        select session, actor, {is_open} as is_open, 'event' as kind_0, 1 as sessions{steps}
        from sessions
        where {counted}
        """,  # noqa: S608
        {"timeout": _timeout(scope), "as_of": scope.as_of} if is_next else None,
    )


def _timeout(scope: Scope) -> int:
    return 60 * int(scope.published.settings["session_timeout_minutes"])
