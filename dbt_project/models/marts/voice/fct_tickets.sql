-- grain: one row per support ticket that is neither deleted nor merged into another
with

tickets as (

    select *
    from {{ ref('stg_zendesk__tickets') }}
    where
        coalesce(status, '') != 'deleted'
        and not coalesce(list_contains(json_extract_string(tags, '$[*]'), 'closed_by_merge'), false)

),

routes as (

    select * from {{ ref('int_tickets__routed') }}

),

facts as (

    select
        -- ids
        tickets.ticket_id,
        tickets.source,
        tickets.project,
        tickets.requester_id,
        tickets.organization_id,

        -- attributes
        tickets.status,
        tickets.priority,
        tickets.channel,
        tickets.tags,
        {{ redacted('tickets.subject') }} as subject_redacted,
        routes.area,
        routes.owner,
        routes.routing_rule,
        case
            when tickets.satisfaction_score like 'good%' then 'good'
            when tickets.satisfaction_score like 'bad%' then 'bad'
        end as satisfaction,
        tickets.status in ('solved', 'closed') as is_solved,

        -- measures
        tickets.first_reply_minutes,
        tickets.reopens,

        -- time
        tickets.created_at,
        tickets.solved_at

    from tickets
    left join routes
        on
            tickets.source = routes.source
            and tickets.project = routes.project
            and tickets.ticket_id = routes.ticket_id

)

-- a ticket that was reopened is open: its earlier solution does not count as resolved
select
    ticket_id,
    source,
    project,
    status,
    priority,
    channel,
    requester_id,
    organization_id,
    tags,
    subject_redacted,
    area,
    owner,
    routing_rule,
    created_at,
    first_reply_minutes,
    case when is_solved then solved_at end as solved_at,
    case when is_solved then cast(date_diff('second', created_at, solved_at) as double) / 60 end
        as resolution_minutes,
    reopens,
    satisfaction

from facts
