-- grain: one row per Gong call
with

source as (

    {{ live_rows('gong', 'calls') }}

),

renamed as (

    select
        call_id,
        'gong' as source,
        _project as project,
        coalesce(calendar_event_id, call_id) as meeting_id,
        title,
        brief,
        url,
        primary_user_id,
        direction,
        scope,
        coalesce(is_private, false) as is_private,
        coalesce(
            not coalesce(is_private, false)
            and (
                scope = 'External'
                or (
                    scope is distinct from 'Internal'
                    and list_contains(
                        json_extract_string(parties, '$[*].affiliation'), 'External'
                    )
                )
            ),
            false
        ) as is_with_customer,
        coalesce(parties, '[]') as parties,
        coalesce(trackers, '[]') as trackers,
        coalesce(topics, '[]') as topics,
        coalesce(key_points, '[]') as key_points,
        language,
        duration_seconds,
        scheduled_at,
        started_at,
        started_at as recorded_at

    from source

)

select * from renamed
