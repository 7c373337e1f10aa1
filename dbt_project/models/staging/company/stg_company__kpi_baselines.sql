-- grain: one row per dated baseline of a KPI
select
    kpi,
    variant,
    from_on,
    to_on

from {{ source('company', 'kpi_baselines') }}
