-- grain: one row per evidence, person and stretch of working time in which the same entries go on
-- Where two categories overlap, the first declared one has the time; the same category twice at
-- once is one time, and unclassified time gives way to all. No stretch lies half in an entry, so
-- whoever asks for the time of some entries can take whole stretches.
with

parts as (

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
    where workdays.from_at is not null

),

edges as (

    select
        evidence,
        person_id,
        local_date,
        from_at as edge_at
    from parts

    union

    select
        evidence,
        person_id,
        local_date,
        to_at as edge_at
    from parts

),

segments as (

    select
        evidence,
        person_id,
        local_date,
        edge_at as from_at,
        lead(edge_at) over (
            partition by evidence, person_id, local_date order by edge_at
        ) as to_at
    from edges

)

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
