"""What people do next, or did before: the events after (before) one inside the session, step by step (D5).

Knows sessions, runs of the same event and the tree of paths. Must not know the catalogue or pages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from dashboards.catalogue.parameters import Selector
from dashboards.engine.conditions import Fragment, selector_sql
from dashboards.engine.scope import EVENT_COLUMNS, Result, Scope, flag, reads_person
from dashboards.engine.statistics import wilson

ARROW = " → "
ENDS = {
    "next": ("(start of the session)", "(session ended)"),
    "previous": ("(end of the session)", "(session began)"),
}
OTHER, OPEN = "(other events)", "(session still open)"
KINDS = ("event", "other", "ended", "open")


def paths(scope: Scope) -> Result:
    """The tree of paths, each node below the one that it follows."""
    p = scope.params
    origin, ended = ENDS[p["direction"]]
    if p["event"] is not None:
        origin = p["event"].label
    _prepare(scope, p["event"], p["without"])
    _walks(scope, p["event"] is not None, p["direction"] == "next", p["depth"])
    whole = scope.run("select count(*) as sessions, count(distinct actor) as actors from walks_0")[
        0
    ]
    summary: dict[str, Any] = {
        "origin": origin,
        "direction": p["direction"],
        **whole,
        "most_common": None,
        "most_common_share": None,
        "ended_share": None,
        "open_sessions": 0,
    }
    if not whole["sessions"]:
        scope.caveat(f"No data: no session of the range holds {origin}.")
        return Result([], summary)
    names = {"other": OTHER, "ended": ended, "open": OPEN}
    root = {**_node(0, (origin,), "start", whole), "share_of_all": 1.0}
    children: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for step in range(1, p["depth"] + 1):
        for path, nodes in _step(scope, step, p["top"]).items():
            children[path] = _children(step, origin, path, nodes, names, whole["sessions"])
    first = children.get((), [])
    events = [node for node in first if node["kind"] == "event"]
    if events:
        summary |= {"most_common": events[0]["event"], "most_common_share": events[0]["share"]}
    if any(node["kind"] != "open" for node in first):
        summary["ended_share"] = next((n["share"] for n in first if n["kind"] == "ended"), 0.0)
    summary["open_sessions"] = sum(n["sessions"] for n in first if n["kind"] == "open")
    return Result([root, *_in_depth(children, ())], summary)


def _prepare(scope: Scope, event: Selector | None, without: Selector | None) -> None:
    """The working tables: all events of the sessions that the question is about, and their runs of the same event."""
    bounds = (scope.from_at, scope.to_at)
    in_range = "fct_events.occurred_at >= ? and fct_events.occurred_at < ?"
    named = (
        selector_sql(Selector(event.names))
        if event is not None and event.names
        else Fragment("true")
    )
    sessions = f"select session_id from marts.fct_events where {in_range} and {named.sql} and session_id is not null"  # noqa: S608
    only = Fragment(f"fct_events.session_id in ({sessions})", (*bounds, *named.params))
    if without is not None:
        left = selector_sql(without)
        only = Fragment(f"{only.sql} and not ({left.sql})", (*only.params, *left.params))
    anchor = flag(event) if event is not None else Fragment("true")
    scope.events(
        {
            "session": Fragment(EVENT_COLUMNS["session_id"]),
            "actor": Fragment(EVENT_COLUMNS["person"]),
            "event_name": Fragment(EVENT_COLUMNS["event_name"]),
            "event_at": Fragment(EVENT_COLUMNS["event_at"]),
            "event_id": Fragment(EVENT_COLUMNS["event_id"]),
            "is_origin": Fragment(f"({in_range} and {anchor.sql})", (*bounds, *anchor.params)),
        },
        only=only,
        joins_person=reads_person([s for s in (event, without) if s is not None]),
    )
    scope.run(
        """
        create or replace temp table runs as
        with compared as (
            select *, event_name is distinct from lag(event_name) over in_order as is_new
            from scoped_events
            window in_order as (partition by session order by event_at, event_id)
        ),

        numbered as (
            select *, sum(is_new::integer) over (partition by session order by event_at, event_id) as run
            from compared
        )

        select
            session,
            run,
            any_value(actor) as actor,
            any_value(event_name) as event,
            bool_or(is_origin) as is_origin,
            max(event_at) as last_at
        from numbered
        group by session, run
        """
    )


def _walks(scope: Scope, is_named: bool, is_next: bool, depth: int) -> None:
    """One row per session: the events that follow the first run with the event, or the session's edge, in their order."""
    if is_named:
        origin = "select session, min(run) as run from runs where is_origin group by session"
    else:
        # A session belongs to the range that holds its first event (A5).
        edge = "0" if is_next else "max(run) + 1"
        origin = f"select session, {edge} as run from runs group by session having min_by(is_origin, run)"  # noqa: S608
    sign = "runs.run - origins.run" if is_next else "origins.run - runs.run"
    steps = "".join(
        f", max(runs.event) filter (where {sign} = {n}) as event_{n}" for n in range(1, depth + 1)
    )
    is_open = "max(runs.last_at) + to_seconds($timeout) >= $as_of" if is_next else "false"
    scope.run(
        f"""
        create or replace temp table walks_0 as
        with origins as (
            {origin}
        )
        select
            runs.session,
            any_value(runs.actor) as actor,
            {is_open} as is_open,
            'event' as kind_0{steps}
        from runs
        inner join origins on runs.session = origins.session
        group by runs.session
        """,  # noqa: S608
        {
            "timeout": 60 * int(scope.published.settings["session_timeout_minutes"]),
            "as_of": scope.as_of,
        }
        if is_next
        else None,
    )


def _step(scope: Scope, step: int, top: int) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    """What stands at one step, by the events on the way to it; the rarest events of a place become `other`."""
    way = [f"event_{n}" for n in range(1, step)]
    listed = "".join(f"{name}, " for name in way)
    same = "".join(f" and walks.{name} = ranked.{name}" for name in way)
    scope.run(
        f"""
        create or replace temp table walks_{step} as
        with ranked as (
            select {listed}event_{step}, row_number() over (partition by {listed}true order by count(*) desc, event_{step}) as place
            from walks_{step - 1}
            where kind_{step - 1} = 'event' and event_{step} is not null
            group by {listed}event_{step}
        )
        select
            walks.*,
            case
                when walks.kind_{step - 1} is distinct from 'event' then null
                when walks.event_{step} is null then case when walks.is_open then 'open' else 'ended' end
                when ranked.place <= $top then 'event'
                else 'other'
            end as kind_{step}
        from walks_{step - 1} as walks
        left join ranked on walks.event_{step} = ranked.event_{step}{same}
        """,  # noqa: S608
        {"top": top},
    )
    known = {
        "kind": f"kind_{step}",
        "event": f"case when kind_{step} = 'event' then event_{step} end",
    }
    rows = scope.run(
        f"""
        with nodes as (
            select {listed}{known["kind"]} as kind, {known["event"]} as event, count(*) as sessions, count(distinct actor) as actors
            from walks_{step}
            where kind_{step} is not null
            group by all
        ),

        -- a session that may go on is in no share
        known as (
            select {listed}count(*) as all_sessions, count(distinct actor) as all_actors
            from walks_{step}
            where kind_{step} is not null and kind_{step} <> 'open'
            group by all
        )

        select nodes.*, known.all_sessions, known.all_actors
        from nodes
        left join known on true{"".join(f" and nodes.{name} = known.{name}" for name in way)}
        """  # noqa: S608
    )
    found: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[tuple(row[name] for name in way)].append(row)
    return found


def _children(
    step: int,
    origin: str,
    path: tuple[str, ...],
    nodes: Sequence[dict[str, Any]],
    names: dict[str, str],
    sessions: int,
) -> list[dict[str, Any]]:
    """The nodes below one path: events by how common they are, then other events, the end, what is still open."""
    ordered = sorted(
        nodes, key=lambda n: (KINDS.index(n["kind"]), -n["sessions"], n["event"] or "")
    )
    return [
        {
            **_node(
                step, (origin, *path, node["event"] or names[node["kind"]]), node["kind"], node
            ),
            "share_of_all": node["sessions"] / sessions,
        }
        for node in ordered
    ]


def _node(step: int, path: tuple[str, ...], kind: str, counts: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "step": step,
        "path": ARROW.join(path),
        "event": path[-1],
        "kind": kind,
        "sessions": counts["sessions"],
        "actors": counts["actors"],
    }
    if kind in ("start", "open"):
        return row
    interval = wilson(counts["actors"], counts["all_actors"])
    return {
        **row,
        "share": counts["sessions"] / counts["all_sessions"],
        "actor_share": counts["actors"] / counts["all_actors"],
        "ci_low": interval[0] if interval else None,
        "ci_high": interval[1] if interval else None,
    }


def _in_depth(
    children: dict[tuple[str, ...], list[dict[str, Any]]], path: tuple[str, ...]
) -> list[dict[str, Any]]:
    """A node, then all below it, then the next."""
    found = []
    for node in children.get(path, []):
        found.append(node)
        if node["kind"] == "event":
            found += _in_depth(children, (*path, node["event"]))
    return found
