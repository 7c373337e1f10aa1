-- grain: one row per event, property and rule that had to be judged event by event
{{ config(materialized='view') }}

with

of_values as (

    select * from {{ ref('int_events__value_violations') }}

),

of_texts as (

    select * from {{ ref('int_events__text_violations') }}

),

modes as (

    select * from {{ ref('int_events__rule_modes') }}

),

violations as (

    select * from of_values
    union all by name
    select * from of_texts

),

with_modes as (

    select
        violations.event_id,
        violations.property,
        violations.rule,
        violations.detail,
        modes.mode

    from violations
    inner join modes
        on
            violations.plan_event_name = modes.plan_event_name
            and violations.rule = modes.rule

)

select * from with_modes
