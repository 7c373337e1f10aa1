-- grain: one row per activity in an older Metabase
with

source as (

    {{ live_rows('metabase', 'activity', received='occurred_at') }}

),

renamed as (

    select
        activity_id,
        'metabase' as source,
        _project as project,
        user_id,
        topic,
        model,
        model_id,
        database_id,
        table_id,
        coalesce(details, '{}') as details,
        zone = 'assumed' as is_zone_assumed,
        occurred_at,
        occurred_at as recorded_at

    from source

)

select * from renamed
