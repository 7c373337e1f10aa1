-- grain: one row per Intercom part that was exported as a record of its own
with

source as (

    {{ live_rows('intercom', 'conversation_parts', received='coalesce(updated_at, created_at)') }}

),

renamed as (

    select
        -- ids
        part_id,
        'intercom' as source,
        _project as project,
        conversation_id,
        author_id,

        -- attributes
        part_type,
        author_type,
        body,

        -- time
        created_at

    from source

)

select * from renamed
