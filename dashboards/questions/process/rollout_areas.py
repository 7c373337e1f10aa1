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
    rollouts.is_measured,
    cast(rollouts.rollout_on + 31 as timestamp) > instant.as_of_local as is_pending_30,
    cast(rollouts.rollout_on + 61 as timestamp) > instant.as_of_local as is_pending_60,
    {counts}
from kpi_rolled_out as rollouts
cross join kpi_instant as instant
inner join marts.dim_tools as tools
    on rollouts.tool = tools.tool
inner join rollout_areas as areas
    on rollouts.tool = areas.group_of
group by all
order by rollouts.rollout_on desc, rollouts.tool, area
"""


def answer(scope: Scope) -> Result:
    """One row per rollout and area, the newest rollout first."""
    if not as_tables(scope, MODEL, "people", "rolled_out", "instant"):
        return Result([], {})
    scope.run(AREAS, {"tool": scope.params["tool"]})
    keep_large_groups(scope, "rollout_areas", SIZES)
    counts = ",\n    ".join(f"cast(sum(areas.{name}) as bigint) as {name}" for name in COUNTS)
    rows = [_told(scope, row) for row in scope.run(ROWS.format(counts=counts))]
    return Result(
        rows,
        {
            "rollouts": len({row["tool"] for row in rows}),
            "withheld_groups": sum(row["reason"] is not None and row["eligible"] is None for row in rows),
        },
    )  # fmt: skip


def _told(scope: Scope, row: dict[str, Any]) -> dict[str, Any]:
    """The row with what is over and large enough to be told; else why not."""
    least = scope.minimum_group_size
    if any(0 < row[size] < least for size in SIZES):
        return row | dict.fromkeys(COUNTS) | {"reason": f"fewer than {least} people"}
    reason = None
    if not row["is_measured"]:
        row, reason = row | dict.fromkeys(COUNTS[3:]), "no source shows the use of this tool"
    if row["is_pending_60"]:
        row |= dict.fromkeys(("adopted", "ever_used", "habitual"))
        reason = reason or "day 60 is not over"
    if row["is_pending_30"]:
        row |= {"used_by_30": None}
    share = row["adopted"] / row["present_60"] if row["adopted"] is not None and row["present_60"] else None  # fmt: skip
    not_yet = None if row["used_by_30"] is None else row["present_30"] - row["used_by_30"]
    return row | {"share": share, "not_yet": not_yet, "reason": reason}
