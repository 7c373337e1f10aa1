-- grain: one row per Zendesk ticket, as last exported; deleted ones are kept as tombstones
with

source as (

    {{ live_rows('zendesk', 'tickets', received='coalesce(generated_at, updated_at)') }}

),

renamed as (

    select
        ticket_id,
        'zendesk' as source,
        _project as project,
        status,
        priority,
        subject,
        requester_id,
        assignee_id,
        group_id,
        organization_id,
        brand_id,
        ticket_form_id,
        coalesce(tags, '[]') as tags,
        satisfaction_score,
        via_channel as channel,
        created_at,
        updated_at,
        first_reply_minutes,
        solved_at,
        coalesce(reopens, 0) as reopens,
        coalesce(updated_at, created_at) as recorded_at

    from source

)

select * from renamed
