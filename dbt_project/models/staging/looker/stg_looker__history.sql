-- grain: one row per run in Looker
with

source as (

    {{ live_rows('looker', 'history', received='created_at') }}

),

renamed as (

    select
        history_id,
        'looker' as source,
        _project as project,
        user_id,
        lower(trim(user_email)) as user_email,
        role_name,
        dashboard_id,
        look_id,
        query_id,
        query_model,
        query_explore,
        source.source as started_from,
        issuer_source,
        result_source,
        status,
        coalesce(status = 'error', false) as has_failed,
        zone = 'assumed' as is_zone_assumed,
        export_rows in (500, 5000, 100000) as is_export_maybe_cut,
        runtime_seconds,
        created_at as started_at,
        completed_at,
        created_at as recorded_at

    from source

)

select * from renamed
