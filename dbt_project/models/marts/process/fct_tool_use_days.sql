-- grain: one row per tool, person and day of the reporting zone with a use
with

uses as (

    select * from {{ ref('int_tools__uses') }}

),

logins as (

    {{ people_by_login() }}

),

settings as (

    select timezone from {{ ref('dim_settings') }}

),

logged_days as (

    select
        uses.tool,
        logins.person_id,
        coalesce(
            uses.used_on, cast({{ local_time('uses.used_at', 'settings.timezone') }} as date)
        ) as local_date

    from uses
    cross join settings
    inner join logins
        on uses.login = logins.login

),

-- a tool that reports to product analytics: the roster's people among those whom the events tell of
rules as (

    select
        tool,
        source,
        event,
        project
    from {{ ref('stg_company__tool_usage') }}
    where source in ('amplitude', 'mixpanel', 'posthog', 'events')

),

known_persons as (

    select
        actor_persons.person_key,
        logins.person_id

    from {{ ref('int_identity__actor_keys') }} as actor_keys
    inner join {{ ref('int_identity__actor_persons') }} as actor_persons
        on
            actor_keys.actor_id = actor_persons.actor_id
            and actor_keys.trace = actor_persons.trace
    inner join logins
        on lower(trim(actor_keys.user_id)) = logins.login
    where exists (select 1 from rules)

    union

    select
        persons.person_key,
        logins.person_id

    from {{ ref('dim_persons') }} as persons
    inner join logins
        on
            lower(trim(coalesce(
                json_extract_string(persons.person_properties, '$.email'),
                json_extract_string(persons.person_properties, '$."$email"')
            )))
            = logins.login
    where exists (select 1 from rules)

),

-- staff are left out of every answer about the product, but here they are who is asked for
event_days as (

    select
        rules.tool,
        known_persons.person_id,
        events.local_date

    from {{ ref('fct_events') }} as events
    inner join rules
        on
            events.source = rules.source
            and coalesce(events.project = rules.project, true)
            and coalesce(
                rules.event in (events.event_name, events.source_event_name),
                events.is_active_event
            )
    inner join known_persons
        on events.person_key = known_persons.person_key
    where coalesce(events.left_out_because, 'internal') = 'internal'

),

days as (

    select * from logged_days
    union
    select * from event_days

)

select
    tool,
    person_id,
    local_date

from days
