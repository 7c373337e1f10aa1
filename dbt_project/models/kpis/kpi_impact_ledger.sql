-- grain: one row per variant, period and period start
-- K10: what a process or template saves and costs, in hours per PM-week, by the method of K4: the
-- four complete weeks before its rollout against the last four that end in the period, on the same
-- people. A pulse survey asks for categories and cannot tell what a process costs, so it is not
-- read. Saved is a difference before and after, not an experiment; two processes that claim the
-- same hours at once can claim nothing.
{% set draws = 1000 %}
with

{{ kpi_periods(first_evidence()) }},

{{ manager_weeks() }},

processes as (

    select
        tools.tool as process,
        tools.rollout_on,
        tools.has_cost_rules,
        count(savings.category) > 0 as is_saving

    from {{ ref('dim_tools') }} as tools
    left join {{ ref('dim_process_savings') }} as savings
        on tools.tool = savings.process
    where tools.kind = 'process'
    group by all

),

-- only what says what it costs or saves is in the ledger
listed as (

    select * from processes
    where has_cost_rules or is_saving

),

before_weeks as (

    select
        listed.process,
        weeks.evidence,
        weeks.week_start_on

    from listed
    inner join weeks
        on listed.rollout_on >= weeks.week_end_on and weeks.is_whole
    qualify row_number() over (
        partition by listed.process, weeks.evidence order by weeks.week_start_on desc
    ) <= 4

),

after_weeks as (

    select
        listed.process,
        periods.period,
        periods.period_start,
        weeks.evidence,
        weeks.week_start_on

    from listed
    cross join periods
    inner join weeks
        on
            periods.period_start < weeks.week_end_on
            and periods.period_end >= weeks.week_end_on
            and listed.rollout_on <= weeks.week_start_on
            and weeks.is_whole
    qualify row_number() over (
        partition by listed.process, periods.period, periods.period_start, weeks.evidence
        order by weeks.week_start_on desc
    ) <= 4

),

-- two processes that save the same category, where one began while the other is read
rivals as (

    select
        mine.process,
        after_weeks.period,
        after_weeks.period_start,
        after_weeks.evidence,
        min(others.process) as rival

    from {{ ref('dim_process_savings') }} as mine
    inner join {{ ref('dim_process_savings') }} as others
        on mine.category = others.category and mine.process != others.process
    inner join listed as rivals
        on others.process = rivals.process
    inner join after_weeks
        on mine.process = after_weeks.process and rivals.rollout_on < after_weeks.week_start_on + 7
    inner join before_weeks
        on
            mine.process = before_weeks.process
            and after_weeks.evidence = before_weeks.evidence
            and rivals.rollout_on > before_weeks.week_start_on
    group by all

),

days as (

    select
        days.evidence,
        days.person_id,
        days.category,
        days.seconds,
        {{ week_start_of('days.local_date', 'settings.week_start') }} as week_start_on

    from {{ ref('fct_time_days') }} as days
    cross join settings

),

covered as (

    select
        days.evidence,
        days.person_id,
        days.week_start_on

    from days
    inner join manager_weeks
        on
            days.evidence = manager_weeks.evidence
            and days.person_id = manager_weeks.person_id
            and days.week_start_on = manager_weeks.week_start_on
    group by all

),

saving_hours as (

    select
        savings.process,
        days.evidence,
        days.person_id,
        days.week_start_on,
        sum(days.seconds) / 3600.0 as hours

    from days
    inner join {{ ref('dim_process_savings') }} as savings
        on days.category = savings.category
    group by all

),

cost_hours as (

    select
        costs.process,
        costs.evidence,
        costs.person_id,
        {{ week_start_of('costs.local_date', 'settings.week_start') }} as week_start_on,
        sum(costs.seconds) / 3600.0 as hours,
        sum(costs.seconds_in_savings) / 3600.0 as hours_in_savings

    from {{ ref('fct_process_days') }} as costs
    cross join settings
    group by all

),

before_people as (

    select
        before_weeks.process,
        before_weeks.evidence,
        covered.person_id,
        coalesce(sum(saving_hours.hours), 0) / 4 as hours

    from before_weeks
    inner join covered
        on
            before_weeks.evidence = covered.evidence
            and before_weeks.week_start_on = covered.week_start_on
    left join saving_hours
        on
            before_weeks.process = saving_hours.process
            and covered.evidence = saving_hours.evidence
            and covered.person_id = saving_hours.person_id
            and covered.week_start_on = saving_hours.week_start_on
    group by all
    having count(*) = 4

),

after_people as (

    select
        after_weeks.process,
        after_weeks.period,
        after_weeks.period_start,
        after_weeks.evidence,
        covered.person_id,
        coalesce(sum(saving_hours.hours), 0) / 4 as hours,
        coalesce(sum(cost_hours.hours), 0) / 4 as cost,
        coalesce(sum(cost_hours.hours_in_savings), 0) / 4 as cost_in_savings

    from after_weeks
    inner join covered
        on
            after_weeks.evidence = covered.evidence
            and after_weeks.week_start_on = covered.week_start_on
    left join saving_hours
        on
            after_weeks.process = saving_hours.process
            and covered.evidence = saving_hours.evidence
            and covered.person_id = saving_hours.person_id
            and covered.week_start_on = saving_hours.week_start_on
    left join cost_hours
        on
            after_weeks.process = cost_hours.process
            and covered.evidence = cost_hours.evidence
            and covered.person_id = cost_hours.person_id
            and covered.week_start_on = cost_hours.week_start_on
    group by all
    having count(*) = 4

),

-- the time of the process itself is a cost, wherever the categories put it
panel as (

    select
        after_people.process,
        after_people.period,
        after_people.period_start,
        after_people.evidence,
        after_people.person_id,
        before_people.hours - (after_people.hours - after_people.cost_in_savings) as saved,
        after_people.cost as costs,
        before_people.hours
        - (after_people.hours - after_people.cost_in_savings)
        - after_people.cost as net

    from after_people
    inner join before_people
        on
            after_people.process = before_people.process
            and after_people.evidence = before_people.evidence
            and after_people.person_id = before_people.person_id

),

estimates as (

    select
        process,
        period,
        period_start,
        evidence,
        count(*) as n,
        avg(saved) as saved,
        avg(costs) as costs,
        avg(net) as net
    from panel
    group by all

),

placed as (

    select
        *,
        count(*) over (partition by process, period, period_start, evidence) as n,
        row_number()
            over (
                partition by process, period, period_start, evidence order by person_id
            )
        - 1 as place
    from panel

),

taken as (

    {{ people_taken('K10', 'placed', draws) }}

),

resampled as (

    select
        placed.process,
        placed.period,
        placed.period_start,
        placed.evidence,
        taken.draw,
        sum(placed.saved * taken.times) / sum(taken.times) as saved,
        sum(placed.costs * taken.times) / sum(taken.times) as costs,
        sum(placed.net * taken.times) / sum(taken.times) as net

    from placed
    inner join taken
        on placed.n = taken.n and placed.place = taken.place
    group by all

),

intervals as (

    select
        process,
        period,
        period_start,
        evidence,
        {{ drawn_intervals(['saved', 'costs', 'net']) }}
    from resampled
    group by all

),

-- a row in every period since the rollout
rows_of_periods as (

    select
        listed.*,
        periods.period,
        periods.period_start,
        periods.period_end > instant.as_of_local as is_pending,
        spans.evidence

    from listed
    cross join periods
    cross join spans
    cross join instant
    where
        listed.rollout_on < periods.period_end
        and spans.first_on < periods.period_end
        and spans.evidence != 'survey'
        and cast(listed.rollout_on as timestamp) < instant.as_of_local

),

explained as (

    select
        rows_of_periods.*,
        estimates.n,
        {% for reading in ['saved', 'costs', 'net'] -%}
            estimates.{{ reading }},
            intervals.{{ reading }}_low,
            intervals.{{ reading }}_high,
        {% endfor -%}
        rivals.rival,
        settings.minimum_group_size,
        case
            when coalesce(estimates.n, 0) < settings.minimum_group_size
                then
                    'fewer than ' || settings.minimum_group_size
                    || ' (' || coalesce(estimates.n, 0)
                    || ') with evidence in the four weeks before the rollout and the last four'
        end as too_few

    from rows_of_periods
    cross join settings
    left join estimates
        on
            rows_of_periods.process = estimates.process
            and rows_of_periods.period = estimates.period
            and rows_of_periods.period_start = estimates.period_start
            and rows_of_periods.evidence = estimates.evidence
    left join intervals
        on
            rows_of_periods.process = intervals.process
            and rows_of_periods.period = intervals.period
            and rows_of_periods.period_start = intervals.period_start
            and rows_of_periods.evidence = intervals.evidence
    left join rivals
        on
            rows_of_periods.process = rivals.process
            and rows_of_periods.period = rivals.period
            and rows_of_periods.period_start = rivals.period_start
            and rows_of_periods.evidence = rivals.evidence

),

readings as (

    {% for reading in ['saved', 'costs', 'net'] -%}
        select
            '{{ reading }}' as reading,
            process,
            evidence,
            period,
            period_start,
            is_pending,
            n,
            {{ reading }} as value,
            {{ reading }}_low as ci_low,
            {{ reading }}_high as ci_high,
            case
                {% if reading != 'saved' -%}
                    when not has_cost_rules then 'tools.yml has no rule that finds what it costs'
                {% endif -%}
                {% if reading != 'costs' -%}
                    when not is_saving then 'tools.yml says of no category that it saves its time'
                    when rival is not null then rival || ' claims the same hours, so neither can'
                {% endif -%}
                when too_few is not null then too_few
            end as reason
        from explained
        {{ 'union all by name' if not loop.last }}

    {% endfor %}

),

measured as (

    select
        reading || ':' || evidence || ':' || process as variant,
        reading as target_variant,
        period,
        period_start,
        case when reason is null then value end as value,
        'hours' as unit,
        coalesce(n, 0) as n,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        case when reason is null then ci_low end as ci_low,
        case when reason is null then ci_high end as ci_high,
        cast(null as double) as coverage,
        is_pending,
        5 as minimum_n,
        false as is_failed,
        reason

    from readings

),

{{ kpi_rows('K10', 'Impact ledger') }}
