-- grain: one row per event, property and rule that the value breaks
-- `cast`: a text that reads as the declared type passes and is held to the limits as that type;
-- without it the text is a type mismatch of the value. The event stays either way.
-- Fifty million values pass here at ten million events. So a bag is opened once, rows stay narrow
-- until a value is judged, and no CTE on the way is read twice: it would be written down.
{{ config(
    materialized='incremental',
    unique_key=['event_id', 'property', 'rule'],
    scope='event_id',
) }}

{% set keys %}
    select event_id from {{ ref('int_events__arrivals') }}
{% endset %}
{{ told_anew(keys) }}

with

events as (

    select
        event_id,
        source,
        shape_key,
        properties
    from {{ ref('int_events__unioned') }}
    where {{ in_scope('event_id') }}

),

checks as (

    select * from {{ ref('int_events__value_checks') }}

),

properties as (

    {{ shape_properties() }}

),

-- events of one shape have their keys in the same places
asked as (

    select
        properties.source,
        properties.shape_key,
        list(properties.place) as places,
        list(properties.sight_key) as sight_keys

    from properties
    semi join checks
        on properties.sight_key = checks.sight_key
    group by all

),

opened as (

    select
        events.event_id,
        asked.places,
        asked.sight_keys,
        json_extract_string(events.properties, '$.*') as property_values

    from events
    inner join asked
        on events.source = asked.source and events.shape_key = asked.shape_key

),

-- a value is taken out of its bag after the rows are made: a list of values would be copied
unnested as (

    select
        event_id,
        property_values,
        unnest(places) as place,
        unnest(sight_keys) as sight_key

    from opened

),

read as (

    select
        event_id,
        sight_key,
        property_values[place] as value

    from unnested

),

-- what all values are held to: of fixed width, as it is joined to each of them
limits as (

    select
        sight_key,
        type,
        fit = 'by_value' as is_by_value,
        type in ('integer', 'number')
        or minimum is not null
        or maximum is not null as is_number,
        is_enum,
        pattern,
        minimum,
        maximum,
        -- held to a list or to a version as well, below
        allowed_elements is not null or type = 'version' as is_judged_below

    from checks

),

-- a text is read as a number or by a pattern only where one is asked for
valued as (

    select
        read.event_id,
        read.sight_key,
        read.value,
        limits.type,
        limits.is_by_value,
        limits.is_enum,
        limits.pattern is not null as has_pattern,
        limits.minimum,
        limits.maximum,
        limits.is_judged_below,
        case when limits.is_number then try_cast(read.value as double) end as number,
        case
            when limits.is_enum then {{ comparable('limits.type', 'read.value') }}
        end as enum_value,
        case
            when limits.pattern is not null
                then {{ matches_pattern('read.value', 'limits.pattern') }}
        end as is_match

    from read
    inner join limits
        on read.sight_key = limits.sight_key

),

allowed_values as (

    select
        allowed.sight_key,
        {{ comparable('allowed.type', 'allowed.value') }} as value,
        true as is_allowed

    from (
        select
            checks.sight_key,
            declared.type,
            unnest(json_extract_string(declared.allowed, '$[*]')) as value

        from checks
        inner join {{ ref('stg_company__plan_properties') }} as declared
            on
                checks.plan_event_name = declared.event_name
                and checks.property = declared.property
        where checks.is_enum
    ) as allowed
    group by all

),

judged as (

    select
        valued.event_id,
        valued.sight_key,
        valued.value,
        valued.is_judged_below,
        case
            when
                valued.is_by_value
                and not {{ value_fits('valued.type', 'valued.value', 'valued.number') }}
                then 'type_mismatch'
            when valued.is_enum and allowed_values.is_allowed is null
                then 'value_not_allowed'
            when valued.number < valued.minimum or valued.number > valued.maximum
                then 'value_not_allowed'
            when not valued.has_pattern
                then null
            when valued.is_match is null
                then 'unknown'
            when not valued.is_match
                then 'value_not_allowed'
        end as rule

    from valued
    left join allowed_values
        on
            valued.sight_key = allowed_values.sight_key
            and valued.enum_value = allowed_values.value

),


-- few rows are left: only here each is joined to all that is known about its check
suspects as (

    select
        judged.event_id,
        judged.value,
        judged.rule,
        checks.plan_event_name,
        checks.property,
        checks.type,
        checks.allowed_elements,
        checks.plan_version,
        case when checks.type = 'version' then {{ semver('judged.value') }} end as version

    from judged
    inner join checks
        on judged.sight_key = checks.sight_key
    where judged.rule is not null or judged.is_judged_below

),

broken as (

    select
        event_id,
        plan_event_name,
        property,
        version,
        plan_version,
        case
            when type = 'version'
                then case
                    when version is null or version > plan_version then 'unknown'
                    when version[1] < plan_version[1] then 'version_out_of_date'
                end
            when
                case
                    when allowed_elements is not null
                        then not list_has_all(
                            allowed_elements, json_extract_string(value, '$[*]')
                        )
                    else false
                end
                then 'value_not_allowed'
            else rule
        end as rule

    from suspects

),

violations as (

    select
        event_id,
        plan_event_name,
        property,
        rule,
        case
            when plan_version is null
                then case when rule = 'unknown' then 'the pattern is none that can be read' end
            when version is null then 'not a version'
            when version > plan_version then 'newer than the plan'
            else 'the plan is at ' || array_to_string(plan_version, '.')
        end as detail

    from broken
    where rule is not null

)

select * from violations
