-- grain: one row per rule that tells data requests among tickets
select
    source,
    project_key,
    label,
    question_label_prefix

from {{ source('company', 'data_requests') }}
group by all
