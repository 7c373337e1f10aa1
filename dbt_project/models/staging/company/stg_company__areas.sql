-- grain: one row per product area
select
    area,
    name,
    owner

from {{ source('company', 'areas') }}
