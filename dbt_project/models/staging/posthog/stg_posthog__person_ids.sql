-- grain: one row per PostHog distinct id, with the person it belongs to now
-- Two versions decide apart: one of the belonging, one of the person's properties.
with

versions as (

    select * from {{ ref('stg_posthog__persons') }}

),

belongings as (

    select
        project,
        team_id,
        distinct_id,
        person_id,
        is_deleted,
        inserted_at
    from versions
    qualify row_number() over (
        partition by project, team_id, distinct_id
        order by
            person_distinct_id_version desc nulls last,
            person_version desc nulls last,
            person_id asc
    ) = 1

),

profiles as (

    select
        project,
        person_id,
        properties,
        created_at
    from versions
    qualify row_number() over (
        partition by project, person_id
        order by
            person_version desc nulls last,
            inserted_at desc nulls last,
            payload_hash desc,
            version_id asc
    ) = 1

),

persons as (

    select
        belongings.distinct_id,
        belongings.person_id,
        'posthog' as source,
        belongings.project,
        belongings.team_id,
        belongings.is_deleted,
        belongings.inserted_at,
        coalesce(profiles.properties, '{}') as properties,
        profiles.created_at

    from belongings
    left join profiles
        on
            belongings.project = profiles.project
            and belongings.person_id = profiles.person_id

)

select * from persons
