"""The sessions that begin in the range of an answer: from the mart of sessions where that is enough, else from events (A5).

Knows when the mart gives what the counted events give. Must not know any question.
"""

from __future__ import annotations

from dashboards.engine import session_rules
from dashboards.engine.scope import Scope

TABLE = "marts.fct_sessions"


def sessions_begun(scope: Scope) -> None:
    """`sessions_begun` (person, period, seconds, events): each session of the range as a whole, also where it goes on after it."""
    if scope.where or not scope.published.has_column(TABLE, "counted_from_at"):
        _of_events(scope)
        return
    session_rules.tell_rule(scope)
    since, until = session_rules.reach(scope)
    if scope.as_of_given and scope.as_of < until:
        _of_events(scope)
        return
    filters = [
        f"{key} = ${key}" for key in ("project", "source") if scope.params.get(key) is not None
    ]
    more = "".join(f"\n            and fct_sessions.{text}" for text in filters)
    scope.run(
        f"""
        create or replace temp table sessions_begun as
        select
            person_key as person,
            period_of(counted_from_local_at, counted_from_at) as period,
            epoch(counted_to_at - counted_from_at) as seconds,
            counted_events as events
        from {TABLE}
        where counted_from_at >= $from_at and counted_from_at < $to_at{more}
        """,  # noqa: S608
        {
            "from_at": scope.from_at,
            "to_at": scope.to_at,
            **{key: scope.params[key] for key in ("project", "source") if scope.params.get(key)},
        },
    )


def _of_events(scope: Scope) -> None:
    """What tools write about people (system events) has no session.

    A condition can take events out of the middle of a session, so with one the gaps are measured again; no gap ends a
    session of the vendor.
    """
    session_rules.vendor_sessions(scope)
    since, until = session_rules.reach(scope)
    scope.events(("person", "session_id", "local_at", "event_at"), since=since, until=until)
    _parts(scope) if scope.where else _wholes(scope)
    scope.run(
        """
        create or replace temp table sessions_begun as
        select person, period_of(local_started_at, started_at) as period, seconds, events
        from session_facts
        where started_at >= $from_at and started_at < $to_at
        """,
        {"from_at": scope.from_at, "to_at": scope.to_at},
    )


def _wholes(scope: Scope) -> None:
    scope.run(
        """
        create or replace temp table session_facts as
        select
            any_value(person) as person,
            min(event_at) as started_at,
            min_by(local_at, event_at) as local_started_at,
            epoch(max(event_at) - min(event_at)) as seconds,
            count(*) as events
        from scoped_events
        where session_id is not null
        group by session_id
        """
    )


def _parts(scope: Scope) -> None:
    scope.run(
        """
        create or replace temp table session_facts as
        with gaps as (
            select
                person,
                session_id,
                local_at,
                event_at,
                event_at - lag(event_at) over (partition by person, session_id order by event_at) as gap,
                session_id in (select vendor_sessions.session_id from vendor_sessions) as is_vendor
            from scoped_events
            where session_id is not null
        ),

        parts as (
            select
                *,
                count(*) filter (where not is_vendor and epoch(gap) > $timeout_seconds) over (
                    partition by person, session_id
                    order by event_at
                ) as part
            from gaps
        )

        select
            any_value(person) as person,
            min(event_at) as started_at,
            min_by(local_at, event_at) as local_started_at,
            epoch(max(event_at) - min(event_at)) as seconds,
            count(*) as events
        from parts
        group by session_id, person, part
        """,
        {"timeout_seconds": 60 * int(scope.published.settings["session_timeout_minutes"])},
    )
