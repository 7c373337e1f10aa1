{# Whether a text is what a rule looks for; both ignore case. #}
{% macro time_rule_fits(rules, texts) -%}
    case {{ rules }}.operator
        when 'contains' then contains({{ texts }}.written, lower({{ rules }}.looked_for))
        else {{ texts }}.written = lower(trim({{ rules }}.looked_for))
    end
{%- endmacro %}

{# The first day with evidence of how a product manager spent time, else the as-of day, for `kpi_periods`. #}
{% macro first_evidence() -%}
    select least(
        cast(min(days.local_date) as timestamp),
        max({{ local_time(as_of(), 'settings.timezone') }})
    ) as first_day
    from {{ ref('dim_settings') }} as settings
    left join {{ ref('dim_people') }} as people
        on people.role = 'pm'
    left join {{ ref('fct_time_days') }} as days
        on people.person_id = days.person_id
{%- endmacro %}

{#
    After `kpi_periods`: CTEs `managers`, `settings`, `spans` (first day of each evidence), `weeks` that have ended by as-of, and
    `manager_weeks`, those in which a manager was employed all week.
#}
{% macro manager_weeks() -%}
managers as (

    select
        person_id,
        start_on,
        end_on
    from {{ ref('dim_people') }}
    where role = 'pm'

),

settings as (

    select
        week_start,
        minimum_group_size
    from {{ ref('dim_settings') }}

),

spans as (

    select
        days.evidence,
        min(days.local_date) as first_on

    from {{ ref('fct_time_days') }} as days
    inner join managers
        on days.person_id = managers.person_id
    group by all

),

week_starts as (

    select
        spans.evidence,
        spans.first_on,
        cast(
            unnest(
                generate_series(
                    cast({{ week_start_of('spans.first_on', 'settings.week_start') }} as timestamp),
                    instant.as_of_local - interval 7 day,
                    interval 7 day
                )
            ) as date
        ) as week_start_on

    from spans
    cross join settings
    cross join instant

),

-- a week is whole when the evidence reaches back to its first day; it has ended by as-of
weeks as (

    select
        evidence,
        week_start_on,
        week_start_on + 7 as week_end_on,
        week_start_on >= first_on as is_whole,
        row_number() over (
            partition by evidence, week_start_on >= first_on order by week_start_on
        ) as week_number
    from week_starts

),

-- employed all week, with evidence or without
manager_weeks as (

    select
        weeks.evidence,
        weeks.week_start_on,
        managers.person_id

    from weeks
    inner join managers
        on
            coalesce(weeks.week_start_on >= managers.start_on, true)
            and coalesce(weeks.week_end_on - 1 <= managers.end_on, true)

)
{%- endmacro %}

{# The four categories of K4. #}
{% macro process_categories() -%}
status_updates, data_requests, tool_configuration, meeting_coordination
{%- endmacro %}

{# The 95 % interval of readings over their bootstrap draws, as columns of a CTE that is grouped. #}
{% macro drawn_intervals(readings) -%}
    {% for reading in readings -%}
        quantile_cont({{ reading }}, 0.025) as {{ reading }}_low,
        quantile_cont({{ reading }}, 0.975) as {{ reading }}_high{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#
    After `manager_weeks`: CTEs `baseline_weeks`, `covered_weeks` (hours of each manager and week by category and in `all_four`) and
    `baseline_people`, the hours of whoever has evidence in all weeks of the baseline.
#}
{% macro baseline_hours(categories) -%}
{% set all_four = "'" ~ categories | join("', '") ~ "'" -%}
days as (

    select
        days.evidence,
        days.person_id,
        days.category,
        days.seconds,
        {{ week_start_of('days.local_date', 'settings.week_start') }} as week_start_on

    from {{ ref('fct_time_days') }} as days
    inner join managers
        on days.person_id = managers.person_id
    cross join settings

),

-- a dated baseline is the whole weeks inside it
baselines as (

    select
        baselines.variant as evidence,
        baselines.from_on,
        baselines.to_on,
        (
            date_diff('day', baselines.from_on, baselines.to_on)
            - (settings.week_start - isodow(baselines.from_on) + 7) % 7
        )
        // 7 as weeks

    from {{ ref('dim_kpi_baselines') }} as baselines
    cross join settings
    where baselines.kpi = 'K4'

),

baseline_weeks as (

    select
        weeks.evidence,
        weeks.week_start_on,
        coalesce(baselines.weeks, 4) as baseline_length

    from weeks
    left join baselines
        on weeks.evidence = baselines.evidence
    where
        case
            when baselines.from_on is null then weeks.is_whole and weeks.week_number <= 4
            else
                weeks.week_start_on >= baselines.from_on
                and weeks.week_end_on <= baselines.to_on
        end

),

week_hours as (

    select
        evidence,
        person_id,
        week_start_on,
        {% for category in categories -%}
            coalesce(sum(seconds) filter (where category = '{{ category }}'), 0) / 3600.0
                as {{ category }},
        {% endfor -%}
        coalesce(sum(seconds) filter (
            where category in ({{ all_four }})
        ), 0) / 3600.0 as all_four
    from days
    group by all

),

covered_weeks as (

    select
        manager_weeks.evidence,
        manager_weeks.week_start_on,
        manager_weeks.person_id,
        week_hours.person_id is not null as is_covered,
        {% for category in categories -%}
            week_hours.{{ category }},
        {% endfor -%}
        week_hours.all_four

    from manager_weeks
    left join week_hours
        on
            manager_weeks.evidence = week_hours.evidence
            and manager_weeks.person_id = week_hours.person_id
            and manager_weeks.week_start_on = week_hours.week_start_on

),

baseline_people as (

    select
        baseline_weeks.evidence,
        covered_weeks.person_id,
        baseline_weeks.baseline_length as weeks,
        max(baseline_weeks.week_start_on) as last_week_on,
        sum(covered_weeks.all_four) as hours

    from baseline_weeks
    inner join covered_weeks
        on
            baseline_weeks.evidence = covered_weeks.evidence
            and baseline_weeks.week_start_on = covered_weeks.week_start_on
    where covered_weeks.is_covered
    group by all
    having count(*) = baseline_weeks.baseline_length

)
{%- endmacro %}

{#
    Bootstrap over the people of `placed` (n, place) with numbers that are the same on every machine: of each draw of n people,
    how often each place was taken (n, draw, place, times).
#}
{% macro people_taken(seed, placed, draws) -%}
    select
        sizes.n,
        seats.draw,
        cast(seats.chance % sizes.n as bigint) as place,
        count(*) as times,

    from (select n from {{ placed }} where n is not null group by all) as sizes
    inner join (
        select
            draws.draw,
            seats.seat,
            md5_number_lower('{{ seed }}|' || draws.draw || '|' || seats.seat) as chance,
        from range({{ draws }}) as draws (draw)
        cross join range((select coalesce(max(n), 0) from {{ placed }})) as seats (seat)
    ) as seats
        on sizes.n > seats.seat
    group by all
{%- endmacro %}
