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
    unit,
    coalesce(is_nullable, not coalesce(is_required, false)) as is_nullable,
    coalesce(is_cast, false) as is_cast,
    sources,
    pii_class,
    coalesce(is_shared, false) as is_shared,
    description

from {{ source('company', 'plan_properties') }}
