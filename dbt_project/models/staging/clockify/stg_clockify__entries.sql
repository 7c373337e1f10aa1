-- grain: one row per time entry of Clockify
with

source as (

    {{ live_rows('clockify', 'entries') }}

),

renamed as (

    select
        _identity as entry_id,
        'clockify' as source,
        _project as project,
        lower(trim(email)) as email,
        user_name,
        user_group,
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
