-- grain: one row per quarter of an hour in which an event occurred
-- How far the clock of the reporting zone is from UTC in it: to ask the zone for each event would
-- cost more than all joins. Clocks are put forward or back when a quarter begins; a quarter inside
-- of which they are not the same (times of long ago) has no shift.
with

quarters as (

    select {{ quarter_of('occurred_at') }} as quarter_at
    from {{ ref('int_events__unioned') }}
    group by all

),

ends as (

    select
        quarters.quarter_at,
        quarters.quarter_at + interval 15 minute - interval 1 microsecond as last_at,
        settings.timezone

    from quarters
    cross join {{ ref('stg_company__settings') }} as settings

),

shifts as (

    select
        quarter_at,
        {{ local_time('quarter_at', 'timezone') }} - quarter_at as first_shift,
        {{ local_time('last_at', 'timezone') }} - last_at as last_shift

    from ends

)

select
    quarter_at,
    case when first_shift = last_shift then first_shift end as shift

from shifts
