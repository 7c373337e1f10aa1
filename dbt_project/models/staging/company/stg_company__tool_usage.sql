-- grain: one row per place where use of a tool can be seen
select
    tool,
    source,
    app_id,
    label,
    event,
    project,
    person as person_field,
    "at" as time_field  -- noqa: RF06

from {{ source('company', 'tool_usage') }}
