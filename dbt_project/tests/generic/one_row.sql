{# Exactly one row: a table of settings that is empty would empty everything joined to it. #}
{% test one_row(model) %}
select count(*) as row_count
from {{ model }}
having count(*) != 1
{% endtest %}
