-- grain: one row per unit, period, first period and period before
-- Weeks and months of `fct_person_days` with the people counted: a few thousand rows for a year, so
-- that the first page need not read the days of everybody. A period is told by its first day.
with

days as (

    select
        local_date,
        first_date,
        previous_date
    from {{ ref('fct_person_days') }}

),

settings as (

    select week_start from {{ ref('dim_settings') }}

),

weeks as (

    select
        'week' as unit,
        days.local_date
        - cast((isodow(days.local_date) - settings.week_start + 7) % 7 as integer) as local_date,
        days.first_date
        - cast((isodow(days.first_date) - settings.week_start + 7) % 7 as integer) as first_date,
        days.previous_date
        - cast((isodow(days.previous_date) - settings.week_start + 7) % 7 as integer)
            as previous_date
    from days
    cross join settings

),

months as (

    select
        'month' as unit,
        cast(date_trunc('month', local_date) as date) as local_date,
        cast(date_trunc('month', first_date) as date) as first_date,
        cast(date_trunc('month', previous_date) as date) as previous_date
    from days

),

periods as (

    select * from weeks
    union all
    select * from months

),

-- the first day of a person in a period stands for it: the day before lies in an earlier one
counted as (

    select
        unit,
        local_date,
        first_date,
        previous_date,
        count(*) as people

    from periods
    where previous_date is null or previous_date < local_date
    group by all

)

select * from counted
order by unit, local_date, first_date, previous_date
