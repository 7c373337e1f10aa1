-- grain: one row per stretch of time that a calendar or a time tracker tells of somebody
-- Of a calendar: what its owner accepted or organised, with a time of day, and not shown as free,
-- away or working elsewhere. Recurring events are taken until two years after the data.
with

records as (

    select max(last_event_at) + interval 2 year as told_until
    from {{ ref('int_records__last_seen') }}

),

events as (

    select
        calendar_event_id,
        organizer_email,
        attendees
    from {{ ref('stg_google_calendar__events') }}

),

meetings as (

    select
        'calendar' as evidence,
        occurrences.source,
        occurrences.project,
        concat_ws('|', occurrences.calendar_event_id, occurrences.start_at) as entry_id,
        occurrences.owner_email as email,
        occurrences.summary as title,
        occurrences.start_at,
        occurrences.end_at

    from {{ ref('stg_google_calendar__occurrences') }} as occurrences
    inner join events
        on occurrences.calendar_event_id = events.calendar_event_id
    cross join records
    where
        occurrences.end_at > occurrences.start_at
        and coalesce(occurrences.start_at < records.told_until, true)
        and not coalesce(occurrences.is_all_day, false)
        and not coalesce(occurrences.is_free, false)
        and coalesce(occurrences.event_type, 'default') not in ('workingLocation', 'outOfOffice')
        -- what a person put into the own calendar has neither an organiser nor guests
        and (
            coalesce(occurrences.is_organizer, false)
            or coalesce(occurrences.owner_response, '') = 'accepted'
            or (events.organizer_email is null and events.attendees = '[]')
        )

),

tracked as (

    {% for tracker in ['toggl', 'clockify'] -%}
        select
            'time_tracking' as evidence,
            source,
            project,
            entry_id,
            email,
            lower(trim(user_name)) as person_name,
            description as title,
            work_project,
            task,
            tags,
            start_at,
            end_at
        from {{ ref('stg_' ~ tracker ~ '__entries') }}
        where end_at > start_at

        {{ 'union all by name' if not loop.last }}

    {% endfor %}

),

entries as (

    select * from meetings
    union all by name
    select * from tracked

),

people as (

    select
        kind,
        login,
        person_id
    from {{ ref('int_people__logins') }}

)

select
    entries.entry_id,
    entries.evidence,
    entries.source,
    entries.project,
    coalesce(addressed.person_id, named.person_id) as person_id,
    entries.title,
    entries.work_project,
    entries.task,
    coalesce(entries.tags, '[]') as tags,
    entries.start_at,
    entries.end_at

from entries
left join people as addressed
    on addressed.kind = 'email' and entries.email = addressed.login
left join people as named
    on named.kind = 'name' and entries.email is null and entries.person_name = named.login
