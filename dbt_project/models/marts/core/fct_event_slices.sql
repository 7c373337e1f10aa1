-- grain: one row per event name, spelling, source, project, platform, version and day
-- What pages ask of an event (how much, from where, under which spelling, how clean) without
-- opening the events.
with

events as (

    select
        event_name,
        source_event_name,
        source,
        project,
        platform,
        local_date,
        violations,
        occurred_at
    from {{ ref('fct_events') }}

),

slices as (

    select
        event_name,
        source_event_name,
        source,
        project,
        platform,
        cast(null as varchar) as event_version,
        local_date,
        count(*) as events,
        count(*) filter (where violations != '') as violating_events,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at

    from events
    group by all

)

select * from slices
