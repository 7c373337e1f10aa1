-- grain: one row per Zendesk ticket that any metric, event, comment or rating tells of
-- What the ticket itself does not say: the first reply, the last solution and the rating, from the
-- exports beside it. Zendesk's own metric goes before what is worked out from events.
with

tickets as (

    select
        project,
        ticket_id,
        requester_id,
        assignee_id,
        created_at
    from {{ ref('stg_zendesk__tickets') }}

),

metrics as (

    select
        project,
        ticket_id,
        first_reply_minutes,
        solved_at,
        reopens
    from {{ ref('stg_zendesk__ticket_metrics') }}

),

metric_events as (

    select
        project,
        ticket_id,
        arg_min(calendar_minutes, occurred_at) filter (
            where metric = 'reply_time' and event_type = 'fulfill'
        ) as first_reply_minutes,
        min(occurred_at) filter (
            where metric = 'reply_time' and event_type = 'fulfill'
        ) as first_reply_at,
        max(occurred_at) filter (
            where metric = 'resolution_time' and event_type = 'fulfill'
        ) as solved_at

    from {{ ref('stg_zendesk__metric_events') }}
    where not is_deleted
    group by all

),

comments as (

    select
        project,
        ticket_id,
        author_id,
        is_public,
        commented_at
    from {{ ref('int_tickets__comments') }}

),

-- An author is an agent who was ever assigned a ticket or wrote what only agents can read.
agents as (

    select
        project,
        assignee_id as agent_id
    from tickets
    where assignee_id is not null

    union

    select
        project,
        author_id as agent_id
    from comments
    where not is_public and author_id is not null

),

commented as (

    select
        project,
        ticket_id
    from comments
    group by all

),

-- Public words of somebody else after the creation; by whose role we know, the first reply.
replies as (

    select
        tickets.project,
        tickets.ticket_id,
        min(comments.commented_at) filter (
            where agents.agent_id is not null
        ) as first_reply_at,
        count(comments.author_id) filter (where agents.agent_id is null) as strangers

    from tickets
    inner join commented
        on
            tickets.project = commented.project
            and tickets.ticket_id = commented.ticket_id
    left join comments
        on
            tickets.project = comments.project
            and tickets.ticket_id = comments.ticket_id
            and comments.is_public
            and comments.author_id is distinct from tickets.requester_id
            and tickets.created_at < comments.commented_at
    left join agents
        on
            comments.project = agents.project
            and comments.author_id = agents.agent_id
    group by all

),

events as (

    select
        project,
        ticket_id,
        occurred_at,
        unnest(json_extract(child_events, '$[*]')) as child
    from {{ ref('stg_zendesk__ticket_events') }}

),

-- The incremental export names the field by its key, the audits by field_name and value.
solutions as (

    select
        project,
        ticket_id,
        max(occurred_at) as solved_at

    from events
    where
        json_extract_string(child, '$.status') = 'solved'
        or (
            json_extract_string(child, '$.field_name') = 'status'
            and json_extract_string(child, '$.value') = 'solved'
        )
    group by all

),

ratings as (

    select
        project,
        ticket_id,
        max_by(score, row(rated_at, rating_id)) as score,
        max(rated_at) as rated_at

    from {{ ref('stg_zendesk__satisfaction_ratings') }}
    group by all

),

known as (

    select
        project,
        ticket_id
    from metrics
    union
    select
        project,
        ticket_id
    from metric_events
    union
    select
        project,
        ticket_id
    from replies
    union
    select
        project,
        ticket_id
    from solutions
    union
    select
        project,
        ticket_id
    from ratings

),

times as (

    select
        known.project,
        known.ticket_id,
        metrics.first_reply_minutes,
        metric_events.first_reply_minutes as event_reply_minutes,
        coalesce(metric_events.first_reply_at, replies.first_reply_at) as first_reply_at,
        coalesce(metrics.solved_at, metric_events.solved_at, solutions.solved_at) as solved_at,
        metrics.reopens,
        metrics.ticket_id is not null
        or metric_events.ticket_id is not null
        or coalesce(replies.first_reply_at is not null or replies.strangers = 0, false)
            as tells_replies,
        ratings.score as rating,
        ratings.rated_at

    from known
    left join metrics
        on
            known.project = metrics.project
            and known.ticket_id = metrics.ticket_id
    left join metric_events
        on
            known.project = metric_events.project
            and known.ticket_id = metric_events.ticket_id
    left join replies
        on
            known.project = replies.project
            and known.ticket_id = replies.ticket_id
    left join solutions
        on
            known.project = solutions.project
            and known.ticket_id = solutions.ticket_id
    left join ratings
        on
            known.project = ratings.project
            and known.ticket_id = ratings.ticket_id

)

select
    project,
    ticket_id,
    cast(coalesce(first_reply_minutes, event_reply_minutes) as double) as first_reply_minutes,
    first_reply_at,
    solved_at,
    reopens,
    tells_replies,
    rating,
    rated_at

from times
