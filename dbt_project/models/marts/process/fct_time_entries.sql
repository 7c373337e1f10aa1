-- grain: one row per entry of time of a known person
with

entries as (

    select *
    from {{ ref('int_time__entries') }}
    where person_id is not null

),

categories as (

    select
        entry_id,
        category,
        rule
    from {{ ref('int_time__categories') }}

),

workdays as (

    select
        entry_id,
        min(local_date) as local_date,
        coalesce(sum(date_diff('second', from_at, to_at)), 0) as seconds
    from {{ ref('int_time__workdays') }}
    group by all

)

select
    entries.entry_id,
    entries.evidence,
    entries.source,
    entries.project,
    entries.person_id,
    categories.category,
    categories.rule,
    {{ redacted('entries.title') }} as title_redacted,
    entries.work_project,
    entries.task,
    cast(workdays.seconds as bigint) as seconds,
    workdays.local_date,
    entries.start_at,
    entries.end_at

from entries
inner join workdays
    on entries.entry_id = workdays.entry_id
left join categories
    on entries.entry_id = categories.entry_id
