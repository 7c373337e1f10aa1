-- grain: one row per process, evidence, person and day of the reporting zone with time it cost
-- What its own rules find, each moment once. Of it, what a category that the process is there to
-- save has got, by its own entry or by another at the same time, so that a ledger does not take it
-- off twice; what a category declared earlier has got is not in those hours to begin with.
with

rules as (

    select * from {{ ref('stg_company__process_rules') }}

),

fitting as (

    select
        texts.entry_id,
        rules.process

    from {{ ref('int_time__texts') }} as texts
    inner join rules
        on texts.field = rules.field and {{ time_rule_fits('rules', 'texts') }}
    group by all

),

spent as (

    select
        fitting.process,
        stretches.evidence,
        stretches.person_id,
        stretches.local_date,
        stretches.from_at,
        stretches.to_at,
        stretches.category

    from fitting
    inner join {{ ref('int_time__workdays') }} as workdays
        on fitting.entry_id = workdays.entry_id
    inner join {{ ref('int_time__stretches') }} as stretches
        on
            workdays.evidence = stretches.evidence
            and workdays.person_id = stretches.person_id
            and workdays.local_date = stretches.local_date
            and workdays.from_at <= stretches.from_at
            and workdays.to_at >= stretches.to_at
    group by all

),

counted as (

    select
        spent.process,
        spent.evidence,
        spent.person_id,
        spent.local_date,
        savings.category is not null as is_saved,
        date_diff('second', spent.from_at, spent.to_at) as seconds

    from spent
    left join {{ ref('stg_company__process_savings') }} as savings
        on spent.process = savings.process and spent.category = savings.category

)

select
    process,
    evidence,
    person_id,
    local_date,
    cast(sum(seconds) as bigint) as seconds,
    cast(coalesce(sum(seconds) filter (where is_saved), 0) as bigint) as seconds_in_savings

from counted
group by all
