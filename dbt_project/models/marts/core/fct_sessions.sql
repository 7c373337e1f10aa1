-- grain: one row per session
with

events as (

    select
        session_id,
        person_key,
        source,
        project,
        occurred_at,
        local_date,
        is_internal
    from {{ ref('fct_events') }}
    where session_id is not null

),

sessions as (

    select
        session_id,
        person_key,
        source,
        project,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        count(*) as events,
        min(local_date) as local_date,
        bool_or(is_internal) as is_internal

    from events
    group by session_id, person_key, source, project

)

select * from sessions
