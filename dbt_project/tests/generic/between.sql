{# A number inside its bounds, both included; null passes (see not_null). inf and nan never do. #}
{% test between(model, column_name, at_least=none, at_most=none) %}
    
select {{ column_name }}
from {{ model }}
where isnan(cast({{ column_name }} as double))
    or isinf(cast({{ column_name }} as double))
    {%- if at_least is not none %}
    or {{ column_name }} < {{ at_least }}
    {%- endif %}
    {%- if at_most is not none %}
    or {{ column_name }} > {{ at_most }}
    {%- endif %}
{% endtest %}
