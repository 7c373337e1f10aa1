-- grain: one row per person and day of the reporting zone with an event that counts as active
-- Sorted by day: questions read a range of days. Far fewer rows than events: active people,
-- retention and lifecycle are counted from here.
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

active_events as (

    select
        person_key,
        local_date,
        occurred_at
    from {{ ref('fct_events') }}
    where left_out_because is null and is_active_event and {{ in_scope('person_key') }}

),

days as (

    select
        person_key,
        local_date,
        count(*) as events,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at

    from active_events
    group by all

),

-- with the day before beside it, a row tells by itself whether it is its person's first in any
-- stretch of time
stepped as (

    select
        *,
        min(local_date) over (partition by person_key) as first_date,
        lag(local_date) over (
            partition by person_key
            order by local_date
        ) as previous_date

    from days

)

select * from stepped
order by local_date, person_key
