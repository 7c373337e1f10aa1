-- grain: one row per Amplitude id that takes part in a merge
with

merges as (

    select project, amplitude_id, merged_amplitude_id
    from {{ ref('stg_amplitude__merges') }}
    where amplitude_id != merged_amplitude_id
    group by all

),

-- `union` stops at a pair that was found before, so merges in a circle end as well
followed as (

    with recursive walk as (

        select project, amplitude_id, merged_amplitude_id as found
        from merges

        union

        select walk.project, walk.amplitude_id, merges.merged_amplitude_id as found
        from walk
        inner join merges
            on walk.project = merges.project and walk.found = merges.amplitude_id

    )

    select * from walk

),

ends as (

    select
        followed.project,
        followed.amplitude_id,
        min(case when merges.amplitude_id is null then followed.found end) as last_id,
        least(followed.amplitude_id, min(followed.found)) as smallest_id,

    from followed
    left join merges
        on followed.project = merges.project and followed.found = merges.amplitude_id
    group by followed.project, followed.amplitude_id

),

roots as (

    select project, amplitude_id, coalesce(last_id, smallest_id) as root_id
    from ends

    union

    select project, coalesce(last_id, smallest_id) as amplitude_id, coalesce(last_id, smallest_id) as root_id
    from ends

)

select
    project,
    amplitude_id,
    min(root_id) as root_id,

from roots
group by all
