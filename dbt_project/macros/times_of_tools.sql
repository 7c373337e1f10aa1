{# A written ISO time inside a JSON bag, as UTC. #}
{% macro utc_text(text) -%}
    timezone('UTC', try_cast({{ text }} as timestamptz))
{%- endmacro %}

{# Epoch milliseconds, or a written ISO time, inside a JSON bag, as UTC: told apart by what is there. #}
{% macro millis_or_text(text) -%}
    coalesce(
        make_timestamp(try_cast({{ text }} as bigint) * 1000),
        timezone('UTC', try_cast({{ text }} as timestamptz))
    )
{%- endmacro %}
