"""Process ledger: what each ritual or template saves and costs, from the SQL of K10 as of the asked instant."""

from __future__ import annotations

from dashboards.engine.scope import Result, Scope

MODEL = "kpi_impact_ledger"
LEDGER = """
with readings as (
    select
        split_part(variant, ':', 1) as reading,
        split_part(variant, ':', 2) as evidence,
        split_part(variant, ':', 3) as process,
        period_start, status, n, 60 * value as minutes, 60 * ci_low as low, 60 * ci_high as high, reason
    from asked_ledger
    where period = $period and period_start < $as_of
), latest as (
    select * from readings
    where status != 'pending'
    qualify dense_rank() over (partition by evidence, process order by period_start desc) = 1
)
select
    latest.process,
    tools.name,
    latest.evidence,
    latest.period_start,
    max(n) as people,
    max(minutes) filter (where reading = 'saved') as minutes_saved,
    max(minutes) filter (where reading = 'costs') as minutes_cost,
    max(minutes) filter (where reading = 'net') as minutes_net,
    max(low) filter (where reading = 'net') as net_low,
    max(high) filter (where reading = 'net') as net_high,
    case
        when minutes_net is null then null
        when net_low > 0 then 'faster'
        when net_high < 0 then 'slower'
        else 'no difference shown'
    end as makes_pms,
    max(reason) filter (where reading = 'net') as reason
from latest
inner join marts.dim_tools as tools on latest.process = tools.tool
group by latest.process, tools.name, latest.evidence, latest.period_start
order by minutes_net nulls last, latest.process, latest.evidence
"""


def answer(scope: Scope) -> Result:
    """One row per process and evidence, those that cost most first."""
    model = (scope.published.definitions.get("models") or {}).get(MODEL) or {}
    sql = model.get("compiled_sql")
    if not sql:
        scope.caveat("This version has no impact ledger (K10): it was built before there was one.")
        return Result([], {})
    scope.run("set variable as_of = $as_of::timestamp", {"as_of": scope.as_of})
    scope.run(f"create or replace temp table asked_ledger as\n{sql.strip().rstrip(';')}")
    rows = scope.run(
        LEDGER,
        {"period": scope.params["period"], "as_of": scope.calendar.to_local(scope.as_of)},
    )
    return Result(
        rows,
        {
            "processes": len({row["process"] for row in rows}),
            "slower": sum(row["makes_pms"] == "slower" for row in rows),
        },
    )
