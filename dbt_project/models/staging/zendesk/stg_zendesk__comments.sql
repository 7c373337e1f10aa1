-- grain: one row per Zendesk comment that was exported as a record of its own
with

source as (

    {{ live_rows('zendesk', 'comments') }}

),

renamed as (

    select
        -- ids
        comment_id,
        'zendesk' as source,
        _project as project,
        ticket_id,
        author_id,

        -- attributes
        is_public,
        body,

        -- time
        created_at as commented_at

    from source

)

select * from renamed
