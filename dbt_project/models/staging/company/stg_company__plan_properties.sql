-- grain: one row per declared property of an event
select
    event_name,
    property,
    type,
    is_required,
    allowed,
    pattern,
    minimum,
    maximum,
    pii_class

from {{ source('company', 'plan_properties') }}
