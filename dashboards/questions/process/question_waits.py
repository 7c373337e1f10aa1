"""What stands behind K1: product managers' questions by question, by area, or by how long they took."""

from __future__ import annotations

from typing import Any

from dashboards.engine.kpi_steps import as_tables, bounds, keep_large_groups
from dashboards.engine.scope import Result, Scope
from dashboards.engine.statistics import wilson

MODEL = "kpi_data_access_time"
# The promise is 15:00, so one of the borders is.
WAITS = """
case
    when kpi_in_period.is_pending then 'may still change'
    when not kpi_in_period.is_answered then 'no answer yet'
    when seconds <= 60 then 'up to 1 min'
    when seconds <= 300 then '1–5 min'
    when seconds <= 900 then '5–15 min'
    when seconds <= 3600 then '15–60 min'
    when seconds <= 14400 then '1–4 hours'
    when seconds <= 86400 then '4–24 hours'
    else 'over 1 day'
end
"""
ORDER = (
    "up to 1 min",
    "1–5 min",
    "5–15 min",
    "15–60 min",
    "1–4 hours",
    "4–24 hours",
    "over 1 day",
    "no answer yet",
    "may still change",
)
GROUPS = {"question": "asked.question", "area": "coalesce(people.area, 'without an area')"}
EPISODES = """
create or replace temp table episodes as
with asked as (
    select episode_id, min(question) as question
    from kpi_pm_asks
    group by all
)
select
    kpi_in_period.period_start as group_of,
    {name} as name,
    kpi_in_period.person_id,
    kpi_in_period.is_pending,
    kpi_in_period.is_in_time,
    kpi_in_period.is_answered,
    kpi_in_period.evidence,
    kpi_in_period.has_ticket
from kpi_in_period
inner join asked
    on kpi_in_period.episode_id = asked.episode_id
left join marts.dim_people as people
    on kpi_in_period.person_id = people.person_id
where kpi_in_period.period = $period
    and ($from_on is null or kpi_in_period.period_start >= $from_on)
    and ($to_on is null or kpi_in_period.period_start < $to_on)
"""
SIZES = """
create or replace temp table episode_groups as
select group_of, name, count(distinct person_id) as people from episodes group by all
"""
ROWS = """
select
    episodes.group_of as period_start,
    episode_groups.shown_name as name,
    count(distinct episodes.person_id) as people,
    count(*) as questions,
    count(*) filter (where not episodes.is_pending) as settled,
    count(*) filter (where not episodes.is_pending and episodes.is_in_time) as in_time,
    count(*) filter (where not episodes.is_pending and episodes.is_in_time and episodes.evidence = 'confirmed') as confirmed,
    count(*) filter (where not episodes.is_pending and episodes.is_in_time and episodes.evidence = 'inferred') as inferred,
    count(*) filter (where not episodes.is_pending and not episodes.is_in_time) as late,
    count(*) filter (where not episodes.is_pending and not episodes.is_answered) as unanswered,
    count(*) filter (where episodes.is_pending) as pending,
    count(*) filter (where episodes.has_ticket) as tickets
from episodes
inner join episode_groups
    on episodes.group_of = episode_groups.group_of and episodes.name = episode_groups.name
group by all
order by period_start, late desc, questions desc, name
"""
COUNTS = ("questions", "settled", "in_time", "confirmed", "inferred", "late", "unanswered", "pending", "tickets")  # fmt: skip


def answer(scope: Scope) -> Result:
    """One row per period and group, those with most late questions first."""
    if not as_tables(scope, MODEL, "pm_asks", "in_period"):
        return Result([], {})
    group = scope.params["group"]
    scope.run(EPISODES.format(name=GROUPS.get(group, WAITS)), bounds(scope))
    scope.run(SIZES)
    if group == "wait":  # how long a question took names nobody
        scope.run("alter table episode_groups add column shown_name varchar")
        scope.run("update episode_groups set shown_name = name")
    else:
        keep_large_groups(scope, "episode_groups", ["people"])
    rows = [_told(scope, row) for row in scope.run(ROWS)]
    if group == "wait":
        rows.sort(key=lambda row: (row["period_start"], ORDER.index(row["name"])))
    total = {name: sum(row[name] or 0 for row in rows) for name in COUNTS}
    return Result(rows, total | {"withheld_groups": sum(row["questions"] is None for row in rows)})


def _told(scope: Scope, row: dict[str, Any]) -> dict[str, Any]:
    """The row with its rate; without its numbers where it is of fewer people than may be shown."""
    if scope.params["group"] == "wait":
        return row | {"people": None}
    if row["people"] < scope.minimum_group_size:
        return {"period_start": row["period_start"], "name": row["name"], "reason": f"fewer than {scope.minimum_group_size} people"} | dict.fromkeys(COUNTS)  # fmt: skip
    if not row["settled"]:
        return row
    low, high = wilson(row["in_time"], row["settled"]) or (None, None)
    return row | {"rate": row["in_time"] / row["settled"], "ci_low": low, "ci_high": high}
