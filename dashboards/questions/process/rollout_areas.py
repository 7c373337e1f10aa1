"""What stands behind K3: how many product managers of each area took a tool or process up, by day 30 and by day 60."""

from __future__ import annotations

from typing import Any

from dashboards.engine.kpi_steps import as_tables, keep_large_groups
from dashboards.engine.scope import Result, Scope

MODEL = "kpi_tool_adoption"
SIZES = ("eligible", "present_30", "present_60")
COUNTS = (*SIZES, "used_by_30", "adopted", "ever_used", "habitual")
AREAS = """
create or replace temp table rollout_areas as
select
    people.tool as group_of,
    coalesce(rollouts.area, 'without an area') as name,
    count(*) as eligible,
    count(*) filter (where people.is_present_on_30) as present_30,
    count(*) filter (where people.is_present_on_60) as present_60,
    count(*) filter (where people.is_present_on_30 and people.is_user_by_30) as used_by_30,
    count(*) filter (where people.is_present_on_60 and people.is_adopter) as adopted,
    count(*) filter (where people.is_present_on_60 and people.is_user_by_60) as ever_used,
    count(*) filter (where people.is_present_on_60 and people.is_habitual) as habitual
from kpi_people as people
left join marts.fct_rollout_people as rollouts
    on people.tool = rollouts.tool and people.person_id = rollouts.person_id
where $tool is null or people.tool = $tool
group by all
"""
ROWS = """
select
    rollouts.tool,
    tools.name,
    tools.kind,
    tools.category,
    rollouts.rollout_on,
    areas.shown_name as area,
    {counts}
from kpi_rolled_out as rollouts
inner join marts.dim_tools as tools
    on rollouts.tool = tools.tool
inner join rollout_areas as areas
    on rollouts.tool = areas.group_of
group by all
order by rollouts.rollout_on desc, rollouts.tool, area
"""
# The reading of the KPI that each count is the numerator of: what the KPI does not tell, its parts do not tell either.
READINGS = {
    "adopted": "adopted_day_60",
    "ever_used": "ever_used",
    "habitual": "habitual",
    "used_by_30": "day_30",
}


def answer(scope: Scope) -> Result:
    """One row per rollout and area, the newest rollout first."""
    if not as_tables(scope, MODEL, "people", "rolled_out", "told_readings"):
        return Result([], {})
    scope.run(AREAS, {"tool": scope.params["tool"]})
    keep_large_groups(scope, "rollout_areas", SIZES)
    counts = ",\n    ".join(f"cast(sum(areas.{name}) as bigint) as {name}" for name in COUNTS)
    told = scope.run("select tool, reading, is_pending, reason from kpi_told_readings")
    readings = {(row["tool"], row["reading"]): row for row in told}
    rows = [_told(scope, row, readings) for row in scope.run(ROWS.format(counts=counts))]
    return Result(
        rows,
        {
            "rollouts": len({row["tool"] for row in rows}),
            "withheld_groups": sum(row["eligible"] is None for row in rows),
        },
    )


def _told(
    scope: Scope, row: dict[str, Any], readings: dict[tuple[str, str], dict[str, Any]]
) -> dict[str, Any]:
    """The row with what is over, seen and large enough to be told; else why not."""
    least = scope.minimum_group_size
    of = {column: readings[row["tool"], name] for column, name in READINGS.items()}
    pending = {"is_pending_30": of["used_by_30"]["is_pending"], "is_pending_60": of["adopted"]["is_pending"]}  # fmt: skip
    if any(0 < row[size] < least for size in SIZES):
        return row | pending | dict.fromkeys(COUNTS) | {"reason": f"fewer than {least} people"}
    reason = next((one["reason"] for one in of.values() if one["reason"]), None)
    hidden = [column for column, one in of.items() if one["is_pending"] or one["reason"]]
    row = row | pending | dict.fromkeys(hidden)
    share = row["adopted"] / row["present_60"] if row["adopted"] is not None and row["present_60"] else None  # fmt: skip
    not_yet = None if row["used_by_30"] is None else row["present_30"] - row["used_by_30"]
    if reason is None and pending["is_pending_60"]:
        reason = "day 60 is not over"
    return row | {"share": share, "not_yet": not_yet, "reason": reason}
