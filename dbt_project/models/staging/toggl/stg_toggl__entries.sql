-- grain: one row per time entry of Toggl Track
with

source as (

    {{ live_rows('toggl', 'entries') }}

),

renamed as (

    select
        _identity as entry_id,
        'toggl' as source,
        _project as project,
        lower(trim(email)) as email,
        user_name,
        client,
        project as work_project,
        task,
        description,
        coalesce(tags, '[]') as tags,
        is_billable,
        amount,
        currency,
        start_at,
        end_at,
        duration_seconds,
        start_at as recorded_at

    from source

)

select * from renamed
