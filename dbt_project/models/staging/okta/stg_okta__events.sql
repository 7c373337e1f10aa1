-- grain: one row per Okta log event
with

source as (

    {{ live_rows('okta', 'events', received='published_at') }}

),

renamed as (

    select
        _identity as event_id,
        'okta' as source,
        _project as project,
        event_type,
        outcome,
        lower(trim(actor_login)) as actor_login,
        actor_id,
        actor_type,
        app_id,
        app_name,
        session_id,
        transaction_id,
        published_at

    from source

)

select * from renamed
