-- grain: one row per event name, property, rule, source, project, version, platform and day
select
    event_name,
    property,
    rule,
    mode,
    source,
    project,
    event_version,
    platform,
    local_date,
    events

from {{ ref('int_events__violation_days') }}
