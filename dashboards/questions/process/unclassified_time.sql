-- grain: one row per evidence and title that no rule puts into a category

-- @temp entries
select
    entries.evidence,
    entries.person_id,
    lower(trim(coalesce(entries.title_redacted, 'without a title'))) as title,
    entries.work_project,
    entries.category,
    entries.seconds

from marts.fct_time_entries as entries
inner join marts.dim_people as people
    on entries.person_id = people.person_id and people.role = 'pm'
where entries.start_at >= $from_at and entries.start_at < least($to_at, $as_of)

-- @temp titles
select
    evidence,
    title,
    work_project,
    count(*) as entries,
    count(distinct person_id) as people,
    sum(seconds) / 3600.0 as hours

from entries
where category is null
group by all

-- @rows
select
    evidence,
    title,
    work_project,
    entries,
    people,
    hours

from titles
where people >= (select minimum_group_size from marts.dim_settings)
order by hours desc, title, work_project

-- @summary
select
    coalesce(sum(seconds) filter (where category is null), 0) / 3600.0 as unclassified_hours,
    sum(seconds) filter (where category is null) / nullif(sum(seconds), 0) as unclassified_share,
    (
        select count(*)
        from titles
        where people < (select minimum_group_size from marts.dim_settings)
    ) as titles_not_shown

from entries
