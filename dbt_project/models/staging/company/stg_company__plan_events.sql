-- grain: one row per event of the tracking plan
select
    event_name,
    description,
    question,
    owner,
    area,
    feature,
    status,
    counts_as_active,
    value_event,
    version,
    review_by,
    replacement

from {{ source('company', 'plan_events') }}
