-- grain: one row per period of the range

-- @sessions_begun

-- @periods period

-- @rows
with

people as (

    select
        period,
        count(*) as actors

    from (select distinct period, person from sessions_begun)

    group by all

),

lengths as (

    select
        period,
        count(*) as sessions,
        quantile_cont(seconds, 0.5) as median_seconds,
        avg(seconds) as mean_seconds,
        avg(events) as events_per_session

    from sessions_begun

    group by all

)

select
    periods.period_start,
    coalesce(lengths.sessions, 0) as sessions,
    coalesce(people.actors, 0) as actors,
    lengths.median_seconds,
    lengths.mean_seconds,
    lengths.events_per_session,
    periods.is_complete as complete

from periods

left join lengths
    on periods.period = lengths.period

left join people
    on periods.period = people.period

order by periods.period

-- @summary
select
    count(*) as sessions,
    count(distinct person) as actors,
    quantile_cont(seconds, 0.5) as median_seconds,
    avg(seconds) as mean_seconds,
    avg(events) as events_per_session,
    $session_rule as session_rule

from sessions_begun
