-- grain: one row per source, kind of name and pattern that names outside the plan share
-- Names that carry ids swell lists without telling more: `view_item_1`, `view_item_2` are
-- `view_item_{id}`. Where no id shows, names that differ in their last word only are one pattern.
{% set fewest_names = 10 %}
{% set patterns_kept = 200 %}
with

event_names as (

    select
        source,
        'event' as kind,
        source_event_name as name,
        events,
        is_over_limit
    from {{ ref('int_events__names') }}
    where plan_status = 'unplanned'

),

property_names as (

    select
        source,
        'property' as kind,
        property as name,
        events,
        is_over_limit
    from {{ ref('int_events__unplanned_keys') }}
    where not is_vendor

),

names as (

    select * from event_names
    union all by name
    select * from property_names

),

written as (

    select
        source,
        kind,
        name,
        events,
        is_over_limit,
        {{ name_pattern('name') }} as with_ids,
        regexp_replace({{ name_pattern('name') }}, '[^_ .:/-]+$', '{value}') as with_values

    from names

),

-- the last word is only taken for a value where many names have nothing else that differs
counted as (

    select
        source,
        kind,
        name,
        events,
        is_over_limit,
        case
            when contains(with_ids, '{') then with_ids
            when count(*) over (partition by source, kind, with_values) >= 50 then with_values
        end as pattern

    from written

),

patterns as (

    select
        source,
        kind,
        pattern,
        count(*) as names,
        cast(sum(events) as bigint) as events,
        bool_or(is_over_limit) as hides_names,
        case
            when not contains(pattern, '{email}') then min(name, 5)
        end as example_names

    from counted
    where pattern is not null and length(pattern) <= 200
    group by source, kind, pattern
    having count(*) >= {{ fewest_names }}
    qualify row_number() over (
        partition by source, kind order by count(*) desc, pattern asc
    ) <= {{ patterns_kept }}

)

select
    source,
    kind,
    pattern,
    names,
    events,
    hides_names,
    cast(to_json(coalesce(example_names, [])) as varchar) as example_names

from patterns
