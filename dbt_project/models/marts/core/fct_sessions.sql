-- grain: one row per session
-- Sorted by time: questions read a range of it. What is counted leaves out the events that no
-- answer counts; where none is left, `counted_from_at` is null.
{{ config(
    materialized='incremental',
    unique_key='session_id',
    scope='session_id',
) }}

{% set keys %}
    select session_id from {{ changes_of(ref('fct_events')) }}
{% endset %}
{{ told_anew(keys) }}

with

events as (

    select
        session_id,
        person_key,
        source,
        project,
        occurred_at,
        local_at,
        local_date,
        is_internal,
        left_out_because
    from {{ ref('fct_events') }}
    where session_id is not null and {{ in_scope('session_id') }}

),

vendor_sessions as (

    select session_id
    from {{ ref('int_sessions__event_sessions') }}
    where rule = 'vendor' and {{ in_scope('session_id') }}
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
        bool_or(is_internal) as is_internal,
        count(*) filter (where left_out_because is null) as counted_events,
        min(occurred_at) filter (where left_out_because is null) as counted_from_at,
        max(occurred_at) filter (where left_out_because is null) as counted_to_at,
        min_by(local_at, occurred_at) filter (where left_out_because is null)
            as counted_from_local_at

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
order by started_at, session_id
