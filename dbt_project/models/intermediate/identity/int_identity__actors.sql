-- grain: one row per combination of ids that events carry
-- A few hundred thousand rows for millions of events: all that follows works on these.
with

events as (

    select
        source,
        project,
        user_id,
        device_id,
        anonymous_id,
        link_id,
        occurred_at
    from {{ ref('int_events__unioned') }}

),

combinations as (

    select
        source,
        project,
        user_id,
        device_id,
        anonymous_id,
        link_id,
        count(*) as events,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at

    from events
    group by all

),

actors as (

    select
        {{ actor_of_event() }} as actor_id,
        {{ anonymous_trace() }} as trace,
        source,
        project,
        user_id,
        device_id,
        anonymous_id,
        link_id,
        events,
        first_at,
        last_at

    from combinations

)

select * from actors
