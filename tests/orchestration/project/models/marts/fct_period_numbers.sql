with days as (select local_date, person_key, count(*) as events from {{ ref('fct_events') }} group by all)
select 'events' as metric, '' as subject, 'events' as unit, 'day' as period, local_date as period_start,
    sum(events)::double as value, 'fct_events' as measured_from from days group by all
union all
select 'active_people', '', 'people', 'day', local_date, count(*)::double, 'fct_events' from days group by all
