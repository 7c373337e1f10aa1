-- grain: one row per event (null is the default of all) and source or period that counts
select
    event_name,
    kind,
    property,
    source,
    from_date,
    to_date,
    position

from {{ source('company', 'plan_counted_from') }}
