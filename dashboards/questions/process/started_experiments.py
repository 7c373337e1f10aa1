"""What stands behind K2: each entry of the registry, whether it counts as started, and whether it cites what was learnt before."""

from __future__ import annotations

from dashboards.engine.kpi_steps import as_tables, bounds
from dashboards.engine.scope import Result, Scope

MODEL = "kpi_experiment_velocity"
ROWS = """
with entries as (
    select
        registry.*,
        experiments.name,
        started.started_local,
        coalesce(started.started_local, cast(registry.start_date as timestamp)) as stands_on
    from kpi_registry as registry
    inner join marts.dim_experiments as experiments
        on registry.experiment_id = experiments.experiment_id and registry.project = experiments.project
    left join kpi_started as started
        on registry.experiment_key = started.experiment_key
)
select
    cast(date_trunc($period, entries.stands_on) as date) as period_start,
    entries.experiment_id,
    entries.project,
    entries.name,
    entries.area,
    cast(entries.started_local as date) as started_on,
    concluded.end_date as concluded_on,
    entries.started_local is not null as counts,
    referencing.has_reference as cites_a_prior,
    referencing.has_structured_reference as cites_it_by_link,
    case when entries.started_local is not null then eligible.experiment_key is not null end as had_a_prior,
    case
        when referencing.is_undecided then 'a date is missing, so its reference can be neither counted nor refused'
        when entries.started_local is not null then null
        when entries.type is distinct from 'ab' then 'it is no test of two variants: ' || coalesce(entries.type, 'no type')
        when entries.duplicate_of is not null then 'a duplicate of ' || entries.duplicate_of
        when exposure_source.is_connected and first_exposures.experiment_key is null then 'nobody was exposed to it'
        else 'it has not started'
    end as reason
from entries
cross join kpi_exposure_source as exposure_source
left join kpi_concluded as concluded
    on entries.experiment_key = concluded.experiment_key
left join kpi_referencing as referencing
    on entries.experiment_key = referencing.experiment_key
left join kpi_eligible as eligible
    on entries.experiment_key = eligible.experiment_key
left join kpi_first_exposures as first_exposures
    on entries.experiment_key = first_exposures.experiment_key
where ($from_on is null or entries.stands_on >= $from_on)
    and ($to_on is null or entries.stands_on < $to_on)
qualify row_number() over (partition by entries.experiment_key order by concluded.end_date) = 1
order by counts desc, started_on desc nulls last, experiment_id
"""


def answer(scope: Scope) -> Result:
    """One row per experiment, those that count first."""
    steps = ("registry", "started", "concluded", "referencing", "eligible", "first_exposures", "exposure_source")  # fmt: skip
    if not as_tables(scope, MODEL, *steps):
        return Result([], {})
    rows = scope.run(ROWS, bounds(scope))
    counted = [row for row in rows if row["counts"]]
    return Result(
        rows,
        {
            "started": len(counted),
            "citing": sum(bool(row["cites_a_prior"]) for row in counted),
            "silent_with_a_prior": sum(bool(row["had_a_prior"]) and not row["cites_a_prior"] for row in counted),
            "left_out": len(rows) - len(counted),
        },
    )  # fmt: skip
