-- grain: one row per Metabase dashboard, as last exported
with

source as (

    {{ live_rows('metabase', 'report_dashboard', received='updated_at') }}

),

renamed as (

    select
        dashboard_id,
        'metabase' as source,
        _project as project,
        name,
        creator_id,
        collection_id,
        coalesce(is_archived, false) as is_archived,
        created_at,
        updated_at

    from source

)

select * from renamed
