-- grain: one row per event (null is the default of all) and rule whose mode is declared
select
    event_name,
    rule,
    mode

from {{ source('company', 'plan_rules') }}
