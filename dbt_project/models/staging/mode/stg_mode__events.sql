-- grain: one row per use of a tool
with

source as (

    {{ live_rows('mode', 'events', received='occurred_at') }}

),

renamed as (

    select
        coalesce(event_id, _identity) as event_id,
        'mode' as source,
        _project as project,
        tool,
        lower(trim(user_email)) as user_email,
        user_email as user_email_as_delivered,
        asset_id,
        action,
        status,
        duration_ms,
        result_rows,
        occurred_at,
        occurred_at as recorded_at

    from source

)

select * from renamed
