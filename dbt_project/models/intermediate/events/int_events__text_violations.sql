-- grain: one row per event, property and rule: personal data in free text
-- Each bag is passed over once; only where something may be inside are its values looked at one by
-- one. Digits alone are a card only where most numbers of that length under that key are cards:
-- else one id in fifty would be one.
with

events as (

    select
        event_id,
        source,
        source_event_name,
        properties
    from {{ ref('int_events__unioned') }}
    where {{ may_hold_pii('properties') }}

),

names as (

    select
        source,
        source_event_name,
        plan_event_name
    from {{ ref('int_events__names') }}
    where plan_status != 'system'

),

declared as (

    select * from {{ ref('int_events__declared_properties') }}
    where is_declared_personal

),

named as (

    select
        events.event_id,
        events.source,
        events.source_event_name,
        names.plan_event_name,
        events.properties

    from events
    inner join names
        on
            events.source = names.source
            and events.source_event_name = names.source_event_name
    where starts_with(ltrim(events.properties), '{')

),

opened as (

    select
        event_id,
        source,
        source_event_name,
        plan_event_name,
        list_filter(
            list_zip(
                json_keys(properties),
                json_extract_string(properties, '$.*'),
                json_type(properties, '$.*')
            ),
            lambda item: item[3] in ('VARCHAR', 'OBJECT', 'ARRAY')
            and not {{ is_identity_property('item[1]') }}
            and {{ may_hold_pii("'\"' || item[2] || '\"'") }}
        ) as items

    from named

),

values_of_events as (

    select
        event_id,
        source,
        source_event_name,
        plan_event_name,
        unnest(items)[1] as property,
        unnest(items)[2] as value

    from opened
    where len(items) > 0

),

keys as (

    select
        source,
        property,
        shown_as
    from {{ ref('int_events__unplanned_keys') }}

),

-- a key that is itself an address is told once, by its shape
undeclared as (

    select values_of_events.*
    from values_of_events
    anti join declared
        on
            values_of_events.source = declared.source
            and values_of_events.source_event_name = declared.source_event_name
            and values_of_events.property = declared.property
    where {{ pii_kind('values_of_events.property') }} is null

),

found as (

    select
        event_id,
        source,
        source_event_name,
        plan_event_name,
        property,
        case
            when regexp_full_match(trim(value), '[0-9]{15,16}') then 'digits'
            else {{ pii_kind('value') }}
        end as kind,
        regexp_full_match(trim(value), '[0-9]{15,16}') and {{ is_card('trim(value)') }} as is_card

    from undeclared

),

judged as (

    select
        event_id,
        source,
        plan_event_name,
        property,
        case
            when kind != 'digits' then kind
            when
                is_card
                and 2 * count(*) filter (where is_card)
                    over (partition by source, source_event_name, property, kind)
                >= count(*) over (partition by source, source_event_name, property, kind)
                then 'card'
        end as kind

    from found
    where kind is not null

)

select
    judged.event_id,
    judged.plan_event_name,
    coalesce(keys.shown_as, judged.property) as property,
    'pii_in_free_text' as rule,
    min(judged.kind) as detail

from judged
left join keys
    on judged.source = keys.source and judged.property = keys.property
where judged.kind is not null
group by all
