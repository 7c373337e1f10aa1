"""What people do next, or did before: the events after (before) one inside the session, step by step (D5).

Knows sessions, runs of the same event and the tree of paths. Must not know the catalogue or pages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from dashboards.catalogue.parameters import Selector
from dashboards.engine import session_rules
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
    seen = _prepare(scope, p["event"], p["without"])
    _walks(scope, seen, p["event"] is not None, p["direction"] == "next", p["depth"])
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
    by_code = dict(scope.session.run("select code, event_name from names"))
    root = {**_node(0, (origin,), "start", whole), "share_of_all": 1.0}
    children: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for step in range(1, p["depth"] + 1):
        for codes, nodes in _step(scope, step, p["top"]).items():
            path = tuple(by_code[code] for code in codes)
            for node in nodes:
                node["event"] = by_code.get(node["event"])
            children[path] = _children(step, origin, path, nodes, names, whole["sessions"])
    first = children.get((), [])
    events = [node for node in first if node["kind"] == "event"]
    if events:
        summary |= {"most_common": events[0]["event"], "most_common_share": events[0]["share"]}
    if any(node["kind"] != "open" for node in first):
        summary["ended_share"] = next((n["share"] for n in first if n["kind"] == "ended"), 0.0)
    summary["open_sessions"] = sum(n["sessions"] for n in first if n["kind"] == "open")
    return Result([root, *_in_depth(children, ())], summary)


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


def _timeout(scope: Scope) -> int:
    return 60 * int(scope.published.settings["session_timeout_minutes"])


def _walks(scope: Scope, seen: str, is_named: bool, is_next: bool, depth: int) -> None:
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
        select session, actor, {is_open} as is_open, 'event' as kind_0{steps}
        from sessions
        where {counted}
        """,  # noqa: S608
        {"timeout": _timeout(scope), "as_of": scope.as_of} if is_next else None,
    )


def _step(scope: Scope, step: int, top: int) -> dict[tuple[int, ...], list[dict[str, Any]]]:
    """What stands at one step, by the codes of the events on the way to it; the rarest events of a place become `other`."""
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
    found: dict[tuple[int, ...], list[dict[str, Any]]] = defaultdict(list)
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
