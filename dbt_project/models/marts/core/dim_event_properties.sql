-- grain: one row per event and property that is declared on it or was seen on it without that
with

declared as (

    select * from {{ ref('stg_company__plan_properties') }}

),

seen as (

    select
        event_name,
        property,
        sum(events) as violating_events

    from {{ ref('fct_event_violations') }}
    where property is not null
    group by all

),

properties as (

    select
        coalesce(declared.event_name, seen.event_name) as event_name,
        coalesce(declared.property, seen.property) as property,
        declared.event_name is not null as is_declared,
        declared.type,
        coalesce(declared.is_required, false) as is_required,
        coalesce(declared.is_nullable, true) as is_nullable,
        cast(declared.allowed as varchar) as allowed,
        declared.pattern,
        declared.minimum,
        declared.maximum,
        declared.unit,
        cast(declared.sources as varchar) as sources,
        coalesce(declared.is_shared, false) as is_shared,
        declared.pii_class,
        declared.description,
        cast(coalesce(seen.violating_events, 0) as bigint) as violations

    from declared
    full join seen
        on declared.event_name = seen.event_name and declared.property = seen.property

)

select * from properties
