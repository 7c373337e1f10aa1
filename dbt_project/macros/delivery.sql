{# A release by any spelling: `v2.4.0`, `2.4.0` and ` V2.4.0` are one. #}
{% macro release_key(name) -%}
    regexp_replace(lower(trim({{ name }})), '^v([0-9])', '\1')
{%- endmacro %}

{# Midnight of a day in a zone as UTC: from then on the day's records are seen. #}
{% macro start_of_day(day, zone) -%}
    timezone('UTC', timezone({{ zone }}, cast({{ day }} as timestamp)))
{%- endmacro %}

{# Whether a rule of delivery.yml takes an item: everything that the rule names has to fit. #}
{% macro takes_item(rules, items) -%}
    (
        coalesce({{ rules }}.project_key = {{ items }}.project_key, {{ rules }}.project_key is null)
        and coalesce({{ rules }}.issue_type = {{ items }}.issue_type, {{ rules }}.issue_type is null)
        and ({{ rules }}.label is null or list_contains({{ items }}.labels, {{ rules }}.label))
    )
{%- endmacro %}
