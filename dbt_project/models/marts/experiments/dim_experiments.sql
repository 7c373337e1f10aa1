-- grain: one row per experiment and project
with

experiments as (

    select * from {{ ref('int_experiments__registered') }}

)

select
    experiment_id,
    project,
    coalesce(name, experiment_id) as name,
    area,
    owner,
    status,
    type,
    hypothesis,
    control,
    variants,
    primary_metric,
    secondary_metrics,
    guardrails,
    randomization_unit,
    start_date,
    end_date,
    hypothesis_written_at,
    planned_sample_size,
    planned_duration_days,
    decision,
    decided_on,
    is_decided_on_end,
    learning,
    prior_experiments,
    nullif(trim(duplicate_of), '') as duplicate_of,
    source

from experiments
