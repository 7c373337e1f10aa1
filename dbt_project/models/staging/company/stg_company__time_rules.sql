-- grain: one row per rule that puts time into a category
select
    position,
    category_position,
    category,
    field,
    operator,
    value as looked_for

from {{ source('company', 'time_rules') }}
