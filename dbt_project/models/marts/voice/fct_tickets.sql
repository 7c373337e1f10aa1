-- grain: one row per support ticket that a customer began and that was neither deleted nor merged
with

tickets as (

    select *
    from {{ ref('int_tickets__unioned') }}
    where not is_left_out

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
            when tickets.rating like 'good%' then 'good'
            when tickets.rating like 'bad%' then 'bad'
        end as satisfaction,
        tickets.is_solved,
        tickets.tells_replies,

        -- measures
        tickets.first_reply_minutes,
        tickets.reopens,

        -- time
        tickets.created_at,
        tickets.updated_at,
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
    is_solved,
    tells_replies,
    created_at,
    updated_at,
    first_reply_minutes,
    case when is_solved then solved_at end as solved_at,
    case when is_solved then cast(date_diff('second', created_at, solved_at) as double) / 60 end
        as resolution_minutes,
    reopens,
    satisfaction

from facts
