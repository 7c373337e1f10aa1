select records._identity as entry_id, records.who, records.kind
from {{ source('question_log', 'entries') }} as records
semi join {{ source('_ingestion', 'loads') }} as loads on records._load_id = loads.load_id and loads.state = 'live'
qualify row_number() over (partition by records._identity order by records._payload_hash desc) = 1
