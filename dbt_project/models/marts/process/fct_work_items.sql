-- grain: one row per work item of a project whose statuses delivery.yml gives to functions
with

work_items as (

    select * from {{ ref('int_delivery__work_items') }}

)

select
    item_id,
    source,
    project,
    project_key,
    issue_key as item_key,
    has_history,
    created_at,
    finished_at

from work_items
