{#
    One row per combination of the columns: every model says its grain and is held to it. What `told_by`, an incremental model,
    left alone in this build was looked at when it was told.
#}
{% test unique_grain(model, columns, told_by=none) %}
select
    {{ columns | join(', ') }},
    count(*) as row_count,

from {{ model }}
where {{ told_in_this_build(columns[0], told_by) }}
group by all
having count(*) > 1
{% endtest %}
