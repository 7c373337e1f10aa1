{# A ratio without a denominator is no data (null): DuckDB would give inf or nan. #}
{% macro safe_ratio(numerator, denominator) -%}
    (cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0))
{%- endmacro %}

{# Bounds of the 95 % Wilson interval of a share; null where nothing was counted (least() would skip the null and give 1). #}
{% macro wilson_low(successes, total) -%}{{ _wilson(successes, total, '-') }}{%- endmacro %}
{% macro wilson_high(successes, total) -%}{{ _wilson(successes, total, '+') }}{%- endmacro %}

{% macro _wilson(successes, total, sign) -%}
    {%- set z = '1.959963984540054' -%}
    {%- set p = safe_ratio(successes, total) -%}
    {%- set n = 'nullif(cast(' ~ total ~ ' as double), 0)' -%}
    case when {{ p }} is not null then greatest(0.0, least(1.0, (
        {{ p }} + {{ z }} * {{ z }} / (2 * {{ n }})
        {{ sign }} {{ z }} * sqrt({{ p }} * (1 - {{ p }}) / {{ n }} + {{ z }} * {{ z }} / (4 * {{ n }} * {{ n }}))
    ) / (1 + {{ z }} * {{ z }} / {{ n }}))) end
{%- endmacro %}
