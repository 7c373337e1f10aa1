-- grain: one row per event, property and rule that its declaration breaks
-- Only events whose plan entry declares properties are opened, each once; what needs no property
-- (unplanned, deprecated)
-- is known by the name alone and is added in the fact table.
with

declared as (

    select
        event_name,
        list(property order by property) as property_names,
        list({
            'property': property,
            'type': type,
            'is_required': coalesce(is_required, false),
            'allowed': case
                when json_array_length(allowed) > 0 then json_extract_string(allowed, '$[*]')
            end,
            'pattern': pattern,
            'minimum': minimum,
            'maximum': maximum
        } order by property) as rules

    from {{ ref('stg_company__plan_properties') }}
    group by all

),

names as (

    select
        names.source,
        names.source_event_name,
        declared.property_names,
        declared.rules
    from {{ ref('int_events__names') }} as names
    inner join declared
        on names.event_name = declared.event_name

),

opened as (

    select
        events.event_id,
        names.rules,
        names.property_names,
        cast(cast(coalesce(events.properties, '{}') as json) as map (varchar, json))
            as property_values

    from {{ ref('int_events__unioned') }} as events
    inner join names
        on events.source = names.source and events.source_event_name = names.source_event_name

),

judged as (

    select
        event_id,
        list_filter(
            list_transform(rules, lambda declared: {
                'property': declared.property,
                'rule': {{ property_rule('declared', 'property_values[declared.property]') }}
            }),
            lambda verdict: verdict.rule is not null
        ) || list_transform(
            list_filter(
                map_keys(property_values),
                lambda name: not list_contains(property_names, name)
                and not {{ is_vendor_property('name') }}
            ),
            lambda name: { 'property': name, 'rule': 'unplanned_property' }
        ) as verdicts

    from opened

),

violations as (

    select
        event_id,
        unnest(verdicts) as verdict

    from judged
    where len(verdicts) > 0

)

select
    event_id,
    verdict.property,
    verdict.rule

from violations
