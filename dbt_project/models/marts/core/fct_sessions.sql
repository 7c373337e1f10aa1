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

vendor_sessions as (

    select session_id
    from {{ ref('int_sessions__event_sessions') }}
    where rule = 'vendor'
    group by all

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

),

ruled as (

    select
        sessions.*,
        case when vendor_sessions.session_id is null then 'gap' else 'vendor' end as rule

    from sessions
    left join vendor_sessions
        on sessions.session_id = vendor_sessions.session_id

)

select * from ruled
