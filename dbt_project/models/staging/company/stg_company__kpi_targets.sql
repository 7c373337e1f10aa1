-- grain: one row per target of a KPI variant
select
    kpi,
    variant,
    at_least,
    at_most,
    per

from {{ source('company', 'kpi_targets') }}
