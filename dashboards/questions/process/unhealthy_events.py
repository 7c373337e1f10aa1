"""What stands behind K6: the event names of a period, those that lower the share most first."""

from __future__ import annotations

from dashboards.engine.kpi_steps import as_tables, bounds
from dashboards.engine.scope import Result, Scope

MODEL = "kpi_taxonomy_health"
ROWS = """
select
    period_start,
    event_name as event,
    area,
    cast(events as bigint) as events,
    cast(coalesce(valid_events, 0) as bigint) as planned_and_valid,
    cast(events - coalesce(valid_events, 0) as bigint) as not_healthy,
    cast(events - coalesce(owned_events, 0) as bigint) as without_owner,
    cast(sunset_events as bigint) as deprecated_seen,
    valid_events is null as is_unplanned,
    (events - coalesce(valid_events, 0)) / sum(events) over (partition by period_start) as takes_off
from kpi_in_period
where period = $period
    and ($from_on is null or period_start >= $from_on)
    and ($to_on is null or period_start < $to_on)
order by period_start desc, not_healthy desc, events desc, event
"""


def answer(scope: Scope) -> Result:
    """One row per period and event name, the latest period first."""
    if not as_tables(scope, MODEL, "in_period"):
        return Result([], {})
    rows = scope.run(ROWS, bounds(scope))
    return Result(
        rows,
        {
            "events": sum(row["events"] for row in rows),
            "not_healthy": sum(row["not_healthy"] for row in rows),
            "names": len({row["event"] for row in rows}),
        },
    )
