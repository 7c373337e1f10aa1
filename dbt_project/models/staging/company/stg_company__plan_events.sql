-- grain: one row per event of the tracking plan
select
    event_name,
    description,
    trigger,
    question,
    owner,
    area,
    feature,
    status,
    counts_as_active,
    value_event,
    version,
    planned_for,
    live_from,
    deprecated_from,
    removed_from,
    review_by,
    platforms,
    replacement

from {{ source('company', 'plan_events') }}
