-- grain: one row per variant, period and period start
-- K4 in hours: what product managers recorded less in a period than they did in the same number of
-- weeks of the baseline. Each is held against their own baseline; a week without evidence, or of
-- somebody without a baseline, saves nothing, so the number is never stretched to people or weeks
-- that were not seen.
{% set categories = process_categories().split(', ') %}
{% set all_four = "'" ~ categories | join("', '") ~ "'" %}
{% set draws = 1000 %}
with

{{ kpi_periods(first_evidence()) }},

{{ manager_weeks() }},

{{ baseline_hours(categories) }},

declared as (

    select count(*) as categories
    from {{ ref('dim_time_categories') }}
    where category in ({{ all_four }})

),

baseline_ends as (

    select
        evidence,
        max(week_start_on) as last_week_on
    from baseline_weeks
    group by all

),

-- every complete week that ends in the period, once the baseline is over
period_weeks as (

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
    inner join baseline_ends
        on
            weeks.evidence = baseline_ends.evidence
            and weeks.week_start_on > baseline_ends.last_week_on
    where weeks.is_whole

),

people_weeks as (

    select
        period_weeks.period,
        period_weeks.period_start,
        period_weeks.evidence,
        period_weeks.week_start_on,
        covered_weeks.person_id,
        covered_weeks.is_covered,
        covered_weeks.is_covered and baseline_people.person_id is not null as is_counted,
        baseline_people.hours / baseline_people.weeks as at_baseline,
        baseline_people.hours / baseline_people.weeks - covered_weeks.all_four as saved

    from period_weeks
    inner join covered_weeks
        on
            period_weeks.evidence = covered_weeks.evidence
            and period_weeks.week_start_on = covered_weeks.week_start_on
    left join baseline_people
        on
            covered_weeks.evidence = baseline_people.evidence
            and covered_weeks.person_id = baseline_people.person_id

),

coverages as (

    select
        period,
        period_start,
        evidence,
        count(distinct week_start_on) as weeks,
        count(*) as people_weeks,
        count(*) filter (where is_counted) as counted_weeks,
        {{ safe_ratio('count(*) filter (where is_covered)', 'count(*)') }} as coverage
    from people_weeks
    group by all

),

shares as (

    select
        period,
        period_start,
        evidence,
        person_id,
        count(*) as weeks,
        sum(at_baseline) as at_baseline,
        sum(saved) as saved
    from people_weeks
    where is_counted
    group by all

),

placed as (

    select
        *,
        count(*) over (partition by period, period_start, evidence) as n,
        row_number() over (partition by period, period_start, evidence order by person_id) - 1
            as place
    from shares

),

estimates as (

    select
        period,
        period_start,
        evidence,
        count(*) as n,
        sum(weeks) as weeks,
        sum(at_baseline) as at_baseline,
        sum(saved) as saved_hours,
        sum(saved) / sum(weeks) as saved_per_week
    from shares
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
        taken.draw,
        sum(placed.saved * taken.times) as saved_hours,
        sum(placed.saved * taken.times) / sum(placed.weeks * taken.times) as saved_per_week

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
        {{ drawn_intervals(['saved_hours', 'saved_per_week']) }}
    from resampled
    group by all

),

explained as (

    select
        periods.period,
        periods.period_start,
        periods.period_end > instant.as_of_local as is_pending,
        spans.evidence,
        coverages.coverage,
        coverages.people_weeks,
        coverages.counted_weeks,
        estimates.n,
        estimates.weeks,
        estimates.at_baseline,
        {% for reading in ['saved_hours', 'saved_per_week'] -%}
            estimates.{{ reading }},
            intervals.{{ reading }}_low,
            intervals.{{ reading }}_high,
        {% endfor -%}
        case
            when declared.categories = 0 and spans.evidence != 'survey'
                then 'time_categories.yml declares no rule for the four categories'
            when coverages.weeks is null
                then 'no complete week of the period comes after the baseline'
            when coalesce(estimates.n, 0) < settings.minimum_group_size
                then
                    'fewer than ' || settings.minimum_group_size
                    || ' (' || coalesce(estimates.n, 0)
                    || ') with evidence in all weeks of the baseline and in the period'
        end as reason

    from periods
    cross join instant
    cross join spans
    cross join settings
    cross join declared
    left join coverages
        on
            periods.period = coverages.period
            and periods.period_start = coverages.period_start
            and spans.evidence = coverages.evidence
    left join estimates
        on
            periods.period = estimates.period
            and periods.period_start = estimates.period_start
            and spans.evidence = estimates.evidence
    left join intervals
        on
            periods.period = intervals.period
            and periods.period_start = intervals.period_start
            and spans.evidence = intervals.evidence
    where spans.first_on < periods.period_end

),

-- beside the hours stand what the same weeks would have held at the baseline, and how many they are
measured as (

    -- of all weeks that were worked, those that the hours speak of
    select
        'counted_weeks:' || evidence as variant,
        'counted_weeks' as target_variant,
        period,
        period_start,
        case
            when reason is null then {{ safe_ratio('counted_weeks', 'people_weeks') }}
        end as value,
        'share' as unit,
        coalesce(n, 0) as n,
        case when reason is null then counted_weeks end as numerator,
        case when reason is null then people_weeks end as denominator,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high,
        coverage,
        is_pending,
        5 as minimum_n,
        false as is_failed,
        reason
    from explained

    {% for reading in ['saved_hours', 'saved_per_week'] %}
        union all by name

        select
            '{{ reading }}:' || evidence as variant,
            '{{ reading }}' as target_variant,
            period,
            period_start,
            case when reason is null then {{ reading }} end as value,
            'hours' as unit,
            coalesce(n, 0) as n,
            case when reason is null then at_baseline end as numerator,
            case when reason is null then weeks end as denominator,
            case when reason is null then {{ reading }}_low end as ci_low,
            case when reason is null then {{ reading }}_high end as ci_high,
            coverage,
            is_pending,
            5 as minimum_n,
            false as is_failed,
            reason
        from explained

    {% endfor %}

),

{{ kpi_rows('K4', 'Process efficiency') }}
