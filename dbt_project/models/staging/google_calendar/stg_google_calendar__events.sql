-- grain: one row per event or instance of a calendar, as last exported
with

source as (

    {{ live_rows('google_calendar', 'events', received='updated_at') }}

),

renamed as (

    select
        _identity as calendar_event_id,
        'google_calendar' as source,
        _project as project,
        calendar,
        owner_email,
        event_key,
        ical_uid,
        status,
        summary,
        event_type,
        transparency = 'transparent' as is_free,
        visibility,
        is_all_day,
        time_zone,
        recurrence,
        occurrence_runs,
        recurring_event_id,
        organizer_email,
        is_organizer,
        owner_response,
        coalesce(attendees, '[]') as attendees,
        attendees_omitted,
        start_at,
        end_at,
        start_on,
        end_on,
        original_start_at,
        original_start_on,
        created_at,
        updated_at,
        updated_at as recorded_at

    from source

)

select * from renamed
