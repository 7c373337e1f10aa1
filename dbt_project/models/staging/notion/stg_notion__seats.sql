-- grain: one row per tool, person, window and day of the list, or last active day
with

source as (

    {{ live_rows('notion', 'seats', received='last_active_at') }}

),

renamed as (

    select
        seat_key,
        'notion' as source,
        _project as project,
        tool,
        lower(trim(user_email)) as user_email,
        user_email as user_email_as_delivered,
        seat_type,
        seat_status,
        events,
        days_active,
        views,
        edits,
        window_from as window_from_on,
        window_to as window_to_on,
        listed_on,
        seat_assigned_at,
        last_active_at,
        last_active_at as recorded_at

    from source

)

select * from renamed
