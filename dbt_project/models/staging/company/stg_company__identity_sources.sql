-- grain: one row per source that declares to whom its anonymous events go
select
    source,
    anonymous

from {{ source('company', 'identity_sources') }}
