-- grain: one row per Intercom conversation, as last exported
with

source as (

    {{ live_rows('intercom', 'conversations', received='coalesce(updated_at, created_at)') }}

),

renamed as (

    select
        -- ids
        conversation_id,
        'intercom' as source,
        _project as project,
        coalesce(contact_external_id, contact_id) as contact_id,
        author_id,
        admin_assignee_id,
        team_assignee_id,

        -- attributes
        state,
        priority,
        source_type as channel,
        delivered_as,
        author_type,
        coalesce(
            nullif(trim(title), ''),
            nullif(trim(source_subject), ''),
            nullif(trim(regexp_replace(source_body, '<[^>]*>', ' ', 'g')), '')
        ) as subject,
        coalesce(tags, '[]') as tags,
        rating,
        rating_remark,
        coalesce(parts, '[]') as parts,

        -- measures
        reopens,
        time_to_admin_reply_seconds,
        time_to_last_close_seconds,

        -- time
        created_at,
        updated_at,
        first_admin_reply_at,
        last_close_at,
        coalesce(updated_at, created_at) as recorded_at

    from source

)

select * from renamed
