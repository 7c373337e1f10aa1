-- grain: one row per source and project of timed records that are not product events
-- Asks by nobody in particular are left out: looking at an answer must not move the instant the
-- data reaches to. So are times that people type (interviews, seats, Airtable): one wrong year
-- would move it for good.
{% set logged = [
    'stg_productboard__notes', 'stg_productboard__features',
    'stg_canny__posts', 'stg_canny__votes', 'stg_canny__comments', 'stg_canny__status_changes',
    'stg_gong__calls',
    'stg_metabase__query_execution', 'stg_metabase__view_log', 'stg_metabase__activity',
    'stg_looker__history', 'stg_mode__events', 'stg_usage__events',
    'stg_google_workspace__activities', 'stg_slack__member_days',
    'stg_jira__issues', 'stg_linear__issues', 'stg_github__releases',
    'stg_google_calendar__events', 'stg_toggl__entries', 'stg_clockify__entries',
] %}
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

statsig_exposures as (

    select
        source,
        project,
        exposed_at as recorded_at
    from {{ ref('stg_statsig__exposures') }}

),

outcomes as (

    select
        source,
        project,
        occurred_at as recorded_at
    from {{ ref('stg_outcomes__outcomes') }}

),

logged_by_tools as (
    {% for model in logged %}
        select
            source,
            project,
            recorded_at
        from {{ ref(model) }}
        {%- if not loop.last %}
            union all by name
        {%- endif %}
    {% endfor %}
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
    select * from statsig_exposures
    union all by name
    select * from outcomes
    union all by name
    select * from logged_by_tools

)

select
    source,
    project,
    max(recorded_at) as last_event_at

from records
group by all
