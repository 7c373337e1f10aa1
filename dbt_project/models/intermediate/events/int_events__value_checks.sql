-- grain: one row per source, shape and property whose value has to be looked at in each event
-- Only what keys and types leave open: closed lists, patterns, ranges, times and numbers in text,
-- and the version that an event names.
with

properties as (

    select * from {{ ref('int_events__shape_properties') }}

),

declared as (

    select * from {{ ref('int_events__declared_properties') }}

),

versioned as (

    select
        names.source,
        names.source_event_name,
        names.plan_event_name,
        {{ semver('names.plan_version') }} as plan_version,
        meta.version_property

    from {{ ref('int_events__names') }} as names
    cross join {{ ref('stg_company__plan_meta') }} as meta
    where
        names.plan_status not in ('unplanned', 'system')
        and meta.version_property is not null
        and {{ semver('names.plan_version') }} is not null

),

of_declarations as (

    select
        properties.source,
        properties.shape_key,
        declared.event_name as plan_event_name,
        properties.property,
        properties.place,
        declared.type,
        {{ type_fit('declared.type', 'properties.json_type', 'declared.is_cast') }} as fit,
        case
            when declared.is_enum and declared.type != 'list' then declared.event_name
        end as enum_event_name,
        declared.allowed_elements,
        declared.pattern,
        declared.minimum,
        declared.maximum,
        cast(null as integer[]) as plan_version

    from properties
    inner join declared
        on
            properties.source = declared.source
            and properties.source_event_name = declared.source_event_name
            and properties.property = declared.property
    where
        declared.is_asked
        and properties.json_type != 'NULL'

),

of_versions as (

    select
        properties.source,
        properties.shape_key,
        versioned.plan_event_name,
        properties.property,
        properties.place,
        'version' as type,
        'fits' as fit,
        versioned.plan_version

    from properties
    inner join versioned
        on
            properties.source = versioned.source
            and properties.source_event_name = versioned.source_event_name
            and properties.property = versioned.version_property
    where properties.json_type != 'NULL'

),

checks as (

    select * from of_declarations
    where
        fit = 'by_value'
        or (
            fit = 'fits'
            and (
                enum_event_name is not null
                or allowed_elements is not null
                or pattern is not null
                or minimum is not null
                or maximum is not null
            )
        )
    union all by name
    select * from of_versions

)

select * from checks
