{# One row per combination of the columns. Every model says its grain, and this test holds it to its word. #}
{% test unique_grain(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as row_count,

from {{ model }}
group by all
having count(*) > 1
{% endtest %}
