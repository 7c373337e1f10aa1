{# Event properties with a column of their own, read out of a bag in one pass. #}

{# Run before the model: only paths that are constant are read in one pass over each bag. #}
{% macro remember_kept_properties() -%}
    set variable kept_properties = (
        select coalesce(list(json_pointer order by place), ['/'])
        from {{ ref('dim_kept_properties') }}
    )
{%- endmacro %}

{% macro kept_values(bag) -%}
    try(json_extract_string({{ bag }}, cast(getvariable('kept_properties') as varchar[])))
{%- endmacro %}
