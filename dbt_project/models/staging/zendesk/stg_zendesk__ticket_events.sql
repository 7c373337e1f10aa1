-- grain: one row per change of a Zendesk ticket
-- An event never changes, but exports with comments tell more of it than those without.
with

source as (

    {{ live_rows('zendesk', 'ticket_events', received='length(child_events)') }}

),

renamed as (

    select
        -- ids
        event_id,
        'zendesk' as source,
        _project as project,
        ticket_id,
        updater_id,

        -- attributes
        event_type,
        via_channel as channel,
        coalesce(child_events, '[]') as child_events,

        -- time
        occurred_at

    from source

)

select * from renamed
