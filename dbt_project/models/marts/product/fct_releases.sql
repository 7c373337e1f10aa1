-- grain: one row per release that is out or planned
-- A version that a delivery tool and a repository both know is one release, told by the repository.
-- `dim_releases` has what a person may mean, this has what is counted and judged. Where
-- delivery.yml names the tools that know the releases, only those are read; releases.yml always is.
with

settings as (

    select timezone from {{ ref('dim_settings') }}

),

rules as (

    select source from {{ ref('stg_company__delivery_releases') }}

),

github as (

    select
        source,
        project,
        tag as release,
        {{ release_key('tag') }} as release_key,
        min(published_at) as released_at

    from {{ ref('stg_github__releases') }}
    where
        not is_draft
        and published_at is not null
        and nullif(trim(tag), '') is not null
        and (source in (select rules.source from rules) or not exists (select 1 from rules))
    group by all

),

versions as (

    select
        source,
        project,
        project_key,
        name as release,
        {{ release_key('name') }} as release_key,
        is_released,
        max(release_on) as release_on

    from {{ ref('stg_jira__versions') }}
    where nullif(trim(name), '') is not null
    group by all

),

jira as (

    select
        versions.source,
        versions.project,
        versions.project_key,
        versions.release,
        versions.release_key,
        {{ start_of_day('versions.release_on', 'settings.timezone') }} as released_at,
        versions.release_on as released_on

    from versions
    cross join settings
    anti join github
        on versions.release_key = github.release_key
    where
        versions.is_released
        and versions.release_on is not null
        and (
            versions.source in (select rules.source from rules)
            or not exists (select 1 from rules)
        )

),

company_files as (

    select
        'company' as source,
        'default' as project,
        release,
        {{ release_key('release') }} as release_key,
        feature,
        released_on,
        planned_on,
        is_checklist_complete
    from {{ ref('stg_company__releases') }}

),

declared as (

    select
        company_files.source,
        company_files.project,
        company_files.release,
        company_files.release_key,
        company_files.feature,
        {{ start_of_day('company_files.released_on', 'settings.timezone') }} as released_at,
        company_files.released_on

    from company_files
    cross join settings
    anti join github
        on company_files.release_key = github.release_key
    anti join jira
        on company_files.release_key = jira.release_key

),

released as (

    select
        github.source,
        github.project,
        github.release,
        github.release_key,
        github.released_at,
        cast({{ local_time('github.released_at', 'settings.timezone') }} as date) as released_on

    from github
    cross join settings

    union all by name

    select * from jira

    union all by name

    select * from declared

),

-- a release is planned for the day on which the last of its roadmap items is
plans as (

    select
        release_key,
        planned_on,
        'releases.yml' as planned_by,
        1 as preference
    from company_files
    where planned_on is not null

    union all

    select
        {{ release_key('release') }} as release_key,
        max(end_on) as planned_on,
        'roadmap' as planned_by,
        2 as preference
    from {{ ref('stg_roadmap__items') }}
    where nullif(trim(release), '') is not null and end_on is not null
    group by all

    union all

    select
        release_key,
        max(release_on) as planned_on,
        'jira' as planned_by,
        3 as preference
    from versions
    where not is_released and release_on is not null
    group by all

),

best_plans as (

    select
        release_key,
        planned_on,
        planned_by
    from plans
    qualify row_number() over (partition by release_key order by preference) = 1

),

calendar as (

    select
        released.source,
        released.project,
        released.project_key,
        released.release,
        released.release_key,
        released.feature,
        released.released_at,
        released.released_on,
        best_plans.planned_on,
        best_plans.planned_by

    from released
    left join best_plans
        on released.release_key = best_plans.release_key

    union all by name

    select
        best_plans.planned_by as source,
        'default' as project,
        best_plans.release_key as release,
        best_plans.release_key,
        best_plans.planned_on,
        best_plans.planned_by

    from best_plans
    anti join released
        on best_plans.release_key = released.release_key

),

issues as (

    select
        issue_id,
        project,
        project_key,
        lower(trim(issue_type)) as issue_type,
        json_extract_string(labels, '$[*]') as labels,
        unnest(json_extract_string(fix_versions, '$[*]')) as fix_version,
        coalesce(status_category = 'done', resolved_at is not null) as is_done,
        resolved_at
    from {{ ref('stg_jira__issues') }}

),

checklist_items as (

    select distinct
        issues.project,
        issues.issue_id,
        issues.is_done,
        {{ release_key('issues.fix_version') }} as release_key,
        cast({{ local_time('issues.resolved_at', 'settings.timezone') }} as date) as resolved_on

    from issues
    cross join settings
    inner join {{ ref('stg_company__delivery_checklists') }} as checklists
        on checklists.source = 'jira' and {{ takes_item('checklists', 'issues') }}

),

-- an item that was done after the release had been open when it went out
checked as (

    select
        calendar.source,
        calendar.project,
        calendar.project_key,
        calendar.release,
        count(*) as checklist_items,
        count(*) filter (
            where checklist_items.is_done
            and coalesce(checklist_items.resolved_on <= calendar.released_on, true)
        ) as checklist_items_done

    from calendar
    inner join checklist_items
        on calendar.release_key = checklist_items.release_key
    group by all

)

select
    concat_ws(
        '|', calendar.source, calendar.project, calendar.project_key, calendar.release
    ) as release_id,
    calendar.source,
    calendar.project,
    calendar.project_key,
    calendar.release,
    calendar.release_key,
    calendar.feature,
    calendar.planned_by,
    coalesce(checked.checklist_items, 0) as checklist_items,
    coalesce(checked.checklist_items_done, 0) as checklist_items_done,
    coalesce(
        company_files.is_checklist_complete,
        checked.checklist_items = checked.checklist_items_done
    ) as is_checklist_complete,
    calendar.planned_on,
    calendar.released_on,
    calendar.released_at

from calendar
left join checked
    on
        calendar.source = checked.source
        and calendar.project = checked.project
        and calendar.release = checked.release
        and calendar.project_key is not distinct from checked.project_key
left join company_files
    on calendar.release_key = company_files.release_key
qualify row_number() over (
    partition by calendar.source, calendar.project, calendar.project_key, calendar.release
    order by company_files.release
) = 1
