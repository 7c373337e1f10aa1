{# The instant as of which a number is told: `set variable as_of = '…'`, else the latest accepted record. Never the clock. #}
{% macro as_of() -%}
    coalesce(cast(getvariable('as_of') as timestamp), (select data_through_at from {{ ref('dim_data_through') }}))
{%- endmacro %}

{# True where a record had been seen: all of them by default, those strictly before the instant when one is given. #}
{% macro seen_by_as_of(column) -%}
    (getvariable('as_of') is null or {{ column }} < cast(getvariable('as_of') as timestamp))
{%- endmacro %}

{# A UTC timestamp as wall clock time in a zone. #}
{% macro local_time(column, zone) -%}
    timezone({{ zone }}, timezone('UTC', {{ column }}))
{%- endmacro %}

{# The quarter of an hour that an instant lies in: zones change their clocks between two of them. #}
{% macro quarter_of(instant) -%}
    time_bucket(interval 15 minute, {{ instant }})
{%- endmacro %}

{# The same as `local_time` for one of many instants, by the row of `int_events__quarter_hours` that was joined to it. #}
{% macro shifted_time(column, shift, zone) -%}
    case when {{ shift }} is null then {{ local_time(column, zone) }} else {{ column }} + {{ shift }} end
{%- endmacro %}

{# Minutes on the wall clock from one timestamp to another; null where one of them is not known. #}
{% macro minutes_between(start, end) -%}
    (cast(date_diff('second', {{ start }}, {{ end }}) as double) / 60)
{%- endmacro %}

{# The first day of a date's week; `week_start` is 1 for Monday to 7 for Sunday. #}
{% macro week_start_of(day, week_start) -%}
    {{ day }} - cast((isodow({{ day }}) - {{ week_start }} + 7) % 7 as integer)
{%- endmacro %}
