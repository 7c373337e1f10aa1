-- grain: one row per event that belongs to a session
-- What tools write about people (system events) neither starts nor prolongs a session. Where a
-- project takes the vendor's sessions, its events with a session id are in no gap's session.
{{ config(
    materialized='incremental',
    unique_key='event_id',
    scope='person_key',
) }}

{% set keys %}
    select person_key from {{ changes_of(ref('int_identity__event_persons')) }}
    union
    select persons.person_key
    from {{ ref('int_identity__event_persons') }} as persons
    semi join {{ ref('int_events__arrivals') }} as arrivals
        on persons.event_id = arrivals.event_id
{% endset %}
{{ told_anew(keys) }}

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
    where {{ in_scope('person_key') }}

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

vendor_ids as (

    select
        event_id,
        vendor_session_id
    from {{ ref('int_sessions__vendor_ids') }}

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

paused as (

    select acts.*
    from acts
    anti join vendor_ids
        on acts.event_id = vendor_ids.event_id

),

-- a gap of exactly the timeout continues the session
starts as (

    select
        paused.*,
        case
            when
                paused.occurred_at - lag(paused.occurred_at) over by_person <= settings.timeout
                then null
            else paused.occurred_at
        end as session_start

    from paused
    cross join settings
    window
        by_person as (
            partition by paused.person_key, paused.source, paused.project
            order by paused.occurred_at
        )

),

gap_sessions as (

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

vendor_sessions as (

    select
        acts.event_id,
        acts.person_key,
        acts.source,
        acts.project,
        vendor_ids.vendor_session_id,
        min(acts.occurred_at) over (
            partition by
                acts.person_key, acts.source, acts.project, vendor_ids.vendor_session_id
        ) as session_started_at

    from acts
    inner join vendor_ids
        on acts.event_id = vendor_ids.event_id

),

keyed as (

    select
        event_id,
        person_key,
        session_started_at,
        'gap' as rule,
        {{ key_of("concat_ws('|', person_key, source, project, epoch_us(session_started_at))") }}
            as session_id

    from gap_sessions

    union all

    select
        event_id,
        person_key,
        session_started_at,
        'vendor' as rule,
        {{ key_of("concat_ws('|', person_key, source, project, 'vendor', vendor_session_id)") }}
            as session_id

    from vendor_sessions

)

select * from keyed
