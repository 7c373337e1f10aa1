-- grain: one row per release that the company declares
select
    release,
    released_on,
    feature,
    planned_on,
    is_checklist_complete

from {{ source('company', 'releases') }}
