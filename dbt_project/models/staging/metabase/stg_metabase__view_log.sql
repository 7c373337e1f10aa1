-- grain: one row per view in Metabase
with

source as (

    {{ live_rows('metabase', 'view_log', received='viewed_at') }}

),

renamed as (

    select
        view_id,
        'metabase' as source,
        _project as project,
        user_id,
        model,
        model_id,
        context,
        coalesce(has_access, true) as has_access,
        zone = 'assumed' as is_zone_assumed,
        viewed_at,
        viewed_at as recorded_at

    from source

)

select * from renamed
