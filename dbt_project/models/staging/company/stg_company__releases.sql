-- grain: one row per release that the company declares
select
    release,
    released_on,
    feature

from {{ source('company', 'releases') }}
