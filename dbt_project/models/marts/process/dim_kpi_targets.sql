-- grain: one row per KPI variant with a target
with

targets as (

    select * from {{ ref('stg_company__kpi_targets') }}

)

select
    kpi,
    variant,
    at_least,
    at_most,
    per

from targets
