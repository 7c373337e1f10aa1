-- grain: one row per event of a metric of a Zendesk ticket
-- Events carry no time of change; the version that takes an event back is the newer one.
with

source as (

    {{ live_rows('zendesk', 'metric_events', received='cast(is_deleted as integer)') }}

),

renamed as (

    select
        -- ids
        event_id,
        'zendesk' as source,
        _project as project,
        ticket_id,

        -- attributes
        metric,
        instance_id,
        type as event_type,
        coalesce(is_deleted, false) as is_deleted,

        -- measures
        calendar_minutes,
        business_minutes,

        -- time
        occurred_at

    from source

)

select * from renamed
