-- grain: one row per comment on a Zendesk ticket, wherever an export holds it
-- Comments come as records of their own, inside ticket events and inside tickets. The same comment
-- may come by all three ways; the one that tells most is kept.
with

comments as (

    select
        source,
        project,
        ticket_id,
        comment_id,
        author_id,
        is_public,
        body,
        commented_at
    from {{ ref('stg_zendesk__comments') }}

),

events as (

    select
        source,
        project,
        ticket_id,
        updater_id,
        occurred_at,
        unnest(json_extract(child_events, '$[*]')) as child
    from {{ ref('stg_zendesk__ticket_events') }}

),

in_events as (

    select
        source,
        project,
        ticket_id,
        json_extract_string(child, '$.id') as comment_id,
        coalesce(json_extract_string(child, '$.author_id'), updater_id) as author_id,
        try_cast(
            coalesce(
                json_extract_string(child, '$.public'),
                json_extract_string(child, '$.comment_public')
            ) as boolean
        ) as is_public,
        json_extract_string(child, '$.body') as body,
        occurred_at as commented_at

    from events
    where
        coalesce(json_extract_string(child, '$.event_type'), json_extract_string(child, '$.type'))
        = 'Comment'

),

tickets as (

    select
        source,
        project,
        ticket_id,
        created_at,
        unnest(json_extract(comments, '$[*]')) as child
    from {{ ref('stg_zendesk__tickets') }}

),

in_tickets as (

    select
        source,
        project,
        ticket_id,
        json_extract_string(child, '$.id') as comment_id,
        json_extract_string(child, '$.author_id') as author_id,
        try_cast(json_extract_string(child, '$.public') as boolean) as is_public,
        json_extract_string(child, '$.body') as body,
        coalesce(
            timezone('UTC', try_cast(json_extract_string(child, '$.created_at') as timestamptz)),
            created_at
        ) as commented_at

    from tickets

),

everywhere as (

    select * from comments
    union all by name
    select * from in_events
    union all by name
    select * from in_tickets

),

told_once as (

    select
        source,
        project,
        ticket_id,
        comment_id,
        author_id,
        is_public,
        body,
        commented_at

    from everywhere
    where comment_id is not null
    qualify
        row_number() over (
            partition by project, ticket_id, comment_id
            order by
                case when is_public is null then 1 else 0 end,
                case when body is null then 1 else 0 end,
                commented_at,
                body
        ) = 1

)

select * from told_once
