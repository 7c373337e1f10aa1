-- grain: one row per rule that finds the time a process costs
select
    process,
    field,
    operator,
    value as looked_for

from {{ source('company', 'process_rules') }}
