-- grain: one row per process and category whose time it is there to save
select
    process,
    category

from {{ source('company', 'process_savings') }}
