-- grain: one row per tool or process with a source of its use
-- From when to when those sources tell days of use of anybody whom they name. Outside of it nobody
-- can say that a tool was not used. Lists that know only the last active day tell no days. What
-- logs a whole company is silent only where it was not delivered; a file of one tool, or the log of
-- questions, is silent where nobody used it.
{% set logs = [
    ('okta', 'stg_okta__events', 'published_at', 'actor_login'),
    ('google_workspace', 'stg_google_workspace__activities', 'occurred_at', 'actor_email'),
    ('looker', 'stg_looker__history', 'started_at', 'user_email'),
    ('mode', 'stg_mode__events', 'occurred_at', 'user_email'),
    ('question_log', 'stg_question_log__entries', 'logged_at', "nullif(who, 'unknown')"),
    ('jira', 'stg_jira__issues', 'created_at', 'issue_id'),
    ('jira', 'stg_jira__issues', 'coalesce(resolved_at, updated_at)', 'issue_id'),
    ('linear', 'stg_linear__issues', 'created_at', 'issue_id'),
    ('linear', 'stg_linear__issues', 'coalesce(completed_at, updated_at)', 'issue_id')
] %}
with

rules as (

    select
        tool,
        source,
        case source when 'usage' then lower(coalesce(app_id, tool)) end as listed_as
    from {{ ref('stg_company__tool_usage') }}
    group by all

),

settings as (

    select timezone from {{ ref('dim_settings') }}

),

metabase_users as (

    select
        project,
        user_id
    from {{ ref('stg_metabase__core_user') }}
    where email is not null

),

metabase_records as (

    {% for model, who, at in [
        ('query_execution', 'executor_id', 'started_at'), ('view_log', 'user_id', 'viewed_at'),
        ('activity', 'user_id', 'occurred_at')
    ] -%}
        select
            project,
            {{ who }} as user_id,
            {{ at }} as recorded_at
        from {{ ref('stg_metabase__' ~ model) }}
        {{ 'union all' if not loop.last }}

    {% endfor %}

),

logged as (

    {% for source, model, at, who in logs -%}
        select
            '{{ source }}' as source,
            cast(null as varchar) as listed_as,
            {{ at }} as recorded_at
        from {{ ref(model) }}
        where {{ who }} is not null

        union all by name

    {% endfor -%}
    select
        'usage' as source,
        lower(trim(tool)) as listed_as,
        occurred_at as recorded_at
    from {{ ref('stg_usage__events') }}
    where user_email is not null

    union all by name

    select
        'metabase' as source,
        metabase_records.recorded_at
    from metabase_records
    semi join metabase_users
        on
            metabase_records.project = metabase_users.project
            and metabase_records.user_id = metabase_users.user_id

),

-- days as a source gives them, and instants in the reporting zone
spans as (

    select
        logged.source,
        logged.listed_as,
        cast({{ local_time('min(logged.recorded_at)', 'any_value(settings.timezone)') }} as date)
            as first_on,
        cast({{ local_time('max(logged.recorded_at)', 'any_value(settings.timezone)') }} as date)
            as last_on

    from logged
    cross join settings
    where logged.recorded_at is not null
    group by all

    union all by name

    select
        'slack' as source,
        min(active_on) as first_on,
        max(active_on) as last_on
    from {{ ref('stg_slack__member_days') }}

    union all by name

    select
        source,
        min(local_date) as first_on,
        max(local_date) as last_on
    from {{ ref('fct_event_days') }}
    group by source

)

select
    rules.tool,
    string_agg(distinct rules.source, ' or ' order by rules.source) as sources,
    min(spans.first_on) as first_on,
    max(spans.last_on) as last_on,
    min(spans.first_on) filter (where spans.source not in ('usage', 'question_log'))
        as logged_from_on,
    max(spans.last_on) filter (where spans.source not in ('usage', 'question_log')) as logged_to_on

from rules
left join spans
    on
        rules.source = spans.source
        and (rules.listed_as is null or rules.listed_as = spans.listed_as)
group by rules.tool
