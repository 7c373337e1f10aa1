-- grain: the one row of what holds for the whole plan
select version_property

from {{ source('company', 'plan_meta') }}
