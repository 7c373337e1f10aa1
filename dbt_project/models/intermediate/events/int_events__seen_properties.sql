-- grain: one row per source, event name as the source spells it, key of the bag and JSON type
-- What holds for a key and a type is judged here, once, however many shapes they are part of.
with

properties as (

    {{ shape_properties() }}

),

seen as (

    select
        sight_key,
        any_value(source) as source,
        any_value(source_event_name) as source_event_name,
        any_value(property) as property,
        any_value(json_type) as json_type,
        cast(sum(events) as bigint) as events

    from properties
    group by sight_key

)

select * from seen
