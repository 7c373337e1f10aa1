-- grain: one row per event of the plan ('' is all that is outside it) and rule
with

events as (

    select event_name
    from {{ ref('stg_company__plan_events') }}
    union
    select '' as event_name

),

rules as (

    select unnest(string_split('{{ taxonomy_rules() }}', ' ')) as rule

),

declared as (

    select * from {{ ref('stg_company__plan_rules') }}

),

modes as (

    select
        events.event_name as plan_event_name,
        rules.rule,
        coalesce(own.mode, general.mode, 'warn') as mode

    from events
    cross join rules
    left join declared as own
        on events.event_name = own.event_name and rules.rule = own.rule
    left join declared as general
        on general.event_name is null and rules.rule = general.rule

)

select * from modes
