-- grain: one row per experiment that a tool tells of
-- A key that a tool used several times names the last experiment that started under it; earlier
-- ones carry their own id behind it, and exposures go to the one that ran then.
with

told as (

    select * from {{ ref('int_experiments__growthbook_entries') }}
    union all by name
    select * from {{ ref('int_experiments__launchdarkly_entries') }}
    union all by name
    select * from {{ ref('int_experiments__optimizely_entries') }}
    union all by name
    select * from {{ ref('int_experiments__posthog_entries') }}
    union all by name
    select * from {{ ref('int_experiments__statsig_entries') }}

),

-- owners are told by address; a mart holds the person's key
addresses as (

    select
        lower(email) as email,
        person_id
    from {{ ref('stg_company__people') }}
    union all
    select
        lower(email) as email,
        person_id
    from {{ ref('stg_people__people') }}

),

people as (

    select
        email,
        min(person_id) as person_id
    from addresses
    where email is not null
    group by all

),

owned as (

    select
        told.*,
        coalesce(told.owner, people.person_id) as owner_id

    from told
    left join people
        on told.owner_email = people.email

),

ordered as (

    select
        *,
        row_number() over latest_first as rank_in_key,
        lag(start_at) over latest_first as next_start_at,
        row_number() over (
            partition by source, project, exposure_key order by start_at nulls last, tool_id
        ) as rank_from_first

    from owned
    window latest_first as (
        partition by source, project, exposure_key order by start_at desc nulls last, tool_id desc
    )

),

named as (

    select
        * exclude (
            rank_in_key, next_start_at, rank_from_first, owner, owner_email, owner_id
        ),
        owner_id as owner,
        case
            when rank_in_key = 1 then exposure_key else exposure_key || '/' || tool_id
        end as experiment_id,
        case
            when rank_from_first = 1 then timestamp '0001-01-01'
            else coalesce(start_at, timestamp '9999-12-31')
        end as exposed_from_at,
        coalesce(next_start_at, timestamp '9999-12-31') as exposed_to_at

    from ordered

)

select * from named
