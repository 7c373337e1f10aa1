-- grain: one row per item of the activity report
with

source as (

    {{ live_rows('google_workspace', 'activities', received='occurred_at') }}

),

renamed as (

    select
        _identity as activity_id,
        'google_workspace' as source,
        _project as project,
        application,
        unique_qualifier,
        lower(trim(actor_email)) as actor_email,
        actor_id,
        caller_type,
        coalesce(events, '[]') as events,
        occurred_at,
        occurred_at as recorded_at

    from source

)

select * from renamed
