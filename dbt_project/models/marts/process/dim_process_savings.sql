-- grain: one row per process and category whose time it is there to save
with

savings as (

    select * from {{ ref('stg_company__process_savings') }}

)

select
    process,
    category

from savings
