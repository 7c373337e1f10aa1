-- grain: one row per event of an item of the activity report
with

activities as (

    select
        activity_id,
        source,
        project,
        application,
        actor_email,
        actor_id,
        occurred_at,
        json_extract(events, '$[*]') as events
    from {{ ref('stg_google_workspace__activities') }}

),

unnested as (

    select
        activity_id,
        source,
        project,
        application,
        actor_email,
        actor_id,
        occurred_at,
        generate_subscripts(events, 1) as event_number,
        unnest(events) as event

    from activities

)

select
    activity_id,
    event_number,
    source,
    project,
    application,
    actor_email,
    actor_id,
    json_extract_string(event, '$.type') as event_type,
    json_extract_string(event, '$.name') as event_name,
    coalesce(json_extract(event, '$.parameters'), '[]') as parameters,
    occurred_at

from unnested
