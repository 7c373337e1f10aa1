-- grain: one row per process, evidence, person and day of the reporting zone with time it cost
-- What its own rules find, each moment once. Of it, what the company's categories count among the
-- time that the process is there to save, so that a ledger does not take it off twice.
{% set keys = ['process', 'evidence', 'person_id', 'local_date'] %}
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

parts as (

    select
        fitting.process,
        workdays.evidence,
        workdays.person_id,
        workdays.local_date,
        workdays.from_at,
        workdays.to_at,
        savings.category is not null as is_saved

    from fitting
    inner join {{ ref('int_time__workdays') }} as workdays
        on fitting.entry_id = workdays.entry_id
    left join {{ ref('int_time__categories') }} as categories
        on fitting.entry_id = categories.entry_id
    left join {{ ref('stg_company__process_savings') }} as savings
        on fitting.process = savings.process and categories.category = savings.category
    where workdays.from_at is not null

),

{{ time_segments('parts', keys) }},

spent as (

    select
        segments.process,
        segments.evidence,
        segments.person_id,
        segments.local_date,
        date_diff('second', segments.from_at, segments.to_at) as seconds,
        bool_or(parts.is_saved) as is_saved

    from segments
    inner join parts
        on
            segments.process = parts.process
            and segments.evidence = parts.evidence
            and segments.person_id = parts.person_id
            and segments.local_date = parts.local_date
            and segments.from_at >= parts.from_at
            and segments.to_at <= parts.to_at
    group by
        segments.process,
        segments.evidence,
        segments.person_id,
        segments.local_date,
        segments.from_at,
        segments.to_at

)

select
    process,
    evidence,
    person_id,
    local_date,
    cast(sum(seconds) as bigint) as seconds,
    cast(coalesce(sum(seconds) filter (where is_saved), 0) as bigint) as seconds_in_savings

from spent
group by all
