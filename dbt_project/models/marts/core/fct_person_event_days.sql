-- grain: one row per person, event name and day of the reporting zone with a counted event
-- Sorted by name and day: a question about an event reads a range of its days, half as many rows
-- as events.
{{ config(
    materialized='incremental',
    unique_key=['person_key', 'event_name', 'local_date'],
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
        event_name,
        local_date,
        count(*) as events

    from {{ ref('fct_events') }}
    where left_out_because is null and {{ in_scope('person_key') }}
    group by all

),

-- with the day before beside it, a row tells by itself whether it is its person's first in any
-- stretch of time
stepped as (

    select
        *,
        lag(local_date) over (
            partition by person_key, event_name
            order by local_date
        ) as previous_date

    from days

)

select * from stepped
order by event_name, local_date, person_key
