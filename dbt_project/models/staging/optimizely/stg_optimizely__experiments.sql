-- grain: one row per Optimizely experiment, as last changed
with

source as (

    {{ live_rows('optimizely', 'experiments', received='modified_at') }}

),

renamed as (

    select
        experiment_id as tool_id,
        key,
        'optimizely' as source,
        _project as project,
        name,
        description,
        status,
        type,
        coalesce(variations, '[]') as variations,
        coalesce(metrics, '[]') as metrics,
        traffic_allocation,
        created_at,
        modified_at,
        earliest_at,
        latest_at

    from source

)

select * from renamed
