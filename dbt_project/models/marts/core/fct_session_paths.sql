-- grain: one row per session with an event that is counted
-- How the session began: its first events, the same one again and again told once. Each row knows
-- when the session of that person before it began that took the same first steps: whether it is
-- the first of a stretch of time is told by the row, so that people are counted without telling
-- them apart. Sorted by time: questions read a range of it.
{{ config(
    materialized='incremental',
    unique_key='session_id',
    scope='person_key',
) }}

{% set keys %}
    select person_key from {{ changes_of(ref('fct_events')) }}
{% endset %}
{{ told_anew(keys) }}

with

events as (

    select
        session_id,
        person_key,
        event_name,
        occurred_at,
        event_id
    from {{ ref('fct_events') }}
    where session_id is not null and left_out_because is null and {{ in_scope('person_key') }}

),

-- the first event of each run of the same event
runs as (

    select
        *,
        row_number() over (partition by session_id order by occurred_at, event_id) as place
    from (
        select
            *,
            lag(event_name) over (
                partition by session_id
                order by occurred_at, event_id
            ) as name_before
        from events
    ) as following
    where name_before is distinct from event_name

),

steps as (

    select
        session_id,
        max(event_name) filter (where place = 1) as event_1,
        max(event_name) filter (where place = 2) as event_2,
        max(event_name) filter (where place = 3) as event_3
    from runs
    where place <= 3
    group by all

),

sessions as (

    select
        session_id,
        person_key,
        counted_from_at,
        counted_to_at
    from {{ ref('fct_sessions') }}
    where counted_from_at is not null and {{ in_scope('person_key') }}

),

begun as (

    select
        sessions.*,
        steps.event_1,
        steps.event_2,
        steps.event_3

    from sessions
    inner join steps
        on sessions.session_id = steps.session_id

),

followed as (

    select
        *,
        lag(counted_from_at) over (
            partition by person_key
            order by counted_from_at, session_id
        ) as previous_at,
        lag(counted_from_at) over (
            partition by person_key, event_1
            order by counted_from_at, session_id
        ) as previous_1_at,
        lag(counted_from_at) over (
            partition by person_key, event_1, event_2
            order by counted_from_at, session_id
        ) as previous_2_at,
        lag(counted_from_at) over (
            partition by person_key, event_1, event_2, event_3
            order by counted_from_at, session_id
        ) as previous_3_at
    from begun

)

select * from followed
order by counted_from_at, session_id
