-- grain: one row per resolved person
with

events as (

    select
        person_key,
        occurred_at,
        is_internal,
        person_properties
    from {{ ref('fct_events') }}

),

spans as (

    select
        person_key,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at,
        bool_or(is_internal) as is_internal,
        max(occurred_at) filter (
            where person_properties is not null and person_properties not in ('{}', '')
        ) as profiled_at

    from events
    group by all

),

-- the profile is fetched by its time: carrying the widest column through an aggregate costs ten
-- times as much
profiles as (

    select
        events.person_key,
        max(events.person_properties) as person_properties

    from events
    inner join spans
        on events.person_key = spans.person_key and events.occurred_at = spans.profiled_at
    where events.person_properties not in ('{}', '')
    group by all

),

persons as (

    select
        spans.person_key,
        spans.first_seen_at,
        spans.last_seen_at,
        spans.is_internal,
        profiles.person_properties

    from spans
    left join profiles
        on spans.person_key = profiles.person_key

)

select * from persons
