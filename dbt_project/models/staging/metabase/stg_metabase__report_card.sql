-- grain: one row per saved question of Metabase, as last exported
with

source as (

    {{ live_rows('metabase', 'report_card', received='updated_at') }}

),

renamed as (

    select
        card_id,
        'metabase' as source,
        _project as project,
        name,
        creator_id,
        collection_id,
        database_id,
        table_id,
        display,
        query_type,
        coalesce(is_archived, false) as is_archived,
        created_at,
        updated_at

    from source

)

select * from renamed
