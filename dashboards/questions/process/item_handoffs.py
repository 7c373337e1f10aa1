"""What stands behind K9's handoffs: finished work items, those that came back most first."""

from __future__ import annotations

from dashboards.engine.kpi_steps import as_tables, bounds
from dashboards.engine.scope import Result, Scope

MODEL = "kpi_release_cadence"
ROWS = """
select
    cast(date_trunc($period, ways.finished_local) as date) as period_start,
    items.item_key,
    items.project_key,
    cast(ways.finished_local as date) as finished_on,
    if(ways.has_history, ways.handoffs, null) as handoffs,
    if(ways.has_history, ways.bounces, null) as bounces,
    if(ways.has_history, ways.days_between, null) as days_between,
    ways.product_days,
    ways.design_days,
    ways.engineering_days,
    ways.go_to_market_days
from kpi_item_ways as ways
inner join marts.fct_work_items as items
    on ways.item_id = items.item_id
where ($from_on is null or ways.finished_local >= $from_on)
    and ($to_on is null or ways.finished_local < $to_on)
order by bounces desc nulls last, handoffs desc nulls last, days_between desc nulls last, items.item_key
"""


def answer(scope: Scope) -> Result:
    """One row per item that was finished in the range."""
    if not as_tables(scope, MODEL, "item_ways"):
        return Result([], {})
    rows = scope.run(ROWS, bounds(scope))
    return Result(
        rows,
        {
            "items": len(rows),
            "with_history": sum(row["handoffs"] is not None for row in rows),
            "came_back": sum(bool(row["bounces"]) for row in rows),
        },
    )
