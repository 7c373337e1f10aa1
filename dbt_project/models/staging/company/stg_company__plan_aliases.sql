-- grain: one row per spelling of an event in a source ('*' is every source)
select
    event_name,
    source,
    seen_as

from {{ source('company', 'plan_aliases') }}
