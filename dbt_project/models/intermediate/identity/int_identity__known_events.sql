-- grain: one row per event with a known user, under that user's canonical id
{{ config(materialized='view') }}

with

events as (

    select
        event_id,
        source,
        project,
        user_id,
        device_id,
        link_id,
        occurred_at
    from {{ ref('int_events__unioned') }}
    where user_id is not null

),

aliases as (

    select * from {{ ref('int_identity__user_aliases') }}

),

roots as (

    select * from {{ ref('int_identity__amplitude_roots') }}

),

known as (

    select
        events.event_id,
        events.source,
        events.project,
        coalesce(aliases.canonical_user_id, events.user_id) as user_id,
        events.device_id,
        coalesce(roots.root_id, events.link_id) as link_id,
        events.occurred_at

    from events
    left join aliases
        on
            events.source = aliases.source
            and events.project = aliases.project
            and events.user_id = aliases.user_id
    left join roots
        on
            events.source = 'amplitude'
            and events.project = roots.project
            and events.link_id = roots.amplitude_id

)

select * from known
