-- grain: one row per source and property key that no event of the plan declares
-- Keys are kept apart up to a number per source, the frequent ones first; the rest is counted
-- under one name.
with

arrived as (

    select
        source,
        property,
        {{ is_vendor_property('property') }} as is_vendor,
        cast(sum(events) as bigint) as events

    from {{ ref('int_events__seen_properties') }}
    group by all

),

plan_keys as (

    select property from {{ ref('stg_company__plan_properties') }}
    union
    select version_property as property from {{ ref('stg_company__plan_meta') }}
    where version_property is not null

),

settings as (

    select coalesce(unplanned_keys_per_source, 500) as keys_per_source
    from {{ ref('stg_company__settings') }}

),

unplanned as (

    select arrived.*
    from arrived
    anti join plan_keys
        on arrived.property = plan_keys.property

),

bounded as (

    select
        unplanned.source,
        unplanned.property,
        unplanned.is_vendor,
        unplanned.events,
        row_number() over (
            partition by unplanned.source, unplanned.is_vendor
            order by unplanned.events desc, unplanned.property asc
        ) > settings.keys_per_source as is_over_limit

    from unplanned
    cross join settings

)

select
    source,
    property,
    case when is_over_limit then {{ other_unregistered() }} else property end as shown_as,
    is_vendor,
    is_over_limit,
    events

from bounded
