-- grain: one row per work item, field and change of it, numbered in their order
-- Of items whose whole change log was delivered, for a part of one tells a wrong beginning.
with

histories as (

    select
        concat_ws('|', source, project, issue_id) as item_id,
        unnest(json_extract(changelog, '$[*]')) as history
    from {{ ref('stg_jira__issues') }}
    where changelog_is_complete

    union all

    select
        concat_ws('|', source, project, coalesce(uuid, issue_id)) as item_id,
        unnest(json_extract(changelog, '$[*]')) as history
    from {{ ref('stg_linear__issues') }}
    where changelog_is_complete

),

changed_fields as (

    select
        item_id,
        cast(history ->> '$.at' as timestamp) as changed_at,
        coalesce(history ->> '$.id', '') as history_id,
        unnest(json_extract(history, '$.items[*]')) as change
    from histories

),

changes as (

    select
        item_id,
        history_id,
        lower(change ->> '$.field') as field,
        change ->> '$.from' as from_id,
        change ->> '$.from_name' as from_name,
        change ->> '$.to' as to_id,
        change ->> '$.to_name' as to_name,
        changed_at
    from changed_fields

)

select
    item_id,
    field,
    -- ids are numbers: of two changes at one instant the shorter id came first
    row_number() over (
        partition by item_id, field
        order by changed_at, length(history_id), history_id, to_name
    ) as position,
    from_id,
    from_name,
    to_id,
    to_name,
    changed_at

from changes
where field in ('status', 'assignee')
