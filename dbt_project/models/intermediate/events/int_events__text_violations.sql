-- grain: one row per event, property and rule: personal data in free text
-- Digits alone are a card only where most numbers of that length under that key are cards: else one
-- id in fifty would be one. So a new event can acquit an old one.
{{ config(
    materialized='incremental',
    unique_key=['event_id', 'property', 'rule'],
    scope='event_id',
) }}

{% set keys %}
    -- all are judged anew
    select event_id from {{ this }}
{% endset %}
{{ told_anew(keys) }}

with

findings as (

    select * from {{ ref('int_events__text_findings') }}

),

keys as (

    select
        source,
        property,
        shown_as
    from {{ ref('int_events__unplanned_keys') }}

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

    from findings

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
