-- grain: one row per Productboard note, as last exported
with

source as (

    {{ live_rows('productboard', 'notes', received='updated_at') }}

),

renamed as (

    select
        note_id,
        'productboard' as source,
        _project as project,
        type,
        title,
        content,
        {{ plain_text('content') }} as content_text,
        owner_id,
        owner_email,
        creator_id,
        creator_email,
        source_system,
        source_record_id,
        coalesce(tags, '[]') as tags,
        coalesce(relationships, '[]') as relationships,
        coalesce(has_all_relationships, true) as has_all_relationships,
        coalesce(is_archived, false) as is_archived,
        coalesce(is_processed, false) as is_processed,
        url,
        created_at,
        updated_at,
        coalesce(updated_at, created_at) as recorded_at

    from source

)

select * from renamed
