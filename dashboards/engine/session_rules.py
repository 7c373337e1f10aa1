"""Which rule made the sessions: the pause that ends one, or the vendor's own session id (A5).

Knows the settings of a version and its mart of sessions. Must not know any question.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from dashboards.engine.scope import Scope


def vendor_projects(scope: Scope) -> list[tuple[str, str]]:
    """The sources and projects of the answer whose sessions are the vendor's; versions from before the setting have none."""
    told: list[dict[str, Any]] = json.loads(scope.published.settings.get("vendor_sessions") or "[]")
    asked_source, asked_project = scope.params.get("source"), scope.params.get("project")
    return [
        (one["source"], one["project"])
        for one in told
        if asked_source in (None, one["source"]) and asked_project in (None, one["project"])
    ]


def rule(scope: Scope) -> str:
    """Which rule counted, in words."""
    minutes = scope.published.settings["session_timeout_minutes"]
    pause = f"more than {minutes} minutes without an event end a session"
    found = vendor_projects(scope)
    if not found:
        return pause
    named = ", ".join(f"{source} {project}" for source, project in found)
    return f"the vendor's session id in {named}; where there is none, {pause}"


def vendor_sessions(scope: Scope) -> None:
    """`vendor_sessions` (session_id): those that no pause ends. Says so on the answer where there are any."""
    if not vendor_projects(scope):
        scope.run("create or replace temp table vendor_sessions (session_id ubigint)")
        return
    tell_rule(scope)
    scope.run(
        "create or replace temp table vendor_sessions as select session_id from marts.fct_sessions where rule = 'vendor'"
    )


def tell_rule(scope: Scope) -> None:
    """Say on the answer where sessions are the vendor's."""
    if vendor_projects(scope):
        scope.caveat(f"Sessions: {rule(scope)}.")


def reach(scope: Scope) -> tuple[datetime, datetime]:
    """From when to when events are read, so that every session which begins in the range is whole, and known to begin there."""
    assert scope.from_at is not None and scope.to_at is not None
    row = scope.session.run(
        "select min(started_at), max(ended_at) from marts.fct_sessions where ended_at >= $1 and started_at < $2",
        [scope.from_at, scope.to_at],
    )[0]
    # A session that is open at `from` has an event in the timeout before it; one of a vendor may pause for longer.
    since = scope.from_at - timedelta(
        minutes=int(scope.published.settings["session_timeout_minutes"])
    )
    if vendor_projects(scope) and row[0] is not None:
        since = min(since, row[0])
    until = scope.to_at
    if row[1] is not None:
        until = max(until, row[1] + timedelta(microseconds=1))
    return since, until


def timeout(scope: Scope) -> int:
    """The pause that ends a session, in seconds."""
    return 60 * int(scope.published.settings["session_timeout_minutes"])
