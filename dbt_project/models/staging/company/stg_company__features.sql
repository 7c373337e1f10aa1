-- grain: one row per feature
select
    feature,
    name,
    area,
    owner,
    description

from {{ source('company', 'features') }}
