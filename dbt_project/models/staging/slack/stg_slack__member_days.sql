-- grain: one row per member of Slack and day
with

source as (

    {{ live_rows('slack', 'member_days') }}

),

renamed as (

    select
        user_id,
        'slack' as source,
        _project as project,
        team_id,
        lower(trim(email)) as email,
        coalesce(is_guest, false) as is_guest,
        coalesce(is_active, false) as is_active,
        messages_posted,
        reactions_added,
        files_added,
        active_on,
        cast(active_on as timestamp) as recorded_at

    from source

)

select * from renamed
