-- grain: one row per entry of a known person and day of the reporting zone that it touches
-- Clipped to the working hours of the day: where nothing is left, both ends are null and the day
-- only shows that there is evidence.
with

entries as (

    select
        entry_id,
        evidence,
        person_id,
        start_at,
        end_at
    from {{ ref('int_time__entries') }}
    where person_id is not null

),

settings as (

    select timezone from {{ ref('stg_company__settings') }}

),

local_entries as (

    select
        entries.*,
        settings.timezone,
        cast({{ local_time('entries.start_at', 'settings.timezone') }} as date) as first_on,
        -- what ends at midnight does not touch the day that begins then
        cast(
            {{ local_time('entries.end_at - interval 1 microsecond', 'settings.timezone') }} as date
        ) as last_on

    from entries
    cross join settings

),

days as (

    select
        *,
        cast(unnest(generate_series(first_on, last_on, interval 1 day)) as date) as local_date
    from local_entries

),

hours as (

    select * from {{ ref('stg_company__working_hours') }}

),

clipped as (

    select
        days.entry_id,
        days.evidence,
        days.person_id,
        days.local_date,
        greatest(
            days.start_at,
            timezone(
                'UTC', timezone(days.timezone, days.local_date + to_minutes(hours.from_minute))
            )
        ) as from_at,
        least(
            days.end_at,
            timezone(
                'UTC', timezone(days.timezone, days.local_date + to_minutes(hours.to_minute))
            )
        ) as to_at,
        hours.weekday is not null as is_working_day

    from days
    left join hours
        on isodow(days.local_date) = hours.weekday

)

select
    entry_id,
    evidence,
    person_id,
    local_date,
    case when is_working_day and from_at < to_at then from_at end as from_at,
    case when is_working_day and from_at < to_at then to_at end as to_at

from clipped
