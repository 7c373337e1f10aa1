-- grain: one row per event, with its actor and the person behind it
{{ config(
    materialized='incremental',
    unique_key='event_id',
    scope='event_id',
    post_hook="{{ remember(['int_identity__actor_persons']) }}",
) }}

{% set keys %}
    select event_id from {{ ref('int_events__arrivals') }}
    union
    -- whose actor is somebody else now
    select event_persons.event_id
    from {{ this }} as event_persons
    semi join {{ unlike_last_time('int_identity__actor_persons', ['actor_id', 'trace', 'from_at', 'person_key']) }} as changed
        on event_persons.actor_id = changed.actor_id and event_persons.trace = changed.trace
{% endset %}
{{ told_anew(keys) }}

with

events as (

    select
        event_id,
        source,
        project,
        source_event_name,
        source_person_id,
        occurred_at,
        {{ actor_of_event() }} as actor_id,
        {{ anonymous_trace() }} as trace
    from {{ ref('int_events__unioned') }}
    where {{ in_scope('event_id') }}

),

actor_persons as (

    select * from {{ ref('int_identity__actor_persons') }}

),

-- nearly every actor is one person for all time; those that change hands are few
changing as (

    select
        actor_id,
        trace
    from actor_persons
    group by all
    having count(*) > 1

),

lasting as (

    select
        actor_persons.actor_id,
        actor_persons.trace,
        changing.actor_id is null as is_lasting,
        max(actor_persons.person_key) as person_key
    from actor_persons
    left join changing
        on actor_persons.actor_id = changing.actor_id and actor_persons.trace = changing.trace
    group by all

),

matched as (

    select
        events.*,
        lasting.is_lasting,
        lasting.person_key

    from events
    inner join lasting
        on events.actor_id = lasting.actor_id and events.trace = lasting.trace

),

spans as (

    select
        actor_persons.actor_id,
        actor_persons.trace,
        actor_persons.from_at,
        actor_persons.person_key
    from actor_persons
    semi join changing
        on actor_persons.actor_id = changing.actor_id and actor_persons.trace = changing.trace

),

resolved as (

    select
        event_id,
        source,
        project,
        source_event_name,
        source_person_id,
        actor_id,
        trace,
        person_key,
        occurred_at
    from matched
    where is_lasting

    union all

    select
        matched.event_id,
        matched.source,
        matched.project,
        matched.source_event_name,
        matched.source_person_id,
        matched.actor_id,
        matched.trace,
        spans.person_key,
        matched.occurred_at
    from matched
    asof inner join spans
        on
            matched.actor_id = spans.actor_id
            and matched.trace = spans.trace
            and matched.occurred_at >= spans.from_at
    where not matched.is_lasting

),

persons as (

    select
        event_id,
        source,
        project,
        source_event_name,
        actor_id,
        trace,
        coalesce(source_person_id, actor_id) as source_actor_id,
        person_key,
        occurred_at

    from resolved

)

select * from persons
