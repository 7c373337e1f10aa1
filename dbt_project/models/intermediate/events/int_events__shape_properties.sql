-- grain: one row per source, event name as the source spells it, shape and key of the bag
with

shapes as (

    select * from {{ ref('int_events__shapes') }}

),

unnested as (

    select
        source,
        source_event_name,
        shape_key,
        events,
        unnest(property_names) as property,
        unnest(json_types) as json_type,
        unnest(range(1, len(property_names) + 1)) as place

    from shapes

),

-- a key given twice is one key
properties as (

    select
        source,
        source_event_name,
        shape_key,
        events,
        property,
        arg_min(json_type, place) as json_type,
        min(place) as place

    from unnested
    group by all

)

select * from properties
