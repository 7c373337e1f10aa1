-- grain: one row per source and shape
-- Any event shows its shape: all of them have the same keys and types. System events are not the
-- plan's business.
with

events as (

    select
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

-- the name is part of the shape, and a number is grouped by more cheaply than a text
counted as (

    select
        source,
        shape_key,
        any_value(source_event_name) as source_event_name,
        coalesce(any_value(properties), '{}') as bag,
        count(*) as events

    from events
    group by source, shape_key

),

shown as (

    select
        counted.source,
        counted.source_event_name,
        names.plan_event_name,
        names.plan_status,
        counted.shape_key,
        counted.events,
        counted.bag

    from counted
    inner join names
        on
            counted.source = names.source
            and counted.source_event_name = names.source_event_name

),

opened as (

    select
        *,
        case when starts_with(ltrim(bag), '{') then try(json_keys(bag)) end as property_names,
        case when starts_with(ltrim(bag), '{') then try(json_type(bag, '$.*')) end as json_types

    from shown

)

select
    source,
    source_event_name,
    plan_event_name,
    plan_status,
    shape_key,
    events,
    property_names is not null as is_object,
    property_names,
    json_types

from opened
