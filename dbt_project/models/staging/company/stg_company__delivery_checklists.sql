-- grain: one row per rule that tells items of launch checklists
select
    source,
    project_key,
    lower(trim(issue_type)) as issue_type,
    label

from {{ source('company', 'delivery_checklists') }}
