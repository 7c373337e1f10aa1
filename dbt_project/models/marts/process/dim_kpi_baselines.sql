-- grain: one row per KPI and variant with a dated baseline
with

baselines as (

    select * from {{ ref('stg_company__kpi_baselines') }}

)

select
    kpi,
    variant,
    from_on,
    to_on,
    value,
    n,
    ci_low,
    ci_high,
    definition_version,
    frozen_on

from baselines
