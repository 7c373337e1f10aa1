-- grain: one row per tool or process
select
    tool,
    name,
    kind,
    category,
    is_core,
    owner,
    rollout_on,
    eligible

from {{ source('company', 'tools') }}
