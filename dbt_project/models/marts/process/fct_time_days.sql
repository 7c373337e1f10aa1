-- grain: one row per evidence, person, day of the reporting zone and category
-- Every day with an entry has a row, also when none of it lies in working hours. Hours of a pulse
-- survey are of a whole week and stand on its first day.
with

times as (

    select
        evidence,
        person_id,
        local_date,
        category,
        date_diff('second', from_at, to_at) as seconds
    from {{ ref('int_time__stretches') }}

    union all

    -- the day has evidence, whatever of it is working time
    select
        evidence,
        person_id,
        local_date,
        cast(null as varchar) as category,
        0 as seconds
    from {{ ref('int_time__workdays') }}

    union all

    select
        'survey' as evidence,
        person_id,
        week_start_on as local_date,
        category,
        seconds
    from {{ ref('int_time__pulse') }}

)

select
    evidence,
    person_id,
    local_date,
    category,
    cast(sum(seconds) as bigint) as seconds

from times
group by all
