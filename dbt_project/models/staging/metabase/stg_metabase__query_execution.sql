-- grain: one row per Metabase query run
with

source as (

    {{ live_rows('metabase', 'query_execution', received='started_at') }}

),

renamed as (

    select
        execution_id,
        'metabase' as source,
        _project as project,
        executor_id,
        card_id,
        dashboard_id,
        pulse_id,
        database_id,
        query_hash,
        coalesce(context, 'other') as context,
        coalesce(is_native, false) as is_native,
        coalesce(is_cache_hit, false) as is_cache_hit,
        coalesce(is_sandboxed, false) as is_sandboxed,
        error is not null as has_failed,
        zone = 'assumed' as is_zone_assumed,
        running_time_ms,
        result_rows,
        started_at,
        started_at + to_milliseconds(coalesce(running_time_ms, 0)) as answered_at,
        started_at as recorded_at

    from source

)

select * from renamed
