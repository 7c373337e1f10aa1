"""What people do next, or did before: the events after (before) one inside the session, step by step (D5).

Knows the tree of paths. Must not know where a session's walk is read, the catalogue or pages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from dashboards.engine.kept_walks import Walks
from dashboards.engine.scope import Result, Scope
from dashboards.engine.session_walks import walks
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
    taken = walks(scope)
    whole = scope.run(
        f"select coalesce(sum(sessions), 0) as sessions, {taken.actors(0)} as actors from walks_0"  # noqa: S608
    )[0]
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
        for way, nodes in _step(scope, taken, step, p["top"]).items():
            children[way] = _children(step, origin, way, nodes, names, whole["sessions"])
    first = children.get((), [])
    events = [node for node in first if node["kind"] == "event"]
    if events:
        summary |= {"most_common": events[0]["event"], "most_common_share": events[0]["share"]}
    if any(node["kind"] != "open" for node in first):
        summary["ended_share"] = next((n["share"] for n in first if n["kind"] == "ended"), 0.0)
    summary["open_sessions"] = sum(n["sessions"] for n in first if n["kind"] == "open")
    return Result([root, *_in_depth(children, ())], summary)


def _step(
    scope: Scope, taken: Walks, step: int, top: int
) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """What stands at one step, by the events on the way to it; the rarest events of a place become `other`."""
    way = [f"event_{n}" for n in range(1, step)]
    listed = "".join(f"{name}, " for name in way)
    same = "".join(f" and walks.{name} = ranked.{name}" for name in way)
    scope.run(
        f"""
        create or replace temp table walks_{step} as
        with ranked as (
            select {listed}event_{step}, row_number() over (partition by {listed}true order by sum(sessions) desc, event_{step}) as place
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
    rows = scope.run(
        f"""
        with nodes as (
            select
                {listed}kind_{step} as kind,
                case when kind_{step} = 'event' then event_{step} end as event,
                sum(sessions) as sessions,
                {taken.actors(step)} as actors
            from walks_{step}
            where kind_{step} is not null
            group by all
        ),

        -- a session that may go on is in no share
        known as (
            select {listed}sum(sessions) as all_sessions, {taken.actors(step - 1)} as all_actors
            from walks_{step}
            where kind_{step} is not null and kind_{step} <> 'open'
            group by all
        )

        select nodes.*, known.all_sessions, known.all_actors
        from nodes
        left join known on true{"".join(f" and nodes.{name} = known.{name}" for name in way)}
        """  # noqa: S608
    )
    others = taken.actors_of_others(scope, step)
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        before = tuple(row[name] for name in way)
        if row["kind"] == "other" and before in others:
            row["actors"] = others[before]
        found[before].append(row)
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
