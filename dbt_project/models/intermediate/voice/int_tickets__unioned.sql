-- grain: one row per ticket of any support tool
-- Tickets that were deleted or merged, and conversations that the company began, are marked: they
-- are no requests, but a tombstone must stay visible to whoever asks for it.
with

tickets as (

    select *
    from {{ ref('stg_zendesk__tickets') }}

),

times as (

    select * from {{ ref('int_tickets__zendesk_times') }}

),

conversations as (

    select *
    from {{ ref('stg_intercom__conversations') }}

),

conversation_times as (

    select * from {{ ref('int_tickets__conversation_times') }}

),

zendesk as (

    select
        tickets.ticket_id,
        tickets.source,
        tickets.project,
        tickets.requester_id,
        tickets.organization_id,
        tickets.status,
        tickets.priority,
        tickets.channel,
        tickets.tags,
        tickets.subject,
        case
            when
                times.rated_at > tickets.changed_at
                or not coalesce(regexp_matches(tickets.satisfaction_score, '^(good|bad)'), false)
                then coalesce(times.rating, tickets.satisfaction_score)
            else tickets.satisfaction_score
        end as rating,
        coalesce(tickets.status in ('solved', 'closed'), false) as is_solved,
        coalesce(
            tickets.status = 'deleted'
            or list_contains(json_extract_string(tickets.tags, '$[*]'), 'closed_by_merge'),
            false
        ) as is_left_out,
        tickets.created_at,
        tickets.updated_at,
        coalesce(
            tickets.first_reply_minutes,
            times.first_reply_minutes,
            {{ minutes_between('tickets.created_at', 'times.first_reply_at') }}
        ) as first_reply_minutes,
        tickets.has_metrics
        or coalesce(times.tells_replies, false)
        or coalesce(tickets.first_reply_minutes is not null, false) as tells_replies,
        coalesce(tickets.solved_at, times.solved_at) as solved_at,
        coalesce(tickets.reopens, times.reopens, 0) as reopens,
        tickets.recorded_at

    from tickets
    left join times
        on
            tickets.project = times.project
            and tickets.ticket_id = times.ticket_id

),

intercom as (

    select
        conversations.conversation_id as ticket_id,
        conversations.source,
        conversations.project,
        conversations.contact_id as requester_id,
        cast(null as varchar) as organization_id,
        conversations.state as status,
        conversations.priority,
        conversations.channel,
        conversations.tags,
        conversations.subject,
        case
            when conversations.rating >= 4 then 'good'
            when conversations.rating is not null then 'bad'
        end as rating,
        coalesce(conversations.state = 'closed', false) as is_solved,
        coalesce(
            conversations.delivered_as in (
                'campaigns_initiated', 'operator_initiated', 'automated', 'admin_initiated'
            ),
            false
        )
        or coalesce(conversations.author_type in ('admin', 'bot', 'team'), false) as is_left_out,
        conversations.created_at,
        conversations.updated_at,
        {{ minutes_between('conversations.created_at', 'conversation_times.first_reply_at') }}
            as first_reply_minutes,
        true as tells_replies,
        conversation_times.closed_at as solved_at,
        coalesce(conversations.reopens, 0) as reopens,
        conversations.recorded_at

    from conversations
    inner join conversation_times
        on
            conversations.project = conversation_times.project
            and conversations.conversation_id = conversation_times.conversation_id

),

unioned as (

    select * from zendesk
    union all by name
    select * from intercom

)

select * from unioned
