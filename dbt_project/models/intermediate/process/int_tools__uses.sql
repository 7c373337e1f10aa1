-- grain: one row per use of a tool that a source shows
-- A source that only tells the day of a use gives `used_on`, not `used_at`. Scheduled runs, public
-- links, guests and failed sign-ons are no use; who is a person of the company, the roster decides,
-- by the login: an id, an address, or a name where the source knows no other.
with

rules as (

    select
        tool,
        source,
        app_id,
        label,
        coalesce(person_field, 'reporter') as person_field,
        coalesce(time_field, 'created') as time_field
    from {{ ref('stg_company__tool_usage') }}

),

sign_ins as (

    select
        actor_login,
        app_id,
        published_at
    from {{ ref('stg_okta__events') }}
    where event_type = 'user.authentication.sso' and outcome = 'SUCCESS'

),

-- without an application, signing in to Google is the use
google_events as (

    select
        actor_email,
        application,
        event_name,
        occurred_at
    from {{ ref('stg_google_workspace__events') }}

),

slack_days as (

    select
        email,
        active_on
    from {{ ref('stg_slack__member_days') }}
    where is_active and not is_guest

),

metabase_users as (

    select
        project,
        user_id,
        email
    from {{ ref('stg_metabase__core_user') }}

),

metabase_actions as (

    select
        project,
        executor_id as user_id,
        started_at as used_at
    from {{ ref('stg_metabase__query_execution') }}
    where
        context in ('ad-hoc', 'question', 'dashboard', 'collection', 'map-tiles')
        or regexp_full_match(context, '(csv|xlsx|json)-download')

    union all

    select
        project,
        user_id,
        viewed_at as used_at
    from {{ ref('stg_metabase__view_log') }}

    union all

    select
        project,
        user_id,
        occurred_at as used_at
    from {{ ref('stg_metabase__activity') }}
    where regexp_matches(topic, '^(card|dashboard|metric|segment|pulse)-')

),

looker_runs as (

    select
        user_email,
        started_at
    from {{ ref('stg_looker__history') }}
    where
        coalesce(
            issuer_source = 'User',
            started_from in ('dashboard', 'explore', 'look', 'sqlrunner', 'query', 'merge_query')
        )

),

-- a process leaves issues with its label; some exports name people where others give addresses
issues as (

    select
        source,
        json_extract_string(labels, '$[*]') as labels,
        reporter_name,
        reporter_email,
        assignee_name,
        assignee_email,
        created_at,
        updated_at,
        resolved_at
    from {{ ref('stg_jira__issues') }}

    union all by name

    select
        source,
        json_extract_string(labels, '$[*]') as labels,
        creator as reporter_name,
        assignee as assignee_name,
        created_at,
        updated_at,
        completed_at as resolved_at
    from {{ ref('stg_linear__issues') }}

),

labelled as (

    select
        rules.tool,
        case rules.person_field
            when 'reporter' then coalesce(issues.reporter_email, issues.reporter_name)
            when 'assignee' then coalesce(issues.assignee_email, issues.assignee_name)
        end as person,
        case rules.time_field
            when 'created' then issues.created_at
            when 'updated' then issues.updated_at
            when 'resolved' then issues.resolved_at
        end as used_at

    from issues
    inner join rules
        on issues.source = rules.source and list_contains(issues.labels, rules.label)

),

-- generic files: the rule's app_id names the tool as the file does, else the tool's own id
generic_uses as (

    select
        source,
        tool,
        user_email as login,
        occurred_at as used_at,
        cast(null as date) as used_on
    from {{ ref('stg_usage__events') }}

    union all by name

    select
        source,
        tool,
        user_email as login,
        occurred_at as used_at,
        cast(null as date) as used_on
    from {{ ref('stg_mode__events') }}

    union all by name

    -- the last active day of a list counts where the list has no count of active days
    select
        source,
        tool,
        login,
        case when last_active_at != date_trunc('day', last_active_at) then last_active_at end
            as used_at,
        cast(last_active_at as date) as used_on
    from {{ ref('int_tools__seats') }}
    where last_active_at is not null and days_active is null

),

-- what people ask in this product, on its pages or in a terminal
asks as (

    select
        who,
        logged_at
    from {{ ref('stg_question_log__entries') }}
    where kind = 'asked' and {{ is_interactive('channel') }} and who != 'unknown'

),

uses as (

    select
        rules.tool,
        sign_ins.actor_login as login,
        sign_ins.published_at as used_at,
        cast(null as date) as used_on

    from sign_ins
    inner join rules
        on rules.source = 'okta' and sign_ins.app_id = rules.app_id

    union all by name

    select
        rules.tool,
        google_events.actor_email as login,
        google_events.occurred_at as used_at

    from google_events
    inner join rules
        on
            rules.source = 'google_workspace'
            and case
                when rules.app_id is null then google_events.event_name = 'login_success'
                else google_events.application = rules.app_id
            end

    union all by name

    select
        rules.tool,
        slack_days.email as login,
        slack_days.active_on as used_on

    from slack_days
    inner join rules
        on rules.source = 'slack'

    union all by name

    select
        rules.tool,
        metabase_users.email as login,
        metabase_actions.used_at

    from metabase_actions
    inner join metabase_users
        on
            metabase_actions.project = metabase_users.project
            and metabase_actions.user_id = metabase_users.user_id
    inner join rules
        on rules.source = 'metabase'

    union all by name

    select
        rules.tool,
        looker_runs.user_email as login,
        looker_runs.started_at as used_at

    from looker_runs
    inner join rules
        on rules.source = 'looker'

    union all by name

    select
        rules.tool,
        generic_uses.login,
        generic_uses.used_at,
        case when generic_uses.used_at is null then generic_uses.used_on end as used_on

    from generic_uses
    inner join rules
        on
            generic_uses.source = rules.source
            and (
                generic_uses.source != 'usage'
                or lower(trim(generic_uses.tool)) = lower(coalesce(rules.app_id, rules.tool))
            )

    union all by name

    select
        rules.tool,
        asks.who as login,
        asks.logged_at as used_at

    from asks
    inner join rules
        on rules.source = 'question_log'

    union all by name

    select
        tool,
        person as login,
        used_at

    from labelled
    where used_at is not null

)

select
    tool,
    lower(trim(login)) as login,
    used_at,
    used_on

from uses
where nullif(trim(login), '') is not null
group by all
