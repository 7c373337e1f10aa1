-- grain: one row per source, project and name of ours
select
    source,
    project,
    name,
    header

from {{ source('company', 'source_columns') }}
