select *, lower(source_event_name) as event_name from {{ ref('stg_events__events') }}
