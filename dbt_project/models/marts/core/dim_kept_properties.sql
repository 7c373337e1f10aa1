-- grain: one row per event property that has a column of its own in `fct_events`
-- Conditions and breakdowns read these like any other column; all others are looked up in each bag.
-- Declared ones come first, then those that most events have.
with

seen as (

    select
        property,
        json_type,
        events
    from {{ ref('int_events__seen_properties') }}

),

declared as (

    select distinct property from {{ ref('stg_company__plan_properties') }}

),

candidates as (

    select
        seen.property,
        bool_or(declared.property is not null) as is_declared,
        {{ is_vendor_property('seen.property') }} as is_vendor,
        sum(seen.events) as events

    from seen
    left join declared
        on seen.property = declared.property
    where seen.json_type not in ('NULL', 'OBJECT', 'ARRAY')
    group by seen.property

),

chosen as (

    select
        property,
        {{ json_pointer('property') }} as json_pointer

    from candidates
    order by is_declared desc, is_vendor asc, events desc, property asc
    limit 8

),

-- in the order of their names, so that a place changes hands only when another property is chosen
placed as (

    select
        property,
        json_pointer,
        cast(row_number() over (order by property) as integer) as place

    from chosen

)

select
    property,
    json_pointer,
    place,
    'kept_' || place as kept_as

from placed
