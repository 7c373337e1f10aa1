-- grain: one row per Zendesk ticket with a metric set, as last exported
with

source as (

    {{ live_rows('zendesk', 'ticket_metrics', received='coalesce(generated_at, updated_at)') }}

),

renamed as (

    select
        -- ids
        ticket_id,
        'zendesk' as source,
        _project as project,

        -- measures
        reopens,
        replies,
        reply_time_calendar_minutes as first_reply_minutes,
        reply_time_business_minutes as first_reply_business_minutes,
        first_resolution_time_calendar_minutes as first_resolution_minutes,
        full_resolution_time_calendar_minutes as full_resolution_minutes,
        requester_wait_time_calendar_minutes as requester_wait_minutes,
        agent_wait_time_calendar_minutes as agent_wait_minutes,
        on_hold_time_calendar_minutes as on_hold_minutes,

        -- time
        created_at,
        solved_at,
        coalesce(generated_at, updated_at, created_at) as changed_at

    from source

)

select * from renamed
