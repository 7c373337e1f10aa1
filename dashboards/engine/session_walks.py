"""The walk of each session that `paths` is about, one row each: from the mart of walks, else from all their events (D5).

Knows sessions, conditions that cut them and runs of the same event. Must not know the tree of paths, nor when the mart has walks.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboards.catalogue.parameters import Selector
from dashboards.engine import kept_walks, session_rules
from dashboards.engine.conditions import Fragment, selector_sql
from dashboards.engine.kept_walks import Walks
from dashboards.engine.scope import EVENT_COLUMNS, Scope, flag, reads_person

IN_RANGE = "fct_events.occurred_at >= ? and fct_events.occurred_at < ?"


def walks(scope: Scope) -> Walks:
    """Makes `walks_0` for the parameters of `paths`."""
    if kept_walks.tells_beginnings(scope):
        return kept_walks.beginnings(scope)
    if not kept_walks.tells_whole_sessions(scope):
        _of_events(scope, *_sessions(scope))
        scope.run("create or replace temp table walks_0 as from told_walks")
        return Walks()
    kept_walks.whole_sessions(scope)
    if kept_walks.is_cut_by_range(scope):
        _of_events(scope, *kept_walks.cut_sessions(scope))
        scope.run("insert into walks_0 from told_walks")
    return Walks()


def _prepare(
    scope: Scope, sessions: Fragment, since: datetime | None, until: datetime | None
) -> str:
    """The working tables: all events of these sessions, which reach from `since` to `until`, and their runs of the same event.

    Gives the table of the events before those of `without` are taken out: they keep a session open like any other.
    """
    event, without = scope.params["event"], scope.params["without"]
    bounds = (scope.from_at, scope.to_at)
    anchor = flag(event) if event is not None else Fragment("true")
    scope.events(
        {
            "session": Fragment(EVENT_COLUMNS["session_id"]),
            "actor": Fragment(EVENT_COLUMNS["person"]),
            "event_name": Fragment(EVENT_COLUMNS["event_name"]),
            "event_at": Fragment(EVENT_COLUMNS["event_at"]),
            "event_id": Fragment(EVENT_COLUMNS["event_id"]),
            "is_origin": Fragment(f"({IN_RANGE} and {anchor.sql})", (*bounds, *anchor.params)),
            **({} if without is None else {"is_left_out": flag(without)}),
        },
        only=Fragment(f"fct_events.session_id in ({sessions.sql})", sessions.params),
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


def _sessions(scope: Scope) -> tuple[Fragment, datetime | None, datetime | None]:
    """The sessions with an event in the range that they are asked by, and from when to when those with any event in it reach."""
    event = scope.params["event"]
    named = (
        selector_sql(Selector(event.names))
        if event is not None and event.names
        else Fragment("true")
    )
    sessions = f"select session_id from marts.fct_events where {IN_RANGE} and {named.sql} and session_id is not null"  # noqa: S608
    began, ended = scope.session.run(
        "select min(started_at), max(ended_at) from marts.fct_sessions where ended_at >= $1 and started_at < $2",
        [scope.from_at, scope.to_at],
    )[0]
    only = Fragment(sessions, (scope.from_at, scope.to_at, *named.params))
    return only, began, ended and ended + timedelta(microseconds=1)


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
        {"timeout": session_rules.timeout(scope)},
    )
    return "cut_events"


def _of_events(
    scope: Scope, sessions: Fragment, since: datetime | None, until: datetime | None
) -> None:
    """`told_walks`, one row per session: the events that follow the first run with the event, or the session's edge, in their order."""
    seen = _prepare(scope, sessions, since, until)
    # Without an event it is the session whose first event lies in the range (A5).
    counted, origin = "first_origin is not null", "origin"
    if scope.params["event"] is None:
        counted, origin = "first_origin = 1", kept_walks.edge(scope, "runs")
    is_next = scope.params["direction"] == "next"
    is_open = (
        f"session in (select session from {seen} where event_at + to_seconds($timeout) >= $as_of)"  # noqa: S608
        if is_next
        else "false"
    )
    scope.run(
        f"""
        create or replace temp table told_walks as
        with alphabet as (
            select list(event_name order by code) as names from names
        ),

        begun as (
            select session, actor, runs, {origin} as origin from sessions where {counted}
        )

        select actor, {is_open} as is_open, 'event' as kind_0, 1 as sessions{kept_walks.steps(scope, "names[runs[{}]]")}
        from begun
        cross join alphabet
        """,  # noqa: S608
        {"timeout": session_rules.timeout(scope), "as_of": scope.as_of} if is_next else None,
    )
