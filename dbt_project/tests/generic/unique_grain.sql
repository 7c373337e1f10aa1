{# One row per combination of the columns: every model says its grain and is held to it. #}
{% test unique_grain(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as row_count,

from {{ model }}
group by all
having count(*) > 1
{% endtest %}
