{#
    Events that tools write about people, not people's acts: they count as activity only where the plan says so.
    The list is closed (metric rule A1); page views and autocapture are acts.
#}
{% macro is_system_event(name) -%}
    (
        {{ name }} in (
            '$identify', '$create_alias', '$groupidentify', '$set', '$feature_flag_called', '$experiment_started',
            '$exposure', '[Amplitude] Merged User'
        )
        or starts_with({{ name }}, '$merge')
        or starts_with({{ name }}, '[Experiment] ')
        or starts_with({{ name }}, 'survey ')
        or regexp_matches({{ name }}, '^(\[Amplitude\] )?\$?push([ _]notification)?[ _]received$', 'i')
    )
{%- endmacro %}

{# The rule that a property's value breaks, or null. A JSON null is an absent value. #}
{% macro property_rule(rule, value) -%}
    case
        when {{ value }} is null or json_type({{ value }}) = 'NULL' then
            case when {{ rule }}.is_required then 'required_missing' end
        when case {{ rule }}.type
            when 'string' then json_type({{ value }}) not in ('VARCHAR')
            when 'text' then json_type({{ value }}) not in ('VARCHAR')
            when 'integer' then json_type({{ value }}) not in ('BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT')
                and coalesce(try_cast({{ value }} ->> '$' as double) % 1 != 0 or json_type({{ value }}) != 'DOUBLE', true)
            when 'number' then json_type({{ value }}) not in ('BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE')
            when 'boolean' then json_type({{ value }}) != 'BOOLEAN'
            when 'array' then json_type({{ value }}) != 'ARRAY'
            when 'list' then json_type({{ value }}) != 'ARRAY'
            when 'object' then json_type({{ value }}) != 'OBJECT'
            when 'timestamp' then try_cast({{ value }} ->> '$' as timestamptz) is null
            when 'datetime' then try_cast({{ value }} ->> '$' as timestamptz) is null
            when 'date' then try_cast({{ value }} ->> '$' as date) is null
            else false
        end then 'type_mismatch'
        when not coalesce(list_contains({{ rule }}.allowed, {{ value }} ->> '$'), true)
            or not coalesce(regexp_full_match({{ value }} ->> '$', {{ rule }}.pattern), true)
            or coalesce(try_cast({{ value }} ->> '$' as double) < {{ rule }}.minimum, false)
            or coalesce(try_cast({{ value }} ->> '$' as double) > {{ rule }}.maximum, false)
            then 'value_not_allowed'
    end
{%- endmacro %}

{# Properties that the vendors' libraries add by themselves: no plan lists them. #}
{% macro is_vendor_property(name) -%}
    (
        starts_with({{ name }}, '$')
        or starts_with({{ name }}, 'mp_')
        or starts_with({{ name }}, 'utm_')
        or starts_with({{ name }}, '[')
        or {{ name }} in ('token', 'distinct_id', 'time')
    )
{%- endmacro %}
