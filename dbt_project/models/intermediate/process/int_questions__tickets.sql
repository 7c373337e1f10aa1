-- grain: one row per ticket that asks for data
-- data_access.yml says which tickets these are, and which label names the standard question.
with

issues as (

    select
        source,
        project,
        issue_id as ticket_id,
        project_key,
        json_extract_string(labels, '$[*]') as labels,
        reporter_email as email,
        lower(trim(reporter_name)) as person_name,
        created_at,
        resolved_at
    from {{ ref('stg_jira__issues') }}

    union all by name

    select
        source,
        project,
        issue_id as ticket_id,
        team as project_key,
        json_extract_string(labels, '$[*]') as labels,
        case when contains(creator, '@') then creator end as email,
        case when not contains(creator, '@') then creator end as person_name,
        created_at,
        completed_at as resolved_at
    from {{ ref('stg_linear__issues') }}

),

rules as (

    select * from {{ ref('stg_company__data_requests') }}

),

requests as (

    select
        issues.*,
        rules.question_label_prefix as prefix

    from issues
    inner join rules
        on
            issues.source = rules.source
            and coalesce(issues.project_key = rules.project_key, rules.project_key is null)
            and (rules.label is null or coalesce(list_contains(issues.labels, rules.label), false))
    where issues.created_at is not null

),

-- of several questions on one ticket the first in the alphabet is its question
named as (

    select
        *,
        list_min(list_transform(
            list_filter(labels, lambda tag: starts_with(tag, prefix) and tag != prefix),
            lambda tag: substr(tag, length(prefix) + 1)
        )) as question
    from requests

)

select
    source,
    project,
    ticket_id,
    min(email) as email,
    min(person_name) as person_name,
    min(question) as question,
    min(created_at) as created_at,
    min(resolved_at) as resolved_at

from named
group by all
