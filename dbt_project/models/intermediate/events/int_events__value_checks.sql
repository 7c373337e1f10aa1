-- grain: one row per key and type of an event whose values have to be looked at, and what they are
-- held to
-- Only what keys and types leave open: closed lists, patterns, ranges, times and numbers in text,
-- and the version that an event names.
with

properties as (

    select * from {{ ref('int_events__seen_properties') }}

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
        properties.sight_key,
        declared.event_name as plan_event_name,
        properties.property,
        declared.type,
        {{ type_fit('declared.type', 'properties.json_type', 'declared.is_cast') }} as fit,
        coalesce(declared.is_enum, false) and declared.type != 'list' as is_enum,
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
        properties.sight_key,
        versioned.plan_event_name,
        properties.property,
        'version' as type,
        'fits' as fit,
        false as is_enum,
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
                is_enum
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
