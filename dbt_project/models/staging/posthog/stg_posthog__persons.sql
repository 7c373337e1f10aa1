-- grain: one row per version of a PostHog distinct id and its person
with

source as (

    {{ live_rows('posthog', 'persons', received='inserted_at') }}

),

renamed as (

    select
        _identity as version_id,
        distinct_id,
        person_id,
        'posthog' as source,
        _project as project,
        team_id,
        person_distinct_id_version,
        person_version,
        is_deleted,
        properties,
        created_at,
        inserted_at,
        _payload_hash as payload_hash

    from source

)

select * from renamed
