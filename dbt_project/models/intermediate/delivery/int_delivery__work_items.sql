-- grain: one row per work item of a project whose statuses delivery.yml gives to functions
with

rules as (

    select
        source,
        project_key
    from {{ ref('stg_company__delivery_functions') }}
    group by all

),

issues as (

    select
        concat_ws('|', source, project, issue_id) as item_id,
        source,
        project,
        project_key,
        issue_key,
        lower(trim(status)) as status,
        changelog_is_complete and created_at is not null as has_history,
        created_at,
        case when coalesce(status_category = 'done', true) then resolved_at end as finished_at
    from {{ ref('stg_jira__issues') }}

    union all by name

    select
        concat_ws('|', source, project, coalesce(uuid, issue_id)) as item_id,
        source,
        project,
        team as project_key,
        issue_id as issue_key,
        lower(trim(status)) as status,
        changelog_is_complete and created_at is not null as has_history,
        created_at,
        completed_at as finished_at
    from {{ ref('stg_linear__issues') }}

)

select issues.*
from issues
where exists (
    select 1 from rules
    where
        rules.source = issues.source
        and coalesce(rules.project_key = issues.project_key, rules.project_key is null)
)
