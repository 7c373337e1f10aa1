-- grain: one row per tool that knows the releases
select source
from {{ source('company', 'delivery_releases') }}
