select
    records._identity as event_id, records._project as project, records.event as source_event_name, records.user_id,
    records.time_at as occurred_at, records._load_id as load_id, records.properties
from {{ source('events', 'events') }} as records
semi join {{ source('_ingestion', 'loads') }} as loads on records._load_id = loads.load_id and loads.state = 'live'
qualify row_number() over (partition by records._identity order by records._payload_hash desc) = 1
