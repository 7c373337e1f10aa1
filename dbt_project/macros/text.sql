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

{# The text of an HTML fragment: line ends for its blocks, no tags, the five entities of HTML and blanks written out. #}
{% macro plain_text(column) -%}
    nullif(trim(
        replace(replace(replace(replace(replace(replace(
            regexp_replace(
                regexp_replace({{ column }}, '<(br|/p|/li|/div|/h[1-6])[^>]*>', chr(10), 'gi'), '<[^>]*>', '', 'g'
            ),
            '&nbsp;', ' '), '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&#39;', ''''), '&amp;', '&')
    , ' ' || chr(10)), '')
{%- endmacro %}
