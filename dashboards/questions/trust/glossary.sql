-- grain: one row per feature, and per property with one meaning

-- @temp terms
with

features as (

    select
        'feature' as kind,
        features.feature as name,
        features.name as label,
        features.description as meaning,
        features.owner,
        features.area,
        coalesce(list(distinct events.event_name order by events.event_name)
            filter (where events.event_name is not null), []) as events,
        0 as violations

    from marts.dim_features as features
    left join marts.dim_events as events
        on features.feature = events.feature
    where features.feature is not null
    group by all

),

properties as (

    select
        'property' as kind,
        properties.property as name,
        properties.property as label,
        properties.description as meaning,
        properties.type,
        properties.unit,
        properties.pii_class,
        properties.allowed,
        properties.is_declared,
        first(events.owner order by events.event_name) as owner,
        first(events.area order by events.event_name) as area,
        list(distinct properties.event_name order by properties.event_name) as events,
        bool_or(properties.is_required) as is_required,
        cast(sum(properties.violations) as bigint) as violations

    from marts.dim_event_properties as properties
    left join marts.dim_events as events
        on properties.event_name = events.event_name
    group by all

)

select * from features
union all by name
select * from properties

-- @rows
select *
from terms
where ($kind is null or kind = $kind)
    and (
        $text is null
        or list_bool_and(list_transform(
            string_split(lower(trim($text)), ' '),
            lambda word: contains(
                lower(concat_ws(' ', name, replace(name, '_', ' '), label, meaning, type, unit, owner, area)), word
            )
        ))
    )
    and (
        len($event_names::varchar[]) = 0
        or list_has_any(events, $event_names::varchar[])
    )
order by
    kind,
    -- a term that is called so comes before one that only mentions it
    ($text is not null and lower(replace(name, '_', ' ')) = lower(replace(trim($text), '_', ' '))) desc,
    name,
    len(events) desc

-- @summary
select
    count(*) filter (where kind = 'feature') as features,
    count(distinct name) filter (where kind = 'property') as properties,
    count(*) filter (where meaning is null or trim(meaning) = '') as without_meaning

from terms
