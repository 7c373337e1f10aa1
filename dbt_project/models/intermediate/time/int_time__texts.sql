-- grain: one row per entry of time, field and text that a rule may look at
with

entries as (

    select * from {{ ref('int_time__entries') }}

),

texts as (

    select
        entry_id,
        'title' as field,
        title as written
    from entries

    union all

    select
        entry_id,
        'project' as field,
        work_project as written
    from entries

    union all

    select
        entry_id,
        'task' as field,
        task as written
    from entries

    union all

    select
        entry_id,
        'tag' as field,
        unnest(json_extract_string(tags, '$[*]')) as written
    from entries

)

select
    entry_id,
    field,
    lower(trim(written)) as written

from texts
where written is not null
group by all
