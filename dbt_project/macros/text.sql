{# Free text without what names a person: addresses, links and long numbers are replaced by what they were. #}
{% macro redacted(column) -%}
    regexp_replace(
        regexp_replace(
            regexp_replace({{ column }}, '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+', '[email]', 'g'),
            'https?://\S+', '[link]', 'g'
        ),
        '\+?[0-9][0-9 ().-]{6,}[0-9]', '[number]', 'g'
    )
{%- endmacro %}
