-- grain: one row per Zendesk ticket, as last exported; deleted ones are kept as tombstones
with

source as (

    {{ live_rows('zendesk', 'tickets', received='coalesce(generated_at, updated_at)') }}

),

renamed as (

    select
        -- ids
        ticket_id,
        'zendesk' as source,
        _project as project,
        requester_id,
        submitter_id,
        assignee_id,
        group_id,
        organization_id,
        brand_id,
        ticket_form_id,

        -- attributes
        status,
        priority,
        subject,
        coalesce(tags, '[]') as tags,
        satisfaction_score,
        via_channel as channel,
        coalesce(comments, '[]') as comments,

        -- measures
        first_reply_minutes,
        first_reply_business_minutes,
        reopens,
        replies,
        metrics is not null as has_metrics,

        -- time
        created_at,
        updated_at,
        coalesce(generated_at, updated_at, created_at) as changed_at,
        solved_at,
        coalesce(updated_at, created_at) as recorded_at

    from source

)

select * from renamed
