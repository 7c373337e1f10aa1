-- grain: one row per entry of time that a rule puts into a category
-- The first rule that fits decides, in the order of the file.
with

texts as (

    select * from {{ ref('int_time__texts') }}

),

rules as (

    select * from {{ ref('stg_company__time_rules') }}

),

fitting as (

    select
        texts.entry_id,
        min(rules.position) as position

    from texts
    inner join rules
        on texts.field = rules.field and {{ time_rule_fits('rules', 'texts') }}
    group by all

)

select
    fitting.entry_id,
    rules.category,
    rules.category_position,
    rules.field || ' ' || rules.operator || ' “' || rules.looked_for || '”' as rule

from fitting
inner join rules
    on fitting.position = rules.position
