-- grain: one row per source and project of timed records that are not product events
-- Asks by nobody in particular are left out: looking at an answer must not move the instant the
-- data reaches to.
with

tickets as (

    select
        source,
        project,
        recorded_at
    from {{ ref('int_tickets__unioned') }}

),

responses as (

    select
        source,
        project,
        recorded_at
    from {{ ref('int_surveys__unioned') }}

),

log_events as (

    select
        source,
        project,
        published_at as recorded_at
    from {{ ref('stg_okta__events') }}

),

entries as (

    select
        source,
        project,
        logged_at as recorded_at
    from {{ ref('stg_question_log__entries') }}
    where who != 'unknown'

),

exposures as (

    select
        source,
        project,
        exposed_at as recorded_at
    from {{ ref('stg_exposures__exposures') }}

),

outcomes as (

    select
        source,
        project,
        occurred_at as recorded_at
    from {{ ref('stg_outcomes__outcomes') }}

),

records as (

    select * from tickets
    union all by name
    select * from responses
    union all by name
    select * from log_events
    union all by name
    select * from entries
    union all by name
    select * from exposures
    union all by name
    select * from outcomes

)

select
    source,
    project,
    max(recorded_at) as last_event_at

from records
group by all
