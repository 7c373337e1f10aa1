-- grain: one row per roadmap item of the lists in force
with

source as (

    {{ live_rows('roadmap', 'items', received='updated_at') }}

),

renamed as (

    select
        item_id,
        'roadmap' as source,
        _project as project,
        title,
        description,
        status,
        area,
        owner,
        url,
        parent_id,
        timeframe,
        reach,
        reach_is_measured,
        reach_metric,
        impact,
        confidence,
        effort_months,
        coalesce(feedback_ids, '[]') as feedback_ids,
        coalesce(experiment_ids, '[]') as experiment_ids,
        coalesce(metric_ids, '[]') as metric_ids,
        release,
        properties,
        start_on,
        end_on,
        created_at,
        updated_at,
        _load_id as load_id,
        _line as line

    from source

)

select * from renamed
