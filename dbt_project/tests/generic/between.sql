{# A number inside its bounds, both included; null passes (see not_null). inf and nan never do. #}
{% test between(model, column_name, at_least=-1e308, at_most=1e308) %}
select {{ column_name }}
from {{ model }}
where
    isnan(cast({{ column_name }} as double))
    or isinf(cast({{ column_name }} as double))
    or {{ column_name }} < {{ at_least }}
    or {{ column_name }} > {{ at_most }}
{% endtest %}
