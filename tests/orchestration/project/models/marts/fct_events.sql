select
    event_id, 'events' as source, project, event_name, md5_number_lower(user_id) as person_key,
    'events|' || project || '|u:' || delivered_user_id as actor_id, occurred_at,
    cast(occurred_at as date) as local_date, true as is_active_event, false as is_internal, cast(null as varchar) as left_out_because,
    load_id
from {{ ref('int_events__named') }}
