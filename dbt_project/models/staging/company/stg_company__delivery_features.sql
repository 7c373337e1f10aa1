-- grain: one row per rule that tells features among delivery items
select
    source,
    project_key,
    lower(trim(issue_type)) as issue_type,
    label,
    owner as owner_field,
    release as release_field

from {{ source('company', 'delivery_features') }}
