-- grain: one row per period of the range

-- @events person, session_id, local_at, event_at all since sessions

-- @periods period

-- What tools write about people (system events) has no session.
-- A condition can take events out of the middle of a session, so with one the gaps are measured again; no gap ends a
-- session of the vendor.
-- @temp session_facts
with

gaps as (

    select
        person,
        session_id,
        local_at,
        event_at,
        event_at - lag(event_at) over (partition by person, session_id order by event_at) as gap,
        session_id in (select vendor_sessions.session_id from vendor_sessions) as is_vendor

    from scoped_events

    where $is_filtered and session_id is not null

),

parts as (

    select
        *,
        count(*) filter (where not is_vendor and epoch(gap) > $timeout_seconds) over (
            partition by person, session_id
            order by event_at
        ) as part

    from gaps

)

select
    any_value(person) as person,
    min(event_at) as started_at,
    min_by(local_at, event_at) as local_started_at,
    epoch(max(event_at) - min(event_at)) as seconds,
    count(*) as events

from scoped_events

where not $is_filtered and session_id is not null

group by session_id

union all

select
    any_value(person),
    min(event_at),
    min_by(local_at, event_at),
    epoch(max(event_at) - min(event_at)),
    count(*)

from parts

group by session_id, person, part

-- @temp begun
select
    *,
    period_of(local_started_at, started_at) as period

from session_facts

where started_at >= $from_at and started_at < $to_at

-- @rows
select
    periods.period_start,
    count(begun.started_at) as sessions,
    count(distinct begun.person) as actors,
    quantile_cont(begun.seconds, 0.5) as median_seconds,
    avg(begun.seconds) as mean_seconds,
    avg(begun.events) as events_per_session,
    periods.is_complete as complete

from periods

left join begun
    on periods.period = begun.period

group by periods.period, periods.period_start, periods.is_complete

order by periods.period

-- @summary
select
    count(*) as sessions,
    count(distinct person) as actors,
    quantile_cont(seconds, 0.5) as median_seconds,
    avg(seconds) as mean_seconds,
    avg(events) as events_per_session,
    $session_rule as session_rule

from begun
