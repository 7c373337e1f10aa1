"""What stands behind K9's releases: each with its planned and its actual day and its launch checklist."""

from __future__ import annotations

from collections import Counter

from dashboards.engine.kpi_steps import as_tables, bounds
from dashboards.engine.scope import Result, Scope

MODEL = "kpi_release_cadence"
ROWS = """
with calendar as (
    select
        releases.release,
        releases.project,
        releases.planned_on,
        case when releases.is_out then releases.released_on end as released_on,
        case
            when planned.is_on_time then 'on time'
            when planned.is_pending then 'planned'
            when planned.release_id is not null and releases.is_out then 'late'
            when planned.release_id is not null then 'missed'
            else 'without a plan'
        end as state,
        case when releases.is_out then releases.checklist_items end as checklist_items,
        case when releases.is_out then releases.checklist_items_done end as checklist_items_done,
        case when releases.is_out then releases.is_checklist_complete end as is_checklist_complete
    from kpi_releases as releases
    left join kpi_planned as planned
        on releases.release_id = planned.release_id
    where releases.is_out or planned.release_id is not null
)
select
    *,
    released_on - planned_on as days_late
from calendar
where ($from_on is null or coalesce(released_on >= $from_on, false) or coalesce(planned_on >= $from_on, false))
    and ($to_on is null or coalesce(released_on < $to_on, false) or coalesce(planned_on < $to_on, false))
order by coalesce(released_on, planned_on) desc, release
"""


def answer(scope: Scope) -> Result:
    """One row per release that came out or was planned in the range, the latest first."""
    if not as_tables(scope, MODEL, "releases", "planned"):
        return Result([], {})
    given = bounds(scope)
    rows = scope.run(ROWS, {name: given[name] for name in ("from_on", "to_on")})
    states = Counter(str(row["state"]) for row in rows)
    return Result(
        rows,
        {
            "released": sum(row["released_on"] is not None for row in rows),
            "late": states["late"],
            "missed": states["missed"],
            "without_a_plan": states["without a plan"],
            "checklist_open": sum(row["is_checklist_complete"] is False for row in rows),
        },
    )
