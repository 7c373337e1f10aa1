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
