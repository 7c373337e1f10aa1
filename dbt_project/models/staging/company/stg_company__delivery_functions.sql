-- grain: one row per status and project that a function has
select
    source,
    project_key,
    lower(trim(status)) as status,
    function as function_name

from {{ source('company', 'delivery_functions') }}
