-- grain: one row per event, property and rule that the value breaks
-- `cast`: a text that reads as the declared type passes and is held to the limits as that type;
-- without it the text is a type mismatch of the value. The event stays either way.
with

-- a bag is opened once; events of one shape have their keys in the same places
events as (

    select
        event_id,
        source,
        shape_key,
        json_extract_string(properties, '$.*') as property_values
    from {{ ref('int_events__unioned') }}

),

checks as (

    select * from {{ ref('int_events__value_checks') }}

),

allowed_values as (

    select
        declared.event_name,
        declared.property,
        {{ comparable('declared.type', 'declared.allowed_value') }} as allowed_value,
        true as is_allowed

    from (
        select
            event_name,
            property,
            type,
            unnest(json_extract_string(allowed, '$[*]')) as allowed_value
        from {{ ref('stg_company__plan_properties') }}
    ) as declared
    group by all

),

read as (

    select
        events.event_id,
        checks.plan_event_name,
        checks.property,
        checks.type,
        checks.fit,
        checks.enum_event_name,
        checks.allowed_elements,
        checks.pattern,
        checks.minimum,
        checks.maximum,
        checks.plan_version,
        events.property_values[checks.place] as value

    from events
    inner join checks
        on events.source = checks.source and events.shape_key = checks.shape_key

),

-- a text is read as a number once, and only where a number is asked for
valued as (

    select
        *,
        case
            when
                type in ('integer', 'number')
                or minimum is not null
                or maximum is not null
                then try_cast(value as double)
        end as number,
        case
            when enum_event_name is not null then {{ comparable('type', 'value') }}
        end as enum_value

    from read
    where type != 'version'

),

judged as (

    select
        valued.event_id,
        valued.plan_event_name,
        valued.property,
        case
            when
                valued.fit = 'by_value'
                and not {{ value_fits('valued.type', 'valued.value', 'valued.number') }}
                then 'type_mismatch'
            when valued.enum_event_name is not null and allowed_values.is_allowed is null
                then 'value_not_allowed'
            when
                case
                    when valued.allowed_elements is not null
                        then not list_has_all(
                            valued.allowed_elements, json_extract_string(valued.value, '$[*]')
                        )
                    else false
                end
                then 'value_not_allowed'
            when valued.number < valued.minimum or valued.number > valued.maximum
                then 'value_not_allowed'
            when valued.pattern is null
                then null
            when {{ matches_pattern('valued.value', 'valued.pattern') }} is null
                then 'unknown'
            when not {{ matches_pattern('valued.value', 'valued.pattern') }}
                then 'value_not_allowed'
        end as rule

    from valued
    left join allowed_values
        on
            valued.enum_event_name = allowed_values.event_name
            and valued.property = allowed_values.property
            and valued.enum_value = allowed_values.allowed_value

),

versions as (

    select
        event_id,
        plan_event_name,
        property,
        plan_version,
        {{ semver('value') }} as version

    from read
    where type = 'version'

),

judged_versions as (

    select
        event_id,
        plan_event_name,
        property,
        case
            when version is null or version > plan_version then 'unknown'
            when version[1] < plan_version[1] then 'version_out_of_date'
        end as rule,
        case
            when version is null then 'not a version'
            when version > plan_version then 'newer than the plan'
            else 'the plan is at ' || array_to_string(plan_version, '.')
        end as detail

    from versions

),

violations as (

    select
        event_id,
        plan_event_name,
        property,
        rule,
        case when rule = 'unknown' then 'the pattern is none that can be read' end as detail

    from judged
    where rule is not null

    union all

    select
        event_id,
        plan_event_name,
        property,
        rule,
        detail

    from judged_versions
    where rule is not null

)

select * from violations
