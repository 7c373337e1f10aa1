-- grain: one row per internal, test or bot actor
select
    kind,
    value

from {{ source('company', 'exclusions') }}
