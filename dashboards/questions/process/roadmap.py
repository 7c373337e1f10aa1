"""Roadmap (K8): what is planned, on what evidence, in the order of RICE, with the reach counted where it can be."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import nearest
from dashboards.engine.conditions import Fragment
from dashboards.engine.scope import EVENT_COLUMNS, Result, Scope

FRESH_DAYS = 30


def answer(scope: Scope) -> Result:
    """One row per item, the highest score first."""
    items = _items(scope)
    counted = _counted(scope, items)
    rows = [_row(scope, item, counted.get(item["roadmap_item_id"])) for item in items]
    rows.sort(key=lambda row: (row["rice"] is None, -(row["rice"] or 0), str(row["end_on"] or "9"), row["item_id"]))  # fmt: skip
    for position, row in enumerate(rows, 1):
        row["position"] = position
    _caveats(scope, items)
    return Result(
        rows,
        {
            "items": len(rows),
            "with_evidence": sum(_has_evidence(row) for row in rows),
            "with_rice": sum(row["rice"] is not None for row in rows),
            "with_counted_reach": sum(row["reach_from"] == "counted" for row in rows),
            "first": rows[0]["item_id"] if rows else None,
        },
    )


def _items(scope: Scope) -> list[dict[str, Any]]:
    found = scope.run(
        """
        select
            roadmap_item_id, item_id, title_redacted as title, area, status, timeframe, start_on, end_on, reach,
            is_reach_stated, is_reach_counted, reach_kind, reach_name, impact, confidence, effort_months, rice_per_person,
            rice_problem, feedback_links as feedback, known_experiment_links as experiments, metric_links as metrics, updated_at
        from marts.dim_roadmap_items
        where stage = $stage
            and ($project is null or project = $project)
            and ($source is null or source = $source)
            and (not $as_of_given or created_at is null or created_at < $as_of)
            and ($from_on is null or coalesce(end_on, start_on) >= $from_on)
            and ($to_on is null or coalesce(start_on, end_on) < $to_on)
        """,
        {
            "stage": scope.params["stage"],
            "project": scope.params.get("project"),
            "source": scope.params.get("source"),
            "as_of_given": scope.as_of_given,
            "as_of": scope.as_of,
            "from_on": scope.calendar.to_local(scope.from_at).date() if scope.from_at else None,
            "to_on": scope.calendar.to_local(scope.to_at).date() if scope.to_at else None,
        },
    )
    area, areas = scope.params["area"], sorted({item["area"] for item in found if item["area"]})
    if area is not None and area not in areas:
        raise BadParameter(
            f"no item of the roadmap has the area `{area[:60]}`; the nearest is `{nearest(area, areas)}`"
            if areas
            else "no item of the roadmap has an area"
        )
    return [item for item in found if area is None or item["area"] == area]


def _counted(scope: Scope, items: list[dict[str, Any]]) -> dict[str, int]:
    """People behind the metric of each item that names one, in the days before the as-of instant."""
    asked = [item for item in items if item["is_reach_counted"]]
    if not asked:
        return {}
    names = {kind: [i["reach_name"] for i in asked if i["reach_kind"] == kind] for kind in ("event", "feature")}  # fmt: skip
    all_active = any(item["reach_kind"] == "active_users" for item in asked)
    value_feature = "case when fct_events.is_value_event then fct_events.feature end"
    scope.events(
        {
            **{
                name: Fragment(EVENT_COLUMNS[name])
                for name in ("person", "event_name", "is_active")
            },  # fmt: skip
            "feature": Fragment(value_feature),
        },
        only=Fragment(
            f"list_contains(?::varchar[], fct_events.event_name) or list_contains(?::varchar[], {value_feature}) or (? and fct_events.is_active_event)",
            (names["event"], names["feature"], all_active),
        ),
        since=scope.as_of - timedelta(days=scope.params["reach_days"]),
        counted={"events": "count(*)"},
    )
    rows = scope.run(
        """
        with asked as (
            select unnest(?::varchar[]) as item, unnest(?::varchar[]) as kind, unnest(?::varchar[]) as name
        )
        select asked.item, count(distinct scoped_events.person) as people
        from asked
        left join scoped_events
            on case asked.kind
                when 'active_users' then scoped_events.is_active
                when 'event' then scoped_events.event_name = asked.name
                else scoped_events.feature = asked.name
            end
        group by all
        """,
        [[i[key] for i in asked] for key in ("roadmap_item_id", "reach_kind", "reach_name")],
    )
    return {row["item"]: row["people"] for row in rows}


def _row(scope: Scope, item: dict[str, Any], people: int | None) -> dict[str, Any]:
    reach = item["reach"] if people is None else float(people)
    scored = reach is not None and item["rice_per_person"] is not None
    source = "counted" if people is not None else "stated" if item["is_reach_stated"] else "guessed"
    updated = item["updated_at"]
    row = {
        **{name: item[name] for name in ("item_id", "title", "area", "status", "timeframe", "start_on", "end_on", "impact", "confidence", "effort_months", "feedback", "experiments", "metrics")},
        "rice": reach * item["rice_per_person"] if scored else None,
        "reach": reach,
        "reach_from": source if reach is not None else None,
        "updated_on": scope.calendar.to_local(updated).date() if updated else None,
    }  # fmt: skip
    return {**row, "lacks": _lacks(scope, item, row, updated)}


def _lacks(
    scope: Scope, item: dict[str, Any], row: dict[str, Any], updated: datetime | None
) -> str | None:
    """What keeps the item from being in order, in words."""
    missing = [name for name in ("reach", "impact", "confidence", "effort_months") if row[name] is None]  # fmt: skip
    found = [] if _has_evidence(row) else ["no evidence"]
    if item["rice_problem"]:
        found.append(item["rice_problem"])
    elif missing:
        found.append(f"no RICE: {', '.join(missing).replace('_months', '')} is missing")
    elif row["reach_from"] == "guessed":
        found.append("its reach is guessed")
    if updated is None or updated < scope.as_of - timedelta(days=FRESH_DAYS):
        found.append(f"not updated in {FRESH_DAYS} days")
    return "; ".join(found) or None


def _has_evidence(row: dict[str, Any]) -> bool:
    return bool(row["feedback"] or row["experiments"] or row["metrics"])


def _caveats(scope: Scope, items: list[dict[str, Any]]) -> None:
    if not items:
        scope.caveat("No item of the roadmap fits; deliver it as the source `roadmap`.")
    through = scope.published.data_through
    changed = [i for i in items if i["updated_at"] and i["updated_at"] >= scope.as_of]
    if scope.as_of_given and through and scope.as_of < through and changed:
        scope.caveat(f"{len(changed)} items were changed after that day, and a roadmap has no history: they stand as they are now.")  # fmt: skip
