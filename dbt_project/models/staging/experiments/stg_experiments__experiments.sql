-- grain: one row per experiment and project of the registry files in force
with

source as (

    {{ live_rows('experiments', 'experiments', received='cast(null as timestamp)') }}

),

renamed as (

    select
        experiment_id,
        'experiments' as source,
        _project as project,
        name,
        area,
        owner,
        status,
        coalesce(type, 'ab') as type,
        hypothesis,
        control,
        coalesce(variants, '[]') as variants,
        primary_metric,
        coalesce(secondary_metrics, '[]') as secondary_metrics,
        coalesce(guardrails, '[]') as guardrails,
        randomization_unit,
        start_date,
        end_date,
        hypothesis_written_at,
        planned_sample_size,
        planned_duration_days,
        decision,
        learning,
        coalesce(prior_experiments, '[]') as prior_experiments,
        duplicate_of,
        decision_date,
        flag_key,
        source_tool,
        link,
        coalesce(properties, '{}') as properties,
        _load_id as load_id

    from source

)

select * from renamed
