-- grain: one row per view of something in a BI tool that answers a standard question
-- One view runs many queries: all runs of a person, a dashboard (or a card) and a minute are one.
-- It is seen when the last of them is done, and is complete when none failed. Only what people
-- open or download is a view; data_access.yml says what answers which question.
with

answers as (

    select
        source,
        question,
        case
            when dashboard_id is not null then 'dashboard:' || dashboard_id
            else 'card:' || coalesce(card_id, report)
        end as shown

    from {{ ref('stg_company__data_answers') }}
    where question is not null

),

metabase_users as (

    select
        project,
        user_id,
        email
    from {{ ref('stg_metabase__core_user') }}

),

metabase_runs as (

    select
        runs.source,
        runs.project,
        runs.executor_id as viewer,
        metabase_users.email,
        'dashboard:' || runs.dashboard_id as dashboard,
        'card:' || runs.card_id as card,
        runs.started_at,
        runs.answered_at,
        runs.has_failed

    from {{ ref('stg_metabase__query_execution') }} as runs
    left join metabase_users
        on runs.project = metabase_users.project and runs.executor_id = metabase_users.user_id
    where
        runs.context in ('dashboard', 'question')
        or regexp_full_match(runs.context, '(csv|xlsx|json)-download')

),

looker_runs as (

    select
        source,
        project,
        coalesce(user_email, user_id) as viewer,
        user_email as email,
        'dashboard:' || dashboard_id as dashboard,
        'card:' || look_id as card,
        started_at,
        coalesce(
            completed_at,
            started_at + to_milliseconds(cast(1000 * coalesce(runtime_seconds, 0) as bigint))
        ) as answered_at,
        has_failed or coalesce(status, 'complete') = 'killed' as has_failed

    from {{ ref('stg_looker__history') }}
    where started_from in ('dashboard', 'look') and coalesce(issuer_source, 'User') = 'User'

),

mode_runs as (

    select
        source,
        project,
        user_email as viewer,
        user_email as email,
        'card:' || asset_id as card,
        occurred_at as started_at,
        occurred_at + to_milliseconds(cast(coalesce(duration_ms, 0) as bigint)) as answered_at,
        coalesce(lower(status) in ('failed', 'error', 'cancelled'), false) as has_failed

    from {{ ref('stg_mode__events') }}

),

runs as (

    select * from metabase_runs
    union all by name
    select * from looker_runs
    union all by name
    select * from mode_runs

),

-- a dashboard that is declared speaks for its cards
on_dashboards as (

    select
        runs.*,
        answers.shown,
        answers.question

    from runs
    inner join answers
        on runs.source = answers.source and runs.dashboard = answers.shown

),

on_cards as (

    select
        runs.*,
        answers.shown,
        answers.question

    from runs
    inner join answers
        on runs.source = answers.source and runs.card = answers.shown
    where not exists (
        select 1
        from answers as dashboards
        where runs.source = dashboards.source and runs.dashboard = dashboards.shown
    )

),

shown_runs as (

    select * from on_dashboards
    union all by name
    select * from on_cards

)

select
    source,
    project,
    concat_ws('|', source, coalesce(viewer, ''), shown, question, date_trunc('minute', started_at))
        as view_id,
    max(email) as email,
    question,
    min(started_at) as seen_from_at,
    max(answered_at) as answered_at,
    not bool_or(has_failed) as complete

from shown_runs
group by all
