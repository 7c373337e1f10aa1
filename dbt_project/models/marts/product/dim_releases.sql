-- grain: one row per source, project and release that is out
-- What a person may mean by "since the March release".
with

settings as (

    select timezone from {{ ref('dim_settings') }}

),

github as (

    select
        source,
        project,
        tag as release,
        max(published_at) as published_at

    from {{ ref('stg_github__releases') }}
    where
        published_at is not null
        and not coalesce(is_draft, false)
        and nullif(trim(tag), '') is not null
    group by all

),

jira as (

    select
        source,
        project,
        name as release,
        max(release_on) as released_on

    from {{ ref('stg_jira__versions') }}
    where is_released and release_on is not null and nullif(trim(name), '') is not null
    group by all

),

declared as (

    select
        'company' as source,
        'default' as project,
        release,
        released_on,
        feature

    from {{ ref('stg_company__releases') }}

),

released as (

    select
        github.source,
        github.project,
        github.release,
        cast({{ local_time('github.published_at', 'settings.timezone') }} as date) as released_on

    from github
    cross join settings

    union all by name

    select * from jira

    union all by name

    select * from declared

)

select
    source,
    project,
    release,
    feature,
    released_on

from released
