-- grain: one row per working day of the week
select
    weekday,
    from_minute,
    to_minute

from {{ source('company', 'working_hours') }}
