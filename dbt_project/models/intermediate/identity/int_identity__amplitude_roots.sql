-- grain: one row per Amplitude id that takes part in a merge
with

merge_pairs as (

    select
        project,
        amplitude_id,
        merged_amplitude_id
    from {{ ref('stg_amplitude__merges') }}
    where amplitude_id != merged_amplitude_id
    group by all

),

-- `union` stops at a pair that was found before, so merges in a circle end as well
followed as (

    with recursive walk as (

        select
            project,
            amplitude_id,
            merged_amplitude_id as found
        from merge_pairs

        union

        select
            walk.project,
            walk.amplitude_id,
            merge_pairs.merged_amplitude_id as found
        from walk
        inner join merge_pairs
            on walk.project = merge_pairs.project and walk.found = merge_pairs.amplitude_id

    )

    select * from walk

),

ends as (

    select
        followed.project,
        followed.amplitude_id,
        coalesce(
            min(case when merge_pairs.amplitude_id is null then followed.found end),
            least(followed.amplitude_id, min(followed.found))
        ) as root_id

    from followed
    left join merge_pairs
        on followed.project = merge_pairs.project and followed.found = merge_pairs.amplitude_id
    group by followed.project, followed.amplitude_id

),

roots as (

    select
        project,
        amplitude_id,
        root_id

    from ends

    union

    select
        project,
        root_id as amplitude_id,
        root_id

    from ends

)

select
    project,
    amplitude_id,
    min(root_id) as root_id

from roots
group by all
