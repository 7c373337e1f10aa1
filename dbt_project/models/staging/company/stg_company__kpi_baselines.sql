-- grain: one row per dated baseline of a KPI
select
    kpi,
    variant,
    from_on,
    to_on,
    value,
    n,
    ci_low,
    ci_high,
    definition as definition_version,
    frozen_on

from {{ source('company', 'kpi_baselines') }}
