-- grain: one row per Intercom conversation
-- Wall clock times: Intercom's own durations leave out-of-office time out, so they only stand in
-- where neither the statistics nor the parts tell the moment.
with

conversations as (

    select
        project,
        conversation_id,
        parts,
        created_at,
        first_admin_reply_at,
        last_close_at,
        time_to_admin_reply_seconds,
        time_to_last_close_seconds
    from {{ ref('stg_intercom__conversations') }}

),

held_parts as (

    select
        project,
        conversation_id,
        unnest(json_extract(parts, '$[*]')) as part
    from conversations

),

parts as (

    select
        project,
        conversation_id,
        json_extract_string(part, '$.part_type') as part_type,
        json_extract_string(part, '$.author.type') as author_type,
        json_extract_string(part, '$.body') as body,
        coalesce(
            make_timestamp(try_cast(json_extract_string(part, '$.created_at') as bigint) * 1000000),
            timezone('UTC', try_cast(json_extract_string(part, '$.created_at') as timestamptz))
        ) as created_at

    from held_parts

    union all by name

    select
        project,
        conversation_id,
        part_type,
        author_type,
        body,
        created_at
    from {{ ref('stg_intercom__conversation_parts') }}

),

-- A teammate's words in a part of any type are a reply, unless they are a note to teammates.
moments as (

    select
        project,
        conversation_id,
        min(created_at) filter (
            where author_type = 'admin' and coalesce(body, '') != '' and part_type not like '%note%'
        ) as first_reply_at,
        max(created_at) filter (where part_type = 'close') as closed_at

    from parts
    group by all

),

times as (

    select
        conversations.project,
        conversations.conversation_id,
        coalesce(
            conversations.first_admin_reply_at,
            moments.first_reply_at,
            conversations.created_at
            + to_seconds(conversations.time_to_admin_reply_seconds)
        ) as first_reply_at,
        coalesce(
            conversations.last_close_at,
            moments.closed_at,
            conversations.created_at
            + to_seconds(conversations.time_to_last_close_seconds)
        ) as closed_at

    from conversations
    left join moments
        on
            conversations.project = moments.project
            and conversations.conversation_id = moments.conversation_id

)

select * from times
