-- grain: one row per feature item and release that it is out with, or without a release until then
-- Which items are features, and whose, delivery.yml says. The owner is who had the item when it
-- went out, where its whole change log is there; else who has it now.
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
        coalesce(rules.owner_field, 'assignee') = 'assignee' as is_owned_by_assignee,
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
        coalesce(rules.owner_field, 'assignee') = 'assignee' as is_owned_by_assignee,
        [linear_issues.milestone] as releases

    from linear_issues
    inner join rules
        on linear_issues.source = rules.source and {{ takes_item('rules', 'linear_issues') }}

),

settings as (

    select timezone from {{ ref('dim_settings') }}

),

-- a release that is dated by the day holds until the day ends
releases as (

    select
        releases.release_id,
        releases.release,
        releases.release_key,
        releases.project_key,
        releases.released_on,
        releases.released_at,
        case releases.source
            when 'github' then releases.released_at
            else {{ start_of_day('releases.released_on + 1', 'settings.timezone') }}
        end as known_until

    from {{ ref('fct_releases') }} as releases
    cross join settings
    where releases.released_at is not null

),

shipped as (

    select
        items.*,
        concat_ws('|', items.source, items.project, items.issue_id) as item_id,
        releases.release_id,
        releases.release,
        releases.released_on,
        releases.released_at,
        releases.known_until

    from items
    left join releases
        on
            list_contains(
                list_transform(items.releases, lambda name: {{ release_key('name') }}),
                releases.release_key
            )
            and coalesce(items.project_key = releases.project_key, true)

),

-- whom it was given last before the release, else from whom the first later change took it
owners_then as (

    select
        shipped.item_id,
        shipped.release_id,
        coalesce(
            max_by({ 'id': changes.to_id, 'name': changes.to_name }, changes.position) filter (
                where changes.changed_at <= shipped.known_until
            ),
            min_by({ 'id': changes.from_id, 'name': changes.from_name }, changes.position)
        ) as owner

    from shipped
    inner join {{ ref('int_delivery__changes') }} as changes
        on shipped.item_id = changes.item_id and changes.field = 'assignee'
    where shipped.is_owned_by_assignee and shipped.release_id is not null
    group by all

),

accounts as (

    select
        assignee_id as account_id,
        min(assignee_email) as email
    from {{ ref('stg_jira__issues') }}
    where assignee_id is not null and assignee_email is not null
    group by all

),

owned as (

    select
        shipped.*,
        case when owners_then.owner is null then shipped.owner_email else accounts.email end
            as written_email,
        case when owners_then.owner is null then shipped.owner_name else owners_then.owner.name end
            as written_name

    from shipped
    left join owners_then
        on
            shipped.item_id = owners_then.item_id
            and shipped.release_id = owners_then.release_id
            and shipped.is_owned_by_assignee
    left join accounts
        on owners_then.owner.id = accounts.account_id

),

names as (

    select * from {{ ref('dim_person_names') }}

),

people as (

    select
        person_id,
        area
    from {{ ref('dim_people') }}

)

select
    owned.item_id,
    owned.source,
    owned.project,
    owned.issue_key as item_key,
    owned.title_redacted,
    people.person_id as owner_person_id,
    people.area,
    owned.release_id,
    owned.release,
    owned.released_on,
    owned.released_at,
    owned.created_at

from owned
left join names as by_address
    on lower(trim(owned.written_email)) = by_address.written_name
left join names as by_name
    on lower(trim(owned.written_name)) = by_name.written_name
left join people
    on coalesce(by_address.person_id, by_name.person_id) = people.person_id
-- two rules may take one item, and name different owners: the first one by name
qualify row_number() over (
    partition by owned.item_id, owned.release_id
    order by people.person_id nulls last
) = 1
