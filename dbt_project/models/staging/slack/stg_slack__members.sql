-- grain: one row per member of Slack and window
with

source as (

    {{ live_rows('slack', 'members') }}

),

renamed as (

    select
        user_id,
        'slack' as source,
        _project as project,
        name,
        username,
        lower(trim(email)) as email,
        account_type,
        lower(coalesce(account_type, '')) like '%guest%' as is_guest,
        lower(coalesce(account_type, '')) like '%bot%' as is_bot,
        claimed_on is not null as is_claimed,
        deactivated_on is not null as is_deactivated,
        days_active,
        messages_posted,
        channel_messages_posted,
        reactions_added,
        created_on,
        claimed_on,
        deactivated_on,
        last_active_on,
        window_from as window_from_on,
        window_to as window_to_on

    from source

)

select * from renamed
