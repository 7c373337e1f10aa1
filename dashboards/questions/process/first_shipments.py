"""What stands behind K5: how long those who joined in a period took to a first feature or experiment, and how many still wait."""

from __future__ import annotations

from typing import Any

from dashboards.engine.kpi_steps import as_tables, bounds, keep_large_groups
from dashboards.engine.scope import Result, Scope

MODEL = "kpi_onboarding_speed"
COUNTS = ("within_30", "within_60", "within_90", "later", "waiting", "left_without")
COHORTS = """
create or replace temp table cohorts as
select
    variant as group_of,
    cast(period_start as varchar) as name,
    count(*) as joined,
    count(*) filter (where has_shipped and days <= 30) as within_30,
    count(*) filter (where has_shipped and days > 30 and days <= 60) as within_60,
    count(*) filter (where has_shipped and days > 60 and days <= 90) as within_90,
    count(*) filter (where has_shipped and days > 90) as later,
    count(*) filter (where is_open) as waiting,
    count(*) filter (where not has_shipped and not is_open) as left_without
from kpi_in_period
where period = $period
    and ($from_on is null or period_start >= $from_on)
    and ($to_on is null or period_start < $to_on)
group by all
"""
ROWS = """
select group_of as first_of, shown_name as joined_in, cast(sum(joined) as bigint) as joined, {counts}
from cohorts
group by all
order by first_of, joined_in
"""


def answer(scope: Scope) -> Result:
    """One row per kind of first shipment and period of the start."""
    if not as_tables(scope, MODEL, "in_period"):
        return Result([], {})
    scope.run(COHORTS, bounds(scope))
    keep_large_groups(scope, "cohorts", ["joined"])
    counts = ", ".join(f"cast(sum({name}) as bigint) as {name}" for name in COUNTS)
    rows = [_told(scope, row) for row in scope.run(ROWS.format(counts=counts))]
    first = [row for row in rows if row["first_of"] == "first_ship"]
    return Result(
        rows,
        {
            "joined": sum(row["joined"] or 0 for row in first),
            "waiting": sum(row["waiting"] or 0 for row in first),
            "withheld_groups": sum(row["reason"] is not None for row in rows),
        },
    )


def _told(scope: Scope, row: dict[str, Any]) -> dict[str, Any]:
    if row["joined"] >= scope.minimum_group_size:
        return row | {"reason": None}
    reason = f"fewer than {scope.minimum_group_size} people"
    return row | {"joined": None, "reason": reason} | dict.fromkeys(COUNTS)
