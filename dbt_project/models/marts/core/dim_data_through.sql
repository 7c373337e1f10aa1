-- grain: one row: the instant up to which the data of this version reaches
with

times as (

    select max(last_event_at) as data_through_at from {{ ref('fct_record_times') }}

),

loads as (

    select count(*) as built_from_loads
    from {{ ref('fct_loads') }}
    where state = 'live'

)

select
    times.data_through_at,
    loads.built_from_loads

from times
cross join loads
