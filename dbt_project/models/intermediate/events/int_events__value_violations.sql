-- grain: one row per event, property and rule that the value breaks
-- `cast`: a text that reads as the declared type passes and is held to the limits as that type;
-- without it the text is a type mismatch of the value. The event stays either way.
with

events as (

    select
        event_id,
        source,
        shape_key,
        properties
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
        checks.is_enum,
        checks.allowed_elements,
        checks.pattern,
        checks.minimum,
        checks.maximum,
        checks.plan_version,
        json_extract_string(events.properties, checks.pointer) as value

    from events
    inner join checks
        on events.source = checks.source and events.shape_key = checks.shape_key

),

judged as (

    select
        read.event_id,
        read.plan_event_name,
        read.property,
        case
            when read.type = 'version'
                then
                    case
                        when {{ semver('read.value') }} is null then 'unknown'
                        when {{ semver('read.value') }} > read.plan_version then 'unknown'
                        when
                            {{ semver('read.value') }}[1] < read.plan_version[1]
                            then 'version_out_of_date'
                    end
            when read.fit = 'by_value' and not {{ value_fits('read.type', 'read.value') }}
                then 'type_mismatch'
            when
                (read.is_enum and allowed_values.is_allowed is null)
                or case
                    when read.allowed_elements is not null
                        then not list_has_all(
                            read.allowed_elements, json_extract_string(read.value, '$[*]')
                        )
                    else false
                end
                or coalesce(try_cast(read.value as double) < read.minimum, false)
                or coalesce(try_cast(read.value as double) > read.maximum, false)
                then 'value_not_allowed'
            when read.pattern is not null then
                case
                {{ matches_pattern('read.value', 'read.pattern') }}
                    when true then null
                    when false then 'value_not_allowed'
                    else 'unknown'
                end
        end as rule,
        case
            when read.type != 'version' then null
            when {{ semver('read.value') }} is null then 'not a version'
            when {{ semver('read.value') }} > read.plan_version then 'newer than the plan'
            else 'the plan is at ' || array_to_string(read.plan_version, '.')
        end as detail

    from read
    left join allowed_values
        on
            read.is_enum
            and read.plan_event_name = allowed_values.event_name
            and read.property = allowed_values.property
            and {{ comparable('read.type', 'read.value') }} = allowed_values.allowed_value

),

violations as (

    select
        event_id,
        plan_event_name,
        property,
        rule,
        case
            when rule = 'unknown' and detail is null
                then 'the pattern is none that can be read' else
                detail
        end as detail

    from judged
    where rule is not null

)

select * from violations
