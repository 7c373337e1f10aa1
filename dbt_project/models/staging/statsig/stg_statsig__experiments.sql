-- grain: one row per Statsig experiment, as last changed
with

source as (

    {{ live_rows('statsig', 'experiments', received='modified_at') }}

),

renamed as (

    select
        experiment_id as tool_id,
        'statsig' as source,
        _project as project,
        name,
        description,
        hypothesis,
        status,
        experiment_type,
        id_type as randomization_unit,
        coalesce(groups, '[]') as groups,
        allocation_percent,
        planned_duration_days,
        launched_group_id,
        decision_reason,
        coalesce(primary_metrics, '[]') as primary_metrics,
        coalesce(secondary_metrics, '[]') as secondary_metrics,
        owner_name,
        creator_email,
        health_check_status,
        created_at,
        modified_at,
        start_at,
        end_at,
        decided_at

    from source

)

select * from renamed
