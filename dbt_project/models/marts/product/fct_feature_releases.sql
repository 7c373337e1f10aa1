-- grain: one row per feature item and release that it is out with, or without a release until then
-- Which items are features, and whose, delivery.yml says.
with

rules as (

    select * from {{ ref('stg_company__delivery_features') }}

),

jira_issues as (

    select
        source,
        project,
        issue_id,
        issue_key,
        project_key,
        lower(trim(issue_type)) as issue_type,
        json_extract_string(labels, '$[*]') as labels,
        json_extract_string(fix_versions, '$[*]') as fix_versions,
        {{ redacted('summary') }} as title_redacted,
        assignee_email,
        lower(trim(assignee_name)) as assignee_name,
        reporter_email,
        lower(trim(reporter_name)) as reporter_name,
        created_at
    from {{ ref('stg_jira__issues') }}

),

linear_issues as (

    select
        source,
        project,
        coalesce(uuid, issue_id) as issue_id,
        issue_id as issue_key,
        team as project_key,
        cast(null as varchar) as issue_type,
        json_extract_string(labels, '$[*]') as labels,
        {{ redacted('title') }} as title_redacted,
        assignee,
        creator,
        milestone,
        created_at
    from {{ ref('stg_linear__issues') }}

),

items as (

    select
        jira_issues.source,
        jira_issues.project,
        jira_issues.issue_id,
        jira_issues.issue_key,
        jira_issues.project_key,
        jira_issues.title_redacted,
        jira_issues.created_at,
        case rules.owner_field
            when 'reporter' then jira_issues.reporter_email else jira_issues.assignee_email
        end as owner_email,
        case rules.owner_field
            when 'reporter' then jira_issues.reporter_name else jira_issues.assignee_name
        end as owner_name,
        jira_issues.fix_versions as releases

    from jira_issues
    inner join rules
        on jira_issues.source = rules.source and {{ takes_item('rules', 'jira_issues') }}

    union

    select
        linear_issues.source,
        linear_issues.project,
        linear_issues.issue_id,
        linear_issues.issue_key,
        linear_issues.project_key,
        linear_issues.title_redacted,
        linear_issues.created_at,
        cast(null as varchar) as owner_email,
        case rules.owner_field
            when 'reporter' then linear_issues.creator else linear_issues.assignee
        end as owner_name,
        [linear_issues.milestone] as releases

    from linear_issues
    inner join rules
        on linear_issues.source = rules.source and {{ takes_item('rules', 'linear_issues') }}

),

names as (

    select * from {{ ref('dim_person_names') }}

),

owned as (

    select
        items.source,
        items.project,
        items.issue_id,
        items.issue_key,
        items.project_key,
        items.title_redacted,
        items.created_at,
        coalesce(by_address.person_id, by_name.person_id) as owner_person_id,
        list_transform(items.releases, lambda name: {{ release_key('name') }}) as release_keys

    from items
    left join names as by_address
        on items.owner_email = by_address.written_name
    left join names as by_name
        on items.owner_name = by_name.written_name

),

released as (

    select
        release_id,
        release,
        release_key,
        project_key,
        released_on,
        released_at
    from {{ ref('fct_releases') }}
    where released_at is not null

),

people as (

    select
        person_id,
        area
    from {{ ref('dim_people') }}

)

select
    concat_ws('|', owned.source, owned.project, owned.issue_id) as item_id,
    owned.source,
    owned.project,
    owned.issue_key as item_key,
    owned.title_redacted,
    owned.owner_person_id,
    people.area,
    released.release_id,
    released.release,
    released.released_on,
    released.released_at,
    owned.created_at

from owned
left join released
    on
        list_contains(owned.release_keys, released.release_key)
        and coalesce(owned.project_key = released.project_key, true)
left join people
    on owned.owner_person_id = people.person_id
-- two rules may take one item, and name different owners: the first one by name
qualify row_number() over (
    partition by owned.source, owned.project, owned.issue_id, released.release_id
    order by owned.owner_person_id nulls last
) = 1
