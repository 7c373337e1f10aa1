"""The sessions that begin in the range of an answer: from the mart of sessions where that is enough, else from events (A5).

Knows when the mart gives what the counted events give. Must not know any question.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dashboards.engine import session_rules
from dashboards.engine.conditions import Fragment
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
    scope.events(
        ("person", "session_id"),
        only=Fragment("fct_events.session_id is not null"),
        table="session_facts",
        since=since,
        until=until,
        counted={
            "started_at": "min(fct_events.occurred_at)",
            "ended_at": "max(fct_events.occurred_at)",
            "local_started_at": "min_by(fct_events.local_at, fct_events.occurred_at)",
            "events": "count(*)",
        },
    )
    if scope.where:
        _split(scope, since, until)
    scope.run(
        """
        create or replace temp table sessions_begun as
        select
            person,
            period_of(local_started_at, started_at) as period,
            epoch(ended_at - started_at) as seconds,
            events
        from session_facts
        where started_at >= $from_at and started_at < $to_at
        """,
        {"from_at": scope.from_at, "to_at": scope.to_at},
    )


def _split(scope: Scope, since: datetime, until: datetime) -> None:
    """`session_facts` with the sessions that a pause now ends cut into parts.

    Only one longer than the pause can hold it, and only one that has lost events can hold a new one.
    """
    timeout: dict[str, Any] = {
        "timeout_seconds": 60 * int(scope.published.settings["session_timeout_minutes"])
    }
    scope.run(
        """
        create or replace temp table long_sessions as
        select session_facts.session_id
        from session_facts
        anti join vendor_sessions
            on session_facts.session_id = vendor_sessions.session_id
        anti join (from marts.fct_sessions where ended_at >= $since and started_at < $until) as whole
            on session_facts.session_id = whole.session_id and session_facts.events = whole.events
        where epoch(session_facts.ended_at - session_facts.started_at) > $timeout_seconds
        """,
        timeout | {"since": since, "until": until},
    )
    scope.events(
        ("person", "session_id", "local_at", "event_at"),
        only=Fragment("fct_events.session_id in (select session_id from long_sessions)"),
        since=since,
        until=until,
    )
    scope.run(
        """
        create or replace temp table session_facts as
        with gaps as (
            select
                *,
                event_at - lag(event_at) over (partition by person, session_id order by event_at) as gap
            from scoped_events
        ),

        parts as (
            select
                *,
                count(*) filter (where epoch(gap) > $timeout_seconds) over (
                    partition by person, session_id
                    order by event_at
                ) as part
            from gaps
        )

        select
            person,
            session_id,
            min(event_at) as started_at,
            max(event_at) as ended_at,
            min_by(local_at, event_at) as local_started_at,
            count(*) as events
        from parts
        group by person, session_id, part
        union all
        select *
        from session_facts
        where session_id not in (select long_sessions.session_id from long_sessions)
        """,
        timeout,
    )
