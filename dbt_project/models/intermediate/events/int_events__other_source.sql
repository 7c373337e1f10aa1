-- grain: one row per event in whose place another source's counts (counted_from of the plan)
with

rules as (

    select * from {{ ref('stg_company__plan_counted_from') }}

),

names as (

    select
        source,
        source_event_name,
        event_name
    from {{ ref('int_events__names') }}

),

quarantined as (

    select event_id from {{ ref('int_events__quarantined') }}

),

-- an event's own rule goes before the default of all events
own_rules as (

    select
        event_name,
        any_value(kind) as kind
    from rules
    where event_name is not null
    group by all

),

defaults as (

    select any_value(kind) as kind
    from rules
    where event_name is null
    having count(*) > 0

),

ruled_names as (

    select
        names.source,
        names.source_event_name,
        names.event_name,
        own_rules.event_name as rule_of,
        coalesce(own_rules.kind, defaults.kind) as kind

    from names
    left join own_rules
        on names.event_name = own_rules.event_name
    left join defaults
        on true
    where own_rules.kind is not null or defaults.kind is not null

),

events as (

    select
        events.event_id,
        events.source,
        ruled_names.event_name,
        ruled_names.rule_of,
        ruled_names.kind,
        events.properties,
        cast({{ local_time('events.occurred_at', 'settings.timezone') }} as date) as local_date

    from {{ ref('int_events__unioned') }} as events
    cross join {{ ref('stg_company__settings') }} as settings
    inner join ruled_names
        on
            events.source = ruled_names.source
            and events.source_event_name = ruled_names.source_event_name

),

periods as (

    select
        event_name as rule_of,
        source,
        coalesce(from_date, date '0001-01-01') as from_date,
        coalesce(to_date, date '9999-12-31') as to_date
    from rules
    where kind = 'one_of'

),

-- the sources that a rule decides among: the default leaves alone a source that it does not name,
-- a rule of one event says of all others that they do not count
decided_by_period as (

    select events.*
    from events
    where
        events.kind = 'one_of'
        and (
            events.rule_of is not null
            or events.source in (
                select periods.source from periods
                where periods.rule_of is null
            )
        )

),

-- on a day for which no source is named, all count
out_of_period as (

    select decided_by_period.event_id
    from decided_by_period
    inner join periods
        on
            decided_by_period.rule_of is not distinct from periods.rule_of
            and decided_by_period.local_date >= periods.from_date
            and decided_by_period.local_date < periods.to_date
    group by decided_by_period.event_id
    having not bool_or(decided_by_period.source = periods.source)

),

matches as (

    select
        event_name as rule_of,
        any_value(property) as property,
        list(source order by position) as preferred

    from rules
    where kind = 'match'
    group by all

),

-- a quarantined event counts nowhere, so it does not push another one out
matched as (

    select
        events.event_id,
        events.source,
        events.event_name,
        json_extract_string(events.properties, '$."' || matches.property || '"') as match_value,
        coalesce(nullif(list_position(matches.preferred, events.source), 0), 1000) as place

    from events
    inner join matches
        on events.rule_of is not distinct from matches.rule_of
    anti join quarantined
        on events.event_id = quarantined.event_id
    where events.kind = 'match'

),

counted as (

    select
        event_name,
        match_value,
        min((place, source)) as best
    from matched
    where match_value is not null
    group by all

),

out_of_match as (

    select matched.event_id
    from matched
    inner join counted
        on matched.event_name = counted.event_name and matched.match_value = counted.match_value
    where (matched.place, matched.source) != counted.best

),

other_source as (

    select event_id from out_of_period
    union all
    select event_id from out_of_match

)

select * from other_source
