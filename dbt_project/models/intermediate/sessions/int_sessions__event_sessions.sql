-- grain: one row per event that belongs to a session
-- What tools write about people (system events) neither starts nor prolongs a session.
with

persons as (

    select
        event_id,
        source,
        project,
        source_event_name,
        person_key,
        occurred_at
    from {{ ref('int_identity__event_persons') }}

),

system_names as (

    select
        source,
        source_event_name
    from {{ ref('int_events__names') }}
    where plan_status = 'system'

),

settings as (

    select to_minutes(cast(session_timeout_minutes as bigint)) as timeout
    from {{ ref('stg_company__settings') }}

),

acts as (

    select
        persons.event_id,
        persons.source,
        persons.project,
        persons.person_key,
        persons.occurred_at
    from persons
    anti join system_names
        on
            persons.source = system_names.source
            and persons.source_event_name = system_names.source_event_name

),

-- a gap of exactly the timeout continues the session
starts as (

    select
        acts.*,
        case
            when
                acts.occurred_at - lag(acts.occurred_at) over by_person <= settings.timeout
                then null
            else acts.occurred_at
        end as session_start

    from acts
    cross join settings
    window
        by_person as (
            partition by acts.person_key, acts.source, acts.project order by acts.occurred_at
        )

),

sessions as (

    select
        event_id,
        person_key,
        source,
        project,
        max(session_start) over by_person as session_started_at

    from starts
    window
        by_person as (
            partition by person_key, source, project
            order by occurred_at range between unbounded preceding and current row
        )

),

keyed as (

    select
        event_id,
        session_started_at,
        {{ key_of("concat_ws('|', person_key, source, project, epoch_us(session_started_at))") }}
            as session_id

    from sessions

)

select * from keyed
