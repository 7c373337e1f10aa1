-- grain: one row per variant, period and period start
-- K4: hours of product managers per week in the four categories of process work, and their change
-- against the baseline on the same people. A row reads the last four complete weeks that end in its
-- period; calendars, time trackers and pulse surveys are told apart, for they do not measure the
-- same. Without any of them one row says so.
{% set categories = process_categories().split(', ') %}
{% set all_four = "'" ~ categories | join("', '") ~ "'" %}
{% set draws = 1000 %}
with

{{ kpi_periods(first_evidence()) }},

{{ manager_weeks() }},

declared as (

    select count(*) as categories
    from {{ ref('dim_time_categories') }}
    where category in ({{ all_four }})

),

{{ baseline_hours(categories) }},

baseline_lengths as (

    select
        evidence,
        max(baseline_length) as weeks
    from baseline_weeks
    group by all

),

recent_weeks as (

    select
        periods.period,
        periods.period_start,
        weeks.evidence,
        weeks.week_start_on

    from periods
    inner join weeks
        on
            periods.period_start < weeks.week_end_on
            and periods.period_end >= weeks.week_end_on
    where weeks.is_whole
    qualify row_number() over (
        partition by periods.period, periods.period_start, weeks.evidence
        order by weeks.week_start_on desc
    ) <= 4

),

coverages as (

    select
        recent_weeks.period,
        recent_weeks.period_start,
        recent_weeks.evidence,
        count(distinct recent_weeks.week_start_on) as weeks,
        {{ safe_ratio('count(*) filter (where covered_weeks.is_covered)', 'count(*)') }} as coverage

    from recent_weeks
    inner join covered_weeks
        on
            recent_weeks.evidence = covered_weeks.evidence
            and recent_weeks.week_start_on = covered_weeks.week_start_on
    group by all

),

recent as (

    select
        recent_weeks.period,
        recent_weeks.period_start,
        covered_weeks.*

    from recent_weeks
    inner join covered_weeks
        on
            recent_weeks.evidence = covered_weeks.evidence
            and recent_weeks.week_start_on = covered_weeks.week_start_on
    where covered_weeks.is_covered

),

recent_people as (

    select
        period,
        period_start,
        evidence,
        person_id,
        count(*) as weeks,
        min(week_start_on) as first_week_on,
        sum(all_four) as hours,
    {% for category in categories -%}
        sum({{ category }}) as {{ category }}{{ ',' if not loop.last }}
    {% endfor %}
    from recent
    group by all

),

-- What each manager brings to a reading: it is sum(numerator) / sum(denominator) - taken_off. The
-- change is on the panel only: whoever has all weeks of both.
shares as (

    select
        recent_people.period,
        recent_people.period_start,
        recent_people.evidence,
        'change' as reading,
        recent_people.person_id,
        recent_people.hours / recent_people.weeks as numerator,
        baseline_people.hours / baseline_people.weeks as denominator,
        1 as taken_off

    from recent_people
    inner join baseline_people
        on
            recent_people.evidence = baseline_people.evidence
            and recent_people.person_id = baseline_people.person_id
            and recent_people.first_week_on > baseline_people.last_week_on
    where recent_people.weeks = 4

    {% for reading in ['hours'] + categories %}
        union all by name

        select
            period,
            period_start,
            evidence,
            '{{ reading }}' as reading,
            person_id,
            {{ reading }} as numerator,
            weeks as denominator,
            0 as taken_off
        from recent_people

    {% endfor %}

),

placed as (

    select
        *,
        -- parts of the hours have no interval of their own
        case
            when reading in ('change', 'hours')
                then count(*) over (partition by period, period_start, evidence, reading)
        end as n,
        row_number()
            over (
                partition by period, period_start, evidence, reading order by person_id
            )
        - 1 as place
    from shares

),

estimates as (

    select
        period,
        period_start,
        evidence,
        reading,
        count(*) as n,
        {{ safe_ratio('sum(numerator)', 'sum(denominator)') }} - max(taken_off) as value
    from placed
    group by all

),

taken as (

    {{ people_taken('K4', 'placed', draws) }}

),

resampled as (

    select
        placed.period,
        placed.period_start,
        placed.evidence,
        placed.reading,
        taken.draw,
        {{ safe_ratio(
            'sum(placed.numerator * taken.times)', 'sum(placed.denominator * taken.times)'
        ) }}
        - max(placed.taken_off) as value

    from placed
    inner join taken
        on placed.n = taken.n and placed.place = taken.place
    group by all

),

intervals as (

    select
        period,
        period_start,
        evidence,
        reading,
        quantile_cont(value, 0.025) as ci_low,
        quantile_cont(value, 0.975) as ci_high
    from resampled
    group by all

),

kinds as (

    select unnest(['change', 'hours', {{ all_four }}]) as reading

),

evidence_counts as (

    select count(*) as evidences
    from spans

),

readings as (

    select
        periods.period,
        periods.period_start,
        periods.period_end > instant.as_of_local as is_pending,
        spans.evidence,
        kinds.reading

    from periods
    cross join instant
    cross join kinds
    cross join evidence_counts
    left join spans
        on periods.period_end > spans.first_on
    where
        spans.evidence is not null
        or (kinds.reading = 'change' and evidence_counts.evidences = 0)

),

explained as (

    select
        readings.*,
        estimates.value,
        coalesce(estimates.n, 0) as n,
        intervals.ci_low,
        intervals.ci_high,
        coverages.coverage,
        settings.minimum_group_size,
        case
            when readings.evidence is null
                then 'no calendar, time tracking or pulse survey of product managers'
            when declared.categories = 0 and readings.evidence != 'survey'
                then 'time_categories.yml declares no rule for the four categories'
            when
                readings.reading in ({{ all_four }})
                and readings.evidence != 'survey'
                and ruled.category is null
                then 'time_categories.yml has no rule for ' || readings.reading
            when coalesce(coverages.weeks, 0) < 4
                then 'fewer than four complete weeks end in the period'
            when coalesce(estimates.n, 0) < settings.minimum_group_size
                then
                    'fewer than ' || settings.minimum_group_size
                    || ' (' || coalesce(estimates.n, 0) || ')'
                    || case
                        when readings.reading != 'change' then ' with evidence'
                        when baseline_lengths.weeks is null then ': no week of the baseline is over'
                        else ' with evidence in all weeks of the baseline and of the last four'
                    end
            when estimates.value is null then 'the baseline has no hours in the four categories'
        end as reason

    from readings
    cross join settings
    cross join declared
    left join {{ ref('dim_time_categories') }} as ruled
        on readings.reading = ruled.category
    left join estimates
        on
            readings.period = estimates.period
            and readings.period_start = estimates.period_start
            and readings.evidence = estimates.evidence
            and readings.reading = estimates.reading
    left join intervals
        on
            readings.period = intervals.period
            and readings.period_start = intervals.period_start
            and readings.evidence = intervals.evidence
            and readings.reading = intervals.reading
    left join coverages
        on
            readings.period = coverages.period
            and readings.period_start = coverages.period_start
            and readings.evidence = coverages.evidence
    left join baseline_lengths
        on readings.evidence = baseline_lengths.evidence

),

-- hours of fewer people than the group that may be shown are not told at all
measured as (

    select
        case
            when evidence is null then reading
            when reading in ('change', 'hours') then reading || ':' || evidence
            else 'hours:' || evidence || ':' || reading
        end as variant,
        case when reading = 'change' then 'change' else 'hours' end as target_variant,
        period,
        period_start,
        case when reason is null then value end as value,
        case when reading = 'change' then 'ratio' else 'hours' end as unit,
        n,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        case when reason is null then ci_low end as ci_low,
        case when reason is null then ci_high end as ci_high,
        coverage,
        is_pending,
        5 as minimum_n,
        false as is_failed,
        reason

    from explained

),

{{ kpi_rows('K4', 'Process efficiency') }}
