"""What stands behind K4: hours of process work in each week, by category, with the weeks that the change compares."""

from __future__ import annotations

from typing import Any

from dashboards.engine.kpi_steps import as_tables, bounds
from dashboards.engine.scope import Result, Scope

MODEL = "kpi_process_efficiency"
CATEGORIES = ("status_updates", "data_requests", "tool_configuration", "meeting_coordination")
ROWS = """
with last_four as (
    select evidence, week_start_on
    from kpi_recent_weeks
    where period = $period
        and ($from_on is null or period_start >= $from_on)
        and ($to_on is null or period_start < $to_on)
    qualify dense_rank() over (partition by evidence order by period_start desc) = 1
)
select
    weeks.evidence,
    weeks.week_start_on,
    case
        when baseline_weeks.week_start_on is not null then 'baseline'
        when last_four.week_start_on is not null then 'last four'
    end as part,
    count(*) as employed,
    count(*) filter (where weeks.is_covered) as people,
    avg(weeks.all_four) filter (where weeks.is_covered) as hours,
    {categories}
from kpi_covered_weeks as weeks
left join kpi_baseline_weeks as baseline_weeks
    on weeks.evidence = baseline_weeks.evidence and weeks.week_start_on = baseline_weeks.week_start_on
left join last_four
    on weeks.evidence = last_four.evidence and weeks.week_start_on = last_four.week_start_on
group by all
order by weeks.evidence, weeks.week_start_on
"""


def answer(scope: Scope) -> Result:
    """One row per kind of evidence and week that is over."""
    if not as_tables(scope, MODEL, "covered_weeks", "baseline_weeks", "recent_weeks"):
        return Result([], {})
    categories = ",\n    ".join(f"avg(weeks.{name}) filter (where weeks.is_covered) as {name}" for name in CATEGORIES)  # fmt: skip
    rows = [_told(scope, row) for row in scope.run(ROWS.format(categories=categories), bounds(scope))]  # fmt: skip
    return Result(
        rows,
        {
            "weeks": len(rows),
            "baseline_from": min((row["week_start_on"] for row in rows if row["part"] == "baseline"), default=None),
            "withheld_weeks": sum(row["hours"] is None for row in rows),
        },
    )  # fmt: skip


def _told(scope: Scope, row: dict[str, Any]) -> dict[str, Any]:
    """The row with its coverage; without hours where fewer people have evidence than may be shown."""
    row = row | {"coverage": row["people"] / row["employed"], "reason": None}
    if row["people"] < scope.minimum_group_size:
        reason = f"fewer than {scope.minimum_group_size} people with evidence"
        row |= {"hours": None, "reason": reason} | dict.fromkeys(CATEGORIES)
    return row
