-- grain: one row per time at which an event of a calendar takes place
-- Recurring events are told for 30 years: whoever counts hours takes the days that are over.
with

events as (

    select * from {{ ref('stg_google_calendar__events') }}

),

taking_place as (

    select *
    from events
    where status != 'cancelled'

),

runs as (

    select
        calendar_event_id,
        is_all_day,
        time_zone,
        end_at - start_at as lasts,
        end_on - start_on as days,
        unnest(from_json(occurrence_runs, '["JSON"]')) as run

    from taking_place
    where occurrence_runs is not null

),

numbered as (

    select
        *,
        cast(run ->> 0 as timestamp) as first_local_at,
        cast(run ->> 1 as integer) as step_days,
        unnest(range(cast(run ->> 2 as bigint))) as place

    from runs

),

located as (

    select
        *,
        first_local_at + to_days(cast(step_days * place as integer)) as local_at

    from numbered

),

timed as (

    select
        calendar_event_id,
        case
            when not is_all_day
                then timezone('UTC', timezone(coalesce(time_zone, 'UTC'), local_at))
        end as start_at,
        case when is_all_day then cast(local_at as date) end as start_on,
        lasts,
        days

    from located

),

recurring as (

    select
        calendar_event_id,
        start_at,
        start_at + lasts as end_at,
        start_on,
        start_on + cast(days as integer) as end_on

    from timed

),

moved_or_cancelled as (

    select
        masters.calendar_event_id,
        instances.original_start_at,
        instances.original_start_on

    from events as instances
    inner join events as masters
        on
            instances.project = masters.project
            and instances.calendar = masters.calendar
            and instances.recurring_event_id = masters.event_key

),

times as (

    select
        calendar_event_id,
        start_at,
        end_at,
        start_on,
        end_on
    from taking_place
    where occurrence_runs is null

    union all by name

    select recurring.*
    from recurring
    where not exists (
        select 1
        from moved_or_cancelled
        where
            moved_or_cancelled.calendar_event_id = recurring.calendar_event_id
            and (
                moved_or_cancelled.original_start_at = recurring.start_at
                or moved_or_cancelled.original_start_on = recurring.start_on
            )
    )

)

select
    times.calendar_event_id,
    taking_place.source,
    taking_place.project,
    taking_place.calendar,
    taking_place.owner_email,
    taking_place.status,
    taking_place.summary,
    taking_place.event_type,
    taking_place.is_free,
    taking_place.is_all_day,
    taking_place.is_organizer,
    taking_place.owner_response,
    times.start_at,
    times.end_at,
    times.start_on,
    times.end_on

from times
inner join taking_place
    on times.calendar_event_id = taking_place.calendar_event_id
