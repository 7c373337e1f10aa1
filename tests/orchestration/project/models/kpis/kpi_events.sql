select 'K0' as kpi, count(*) / greatest(count(*), 1) as value, 'rate' as unit from {{ ref('fct_events') }}
