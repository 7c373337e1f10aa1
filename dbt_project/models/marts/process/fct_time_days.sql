-- grain: one row per evidence, person, day of the reporting zone and category
-- Where two categories overlap, the first declared one has the time; the same category twice at
-- once is one time, and unclassified time gives way to all. Every day with an entry has a row,
-- also when none of it lies in working hours. Hours of a pulse survey are of a whole week and stand
-- on its first day.
{% set keys = ['evidence', 'person_id', 'local_date'] %}
with

workdays as (

    select
        workdays.evidence,
        workdays.person_id,
        workdays.local_date,
        workdays.from_at,
        workdays.to_at,
        categories.category,
        categories.category_position

    from {{ ref('int_time__workdays') }} as workdays
    left join {{ ref('int_time__categories') }} as categories
        on workdays.entry_id = categories.entry_id

),

parts as (

    select * from workdays
    where from_at is not null

),

{{ time_segments('parts', keys) }},

decided as (

    select
        segments.evidence,
        segments.person_id,
        segments.local_date,
        segments.from_at,
        segments.to_at,
        arg_min(parts.category, parts.category_position) as category

    from segments
    inner join parts
        on
            segments.evidence = parts.evidence
            and segments.person_id = parts.person_id
            and segments.local_date = parts.local_date
            and segments.from_at >= parts.from_at
            and segments.to_at <= parts.to_at
    group by all

),

times as (

    select
        evidence,
        person_id,
        local_date,
        category,
        date_diff('second', from_at, to_at) as seconds
    from decided

    union all

    -- the day has evidence, whatever of it is working time
    select
        evidence,
        person_id,
        local_date,
        cast(null as varchar) as category,
        0 as seconds
    from workdays

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
