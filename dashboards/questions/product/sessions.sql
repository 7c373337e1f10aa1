-- grain: one row per period of the range

-- @events person, session_id, local_at, event_at all

-- @periods period

-- A condition can take events out of the middle of a session, so with one the gaps are measured again.
-- @temp parts
with

gaps as (

    select
        person,
        session_id,
        local_at,
        event_at,
        event_at - lag(event_at) over (partition by person, session_id order by event_at) as gap

    from scoped_events

)

select
    person,
    session_id,
    local_at,
    event_at,
    case
        when $is_filtered
            then sum(cast(epoch(gap) > $timeout_seconds as integer)) over (partition by person, session_id order by event_at)
        else 0
    end as part

from gaps

-- @temp session_facts
select
    any_value(person) as person,
    min(event_at) as started_at,
    min_by(local_at, event_at) as local_started_at,
    epoch(max(event_at) - min(event_at)) as seconds,
    count(*) as events

from parts

group by session_id, part

-- @temp begun
select
    *,
    period_index($period, local_started_at, started_at, $shift) as period

from session_facts

where started_at >= $from_at

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
    avg(events) as events_per_session

from begun
