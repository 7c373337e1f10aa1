-- grain: one row per source, event name as the source spells it and shape, with one event that
-- shows it
-- System events are not the plan's business.
with

events as (

    select
        event_id,
        source,
        source_event_name,
        shape_key,
        properties
    from {{ ref('int_events__unioned') }}

),

names as (

    select
        source,
        source_event_name,
        plan_event_name,
        plan_status
    from {{ ref('int_events__names') }}
    where plan_status != 'system'

),

counted as (

    select
        source,
        source_event_name,
        shape_key,
        count(*) as events,
        min(event_id) as example_event_id

    from events
    group by all

),

shown as (

    select
        counted.source,
        counted.source_event_name,
        names.plan_event_name,
        names.plan_status,
        counted.shape_key,
        counted.events,
        coalesce(events.properties, '{}') as bag

    from counted
    inner join names
        on
            counted.source = names.source
            and counted.source_event_name = names.source_event_name
    inner join events
        on counted.example_event_id = events.event_id

),

opened as (

    select
        source,
        source_event_name,
        plan_event_name,
        plan_status,
        shape_key,
        events,
        starts_with(ltrim(bag), '{') and try(json_keys(bag)) is not null as is_object,
        case when starts_with(ltrim(bag), '{') then try(json_keys(bag)) end as property_names,
        case when starts_with(ltrim(bag), '{') then try(json_type(bag, '$.*')) end as json_types

    from shown

)

select * from opened
