-- grain: one row per event and time that a staged row of it said or says: events that came, went or
-- are told differently since the last build
-- Empty where all was built as a whole. What staging kept of its changes is taken from there: a
-- source without news would show the last ones again.
{% set staged = [
    'stg_amplitude__event_records',
    'stg_mixpanel__event_records',
    'stg_posthog__events',
    'stg_events__events',
] %}
{{ config(post_hook="{{ take_changes(" ~ staged ~ ") }}") }}

with

changes as (

    {% for model in staged -%}
        select
            event_id,
            occurred_at
        from {{ changes_of(ref(model)) }}
        {{ 'union' if not loop.last }}

    {% endfor %}

)

select * from changes
