-- grain: one row per event, property and kind of personal data that its text may be
-- Each bag is passed over once; only where something may be inside are its values looked at one by
-- one.
{{ config(
    materialized='incremental',
    unique_key=['event_id', 'property', 'kind', 'is_card'],
    scope='event_id',
) }}

{% set keys %}
    select event_id from {{ ref('int_events__arrivals') }}
{% endset %}
{{ told_anew(keys) }}

with

-- in an increment the few events are found first, so that no other bag is looked through
told as {% if not is_incremental() %}not {% endif %}materialized (

    select
        event_id,
        source,
        source_event_name,
        properties
    from {{ ref('int_events__unioned') }}
    where {{ in_scope('event_id') }}

),

events as (

    select * from told
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

)

select distinct *
from found
where kind is not null
