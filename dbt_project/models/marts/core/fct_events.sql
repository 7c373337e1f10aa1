-- grain: one row per event
-- Sorted by month, name, person and time: a question reads the months and names that it is about,
-- and meets the events of a person together. Month and name are one number: to sort by texts costs
-- more than twice as much.
-- depends_on: {{ ref('dim_kept_properties') }}
{{ config(
    materialized='incremental',
    unique_key='event_id',
    scope='event_id',
    pre_hook="{{ remember_kept_properties() }}",
    post_hook="{{ remember([
        'int_events__names', 'int_events__other_source', 'int_events__verdicts', 'int_identity__internal_persons', 'dim_kept_properties',
    ]) }}",
) }}

{% set keys %}
    select event_id from {{ ref('int_events__arrivals') }}
    union
    select event_id from {{ changes_of(ref('int_identity__event_persons')) }}
    union
    select event_id from {{ changes_of(ref('int_sessions__event_sessions')) }}
    union
    select event_id from {{ changes_of(ref('int_events__text_violations')) }}
    union
    select event_id from {{ unlike_last_time('int_events__other_source', ['event_id']) }}
    union
    select facts.event_id
    from {{ this }} as facts
    semi join {{ unlike_last_time('int_identity__internal_persons', ['person_key']) }} as changed
        on facts.person_key = changed.person_key
    union
    select facts.event_id
    from {{ this }} as facts
    semi join {{ unlike_last_time('int_events__names', ['source', 'source_event_name', 'event_name']) }} as changed
        on facts.source = changed.source and facts.source_event_name = changed.source_event_name
    union
    select events.event_id
    from {{ ref('int_events__unioned') }} as events
    semi join {{ unlike_last_time('int_events__verdicts', ['source', 'shape_key', 'rules', 'is_flagged', 'is_quarantined']) }} as changed
        on events.source = changed.source and events.shape_key = changed.shape_key
    union
    -- a column that holds another property now is read anew for all events
    select event_id
    from {{ ref('int_events__unioned') }}
    where exists (from {{ unlike_last_time('dim_kept_properties', ['property', 'place']) }})
{% endset %}
{{ told_anew(keys) }}

with

events as (

    select
        event_id,
        source,
        project,
        source_event_name,
        shape_key,
        properties,
        person_properties,
        platform,
        country,
        occurred_at,
        received_at,
        load_id
    from {{ ref('int_events__unioned') }}
    where {{ in_scope('event_id') }}

),

names as (

    select
        *,
        dense_rank() over (order by event_name) as place
    from {{ ref('int_events__names') }}

),

-- DuckDB keeps in memory what it takes for the smaller side of a join. It guesses that a condition
-- or an inner join leaves a part: events have a condition in staging, so what they are joined to
-- has one, too, and names are joined from the left, though each event has one.
persons as (

    select * from {{ ref('int_identity__event_persons') }}
    where person_key is not null and {{ in_scope('event_id') }}

),

internal_persons as (

    select person_key from {{ ref('int_identity__internal_persons') }}

),

other_source as (

    select event_id from {{ ref('int_events__other_source') }}

),

quarantined as (

    select event_id from {{ ref('int_events__quarantined') }}

),

accounts as (

    select
        event_id,
        account_key
    from {{ ref('int_events__accounts') }}
    where account_key is not null and {{ in_scope('event_id') }}

),

sessions as (

    select
        event_id,
        session_id
    from {{ ref('int_sessions__event_sessions') }}
    where session_id is not null and {{ in_scope('event_id') }}

),

settings as (

    select timezone from {{ ref('dim_settings') }}

),

-- rules by the name and shape of an event, by the day from which it is not welcome, and by its
-- values
verdicts as (

    select
        source,
        shape_key,
        rules,
        array_to_string(rules, ',') as listed_rules,
        is_flagged
    from {{ ref('int_events__verdicts') }}

),

sunsets as (

    select * from {{ ref('int_events__sunsets') }}

),

event_violations as (

    select
        event_id,
        list(distinct rule) as rules,
        bool_or(mode != 'observe') as is_flagged
    from {{ ref('int_events__event_violations') }}
    where {{ in_scope('event_id') }}
    group by all

),

-- joined before they meet the events: these tables are narrow, bags are not
placed as (

    select
        persons.event_id,
        persons.actor_id,
        persons.source_actor_id,
        persons.person_key,
        accounts.account_key,
        sessions.session_id,
        {{ shifted_time('persons.occurred_at', 'quarters.shift', 'settings.timezone') }} as local_at

    from persons
    cross join settings
    inner join {{ ref('int_events__quarter_hours') }} as quarters
        on {{ quarter_of('persons.occurred_at') }} = quarters.quarter_at
    left join accounts
        on persons.event_id = accounts.event_id
    left join sessions
        on persons.event_id = sessions.event_id

),

joined as (

    select
        -- ids
        events.event_id,
        events.source,
        events.project,
        names.event_name,
        events.source_event_name,
        placed.actor_id,
        placed.source_actor_id,
        placed.person_key,
        placed.account_key,
        placed.session_id,

        -- attributes
        names.feature,
        names.area,
        names.plan_status,
        names.is_active_event,
        names.is_value_event,
        internal_persons.person_key is not null as is_internal,
        case
            when internal_persons.person_key is not null then 'internal'
            when other_source.event_id is not null then 'other_source'
            when quarantined.event_id is not null then 'quarantined'
        end as left_out_because,
        events.properties,
        events.person_properties,
        events.platform,
        events.country,
        -- most events break the rules of their verdict or none: that list is made once for all
        case
            when event_violations.rules is null and sunsets.sunset_at is null
                then coalesce(verdicts.listed_rules, '')
            else array_to_string(
                list_sort(list_distinct(list_concat(
                    verdicts.rules,
                    event_violations.rules,
                    case when sunsets.sunset_at is not null then ['deprecated_event_seen'] end
                ))),
                ','
            )
        end as violations,
        coalesce(verdicts.is_flagged, false)
        or coalesce(event_violations.is_flagged, false)
        or coalesce(sunsets.mode != 'observe', false) as is_flagged,

        -- time
        events.occurred_at,
        events.received_at,
        placed.local_at,

        -- bookkeeping
        events.load_id

    from events
    inner join placed
        on events.event_id = placed.event_id
    left join names
        on events.source = names.source and events.source_event_name = names.source_event_name
    left join internal_persons
        on placed.person_key = internal_persons.person_key
    left join other_source
        on events.event_id = other_source.event_id
    left join quarantined
        on events.event_id = quarantined.event_id
    left join verdicts
        on events.source = verdicts.source and events.shape_key = verdicts.shape_key
    left join sunsets
        on
            events.source = sunsets.source
            and events.source_event_name = sunsets.source_event_name
            and events.occurred_at >= sunsets.sunset_at
    left join event_violations
        on events.event_id = event_violations.event_id
    order by
        date_diff('month', date '1970-01-01', placed.local_at) * 1000000 + names.place,
        placed.person_key,
        events.occurred_at

),

opened as (

    select
        *,
        {{ kept_values('properties') }} as kept
    from joined

),

facts as (

    select
        event_id,
        source,
        project,
        event_name,
        source_event_name,
        feature,
        area,
        plan_status,
        is_active_event,
        is_value_event,
        is_internal,
        left_out_because,
        actor_id,
        source_actor_id,
        person_key,
        account_key,
        session_id,
        occurred_at,
        received_at,
        local_at,
        cast(local_at as date) as local_date,
        properties,
        person_properties,
        platform,
        country,
        violations,
        is_flagged,
        load_id,
        kept[1] as kept_1,
        kept[2] as kept_2,
        kept[3] as kept_3,
        kept[4] as kept_4,
        kept[5] as kept_5,
        kept[6] as kept_6,
        kept[7] as kept_7,
        kept[8] as kept_8

    from opened

)

select * from facts
