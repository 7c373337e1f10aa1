-- grain: one row per person and day of the reporting zone with an event that counts as active
-- What the first such event of the day says of itself: a person's group in a stretch of time is
-- that of its first active day, so that a breakdown reads no event. A row depends on events of its
-- person and day, and on the person's active day before it.
{{ config(
    materialized='incremental',
    unique_key=['person_key', 'local_date'],
    scope='person_key',
) }}

{% set keys %}
    select person_key from {{ changes_of(ref('fct_events')) }}
{% endset %}
{{ told_anew(keys) }}

with

days as (

    select
        person_key,
        local_date,
        previous_date,
        first_at
    from {{ ref('fct_person_days') }}
    where {{ in_scope('person_key') }}

),

events as (

    select
        person_key,
        occurred_at,
        event_id,
        properties,
        platform,
        country,
        feature,
        area,
        source,
        project,
        kept_1,
        kept_2,
        kept_3,
        kept_4,
        kept_5,
        kept_6,
        kept_7,
        kept_8
    from {{ ref('fct_events') }}
    where left_out_because is null and is_active_event and {{ in_scope('person_key') }}

),

-- of several events at one instant the lowest id stands for them
ranked as (

    select
        days.*,
        events.properties,
        events.platform,
        events.country,
        events.feature,
        events.area,
        events.source,
        events.project,
        events.kept_1,
        events.kept_2,
        events.kept_3,
        events.kept_4,
        events.kept_5,
        events.kept_6,
        events.kept_7,
        events.kept_8,
        row_number() over (
            partition by days.person_key, days.first_at
            order by events.event_id
        ) as place

    from days
    inner join events
        on days.person_key = events.person_key and days.first_at = events.occurred_at

),

opened as (

    select
        *,
        json_extract_string(
            properties,
            ['/platform', '/country', '/feature', '/area', '/source', '/project']
        ) as said

    from ranked
    where place = 1

),

-- what a bag says under the name of a column goes before the column, as in a condition
firsts as (

    select
        * exclude (properties, place, said)
        replace (
            coalesce(said[1], platform) as platform,
            coalesce(said[2], country) as country,
            coalesce(said[3], feature) as feature,
            coalesce(said[4], area) as area,
            coalesce(said[5], source) as source,
            coalesce(said[6], project) as project
        )

    from opened

)

select * from firsts
order by local_date, person_key
