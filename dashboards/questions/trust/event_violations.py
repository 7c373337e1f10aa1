"""Event violations: which rules of the plan are broken, where, since when, and what to do about it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from dashboards.engine.asked_days import asked_days, last_day
from dashboards.engine.event_facts import SPOILING, prepare
from dashboards.engine.scope import Result, Scope
from dashboards.engine.trust import rule_words, what_to_do

NEW_DAYS = 7
PLACES = 4


def answer(scope: Scope) -> Result:
    """One row per event, property, rule and place; with `detail` rule one per event, property and rule."""
    event = scope.params["event"]
    first, until = asked_days(scope)
    prepare(scope, list(event.names) if event else [], first, until)
    rows = _rows(scope, list(event.names) if event else [])
    for row in rows:
        row["what"] = rule_words(row["rule"], row["property"])
        row["what_to_do"] = what_to_do(row["rule"], row["property"], row["owner"])
        row["examples"] = json.loads(row["examples"] or "[]")
        row["is_new"] = row["first_seen"] is not None and row["first_seen"] >= scope.as_of - timedelta(days=NEW_DAYS)  # fmt: skip
    if scope.params["detail"] == "rule":
        rows = _by_rule(rows, _totals(scope))
    if scope.params["only"] == "new":
        rows = [row for row in rows if row["is_new"]]
    rows.sort(key=lambda row: (not row["is_spoiling"], -row["events"], row["event"], row["rule"], row["property"] or ""))  # fmt: skip
    return Result(
        rows,
        {
            "rules_broken": len({(row["event"], row["rule"], row["property"]) for row in rows}),
            "event_names": len({row["event"] for row in rows}),
            "new": sum(row["is_new"] for row in rows),
            "through": last_day(scope),
        },
    )


def _rows(scope: Scope, names: list[str]) -> list[dict[str, Any]]:
    """What was broken in the asked days, with first and last time over all days, and what never arrived."""
    return scope.run(
        """
        with counted as (
            select event_name, property, rule, source, project, event_version, platform, sum(events) as events
            from event_breaks
            group by all
        ),

        begun as (
            select event_name, property, rule, min(local_date) as first_on from event_breaks group by all
        ),

        -- the events since the rule was first broken in the asked days: an older clean year would hide it
        slices as (
            select
                begun.property,
                begun.rule,
                event_slices.event_name,
                event_slices.source,
                event_slices.project,
                event_slices.platform,
                sum(event_slices.events) as events
            from event_slices
            inner join begun
                on event_slices.event_name = begun.event_name and event_slices.local_date >= begun.first_on
            group by all
        )

        select
            known.event_name as event,
            known.property,
            known.rule,
            known.mode,
            known.detail,
            known.mode != 'observe' and (known.mode = 'quarantine' or known.rule in (select unnest($spoiling::varchar[])))
                as is_spoiling,
            known.source,
            known.project,
            known.event_version,
            known.platform,
            coalesce(counted.events, 0)::bigint as events,
            counted.events / slices.events as share,
            known.first_seen_at as first_seen,
            known.last_seen_at as last_seen,
            known.example_event_ids as examples,
            dim_events.owner
        from marts.fct_event_violations as known
        left join counted
            on known.event_name = counted.event_name and known.rule = counted.rule
            and known.property is not distinct from counted.property
            and known.source is not distinct from counted.source
            and known.project is not distinct from counted.project
            and known.event_version is not distinct from counted.event_version
            and known.platform is not distinct from counted.platform
        left join slices
            on known.event_name = slices.event_name and known.rule = slices.rule
            and known.property is not distinct from slices.property
            and known.source is not distinct from slices.source
            and known.project is not distinct from slices.project
            and known.platform is not distinct from slices.platform
        left join marts.dim_events
            on known.event_name = dim_events.event_name
        where (counted.events > 0 or known.events = 0)
            and (len($names::varchar[]) = 0 or known.event_name in (select unnest($names::varchar[])))
            and ($rule::varchar is null or known.rule = $rule)
            and ($owner::varchar is null or dim_events.owner = $owner)
            and (known.events > 0 or $source::varchar is null and $project::varchar is null)
        """,
        {
            "spoiling": list(SPOILING),
            "names": names,
            "rule": scope.params["rule"],
            "owner": scope.params["owner"],
            "source": scope.params.get("source"),
            "project": scope.params.get("project"),
        },
    )


def _totals(scope: Scope) -> dict[tuple[str, str, str | None], int]:
    """Events of a name since one of its rules was first broken in the asked days."""
    rows = scope.run(
        """
        with begun as (
            select event_name, property, rule, min(local_date) as first_on from event_breaks group by all
        )

        select begun.event_name, begun.rule, begun.property, sum(event_slices.events)::bigint as events
        from begun
        inner join event_slices
            on begun.event_name = event_slices.event_name and event_slices.local_date >= begun.first_on
        group by all
        """
    )
    return {(row["event_name"], row["rule"], row["property"]): row["events"] for row in rows}


def _by_rule(
    rows: list[dict[str, Any]], totals: dict[tuple[str, str, str | None], int]
) -> list[dict[str, Any]]:
    """The places of one broken rule as one row; the worst of them are named with their share."""
    groups: dict[tuple[str, str, str | None], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["event"], row["rule"], row["property"]), []).append(row)
    found = []
    for key, parts in groups.items():
        events = sum(part["events"] for part in parts)
        parts.sort(key=lambda part: (-(part["share"] or 0.0), -part["events"]))
        found.append(
            {
                **parts[0],
                **dict.fromkeys(("source", "project", "event_version", "platform")),
                "events": events,
                "share": events / totals[key] if totals.get(key) else None,
                "first_seen": min(
                    (p["first_seen"] for p in parts if p["first_seen"]), default=None
                ),
                "last_seen": max((p["last_seen"] for p in parts if p["last_seen"]), default=None),
                "is_new": all(part["is_new"] for part in parts),
                "places": [
                    {"name": _place(part), "events": part["events"], "share": part["share"]}
                    for part in parts[:PLACES]
                ],
                "examples": [e for part in parts for e in part["examples"]][:5],
            }
        )
    return found


def _place(part: dict[str, Any]) -> str:
    named = [part["platform"] or part["source"] or "", part["event_version"] or ""]
    return " ".join(text for text in named if text)
