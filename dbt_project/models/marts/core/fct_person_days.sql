-- grain: one row per person and day of the reporting zone with an event that counts as active
-- Sorted by day: questions read a range of days. Far fewer rows than events: active people,
-- retention and lifecycle are counted from here.
with

active_events as (

    select
        person_key,
        local_date,
        occurred_at
    from {{ ref('fct_events') }}
    where left_out_because is null and is_active_event

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

)

select * from days
order by local_date, person_key
