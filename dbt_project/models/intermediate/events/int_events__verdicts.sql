-- grain: one row per source and shape that breaks a rule by its name, keys or types
with

shapes as (

    select
        source,
        source_event_name,
        plan_event_name,
        shape_key
    from {{ ref('int_events__shapes') }}

),

of_names as (

    select
        shapes.source,
        shapes.shape_key,
        shapes.plan_event_name,
        cast(null as varchar) as property,
        violations.rule,
        violations.detail

    from shapes
    inner join {{ ref('int_events__name_violations') }} as violations
        on
            shapes.source = violations.source
            and shapes.source_event_name = violations.source_event_name

),

of_shapes as (

    select
        shapes.source,
        shapes.shape_key,
        shapes.plan_event_name,
        violations.property,
        violations.rule,
        violations.detail

    from shapes
    inner join {{ ref('int_events__shape_violations') }} as violations
        on
            shapes.source = violations.source
            and shapes.shape_key = violations.shape_key

),

violations as (

    select * from of_names
    union all
    select * from of_shapes

),

listed as (

    select
        violations.source,
        violations.shape_key,
        list_sort(list(distinct violations.rule)) as rules,
        list(
            {
                'property': violations.property,
                'rule': violations.rule,
                'detail': violations.detail,
                'mode': modes.mode
            }
            order by violations.rule, violations.property
        ) as violations,
        bool_or(modes.mode != 'observe') as is_flagged,
        bool_or(modes.mode = 'quarantine') as is_quarantined

    from violations
    inner join {{ ref('int_events__rule_modes') }} as modes
        on
            violations.plan_event_name = modes.plan_event_name
            and violations.rule = modes.rule
    group by all

)

select
    source,
    shape_key,
    rules,
    violations,
    hash(violations) as verdict_key,
    is_flagged,
    is_quarantined

from listed
