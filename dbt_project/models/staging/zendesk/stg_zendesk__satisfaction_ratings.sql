-- grain: one row per Zendesk rating, as last exported; a ticket can have several
with

source as (

    {{ live_rows('zendesk', 'satisfaction_ratings', received='coalesce(updated_at, created_at)') }}

),

renamed as (

    select
        -- ids
        rating_id,
        'zendesk' as source,
        _project as project,
        ticket_id,
        requester_id,
        assignee_id,

        -- attributes
        score,
        comment,
        reason,

        -- time
        created_at as asked_at,
        coalesce(updated_at, created_at) as rated_at

    from source

)

select * from renamed
