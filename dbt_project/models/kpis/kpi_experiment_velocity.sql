-- grain: one row per variant, period and period start
-- K2: experiments started, and how many of them stand on what was learnt before (K2b) or are
-- stood upon later (K2c).
{% set first_day %}
    select least(
        min(cast(experiments.start_date as timestamp)),
        min({{ local_time('exposures.exposed_at', 'settings.timezone') }}),
        max({{ local_time(as_of(), 'settings.timezone') }})
    ) as first_day
    from {{ ref('dim_settings') }} as settings
    left join {{ ref('dim_experiments') }} as experiments
        on experiments.experiment_id is not null
    left join {{ ref('fct_exposures') }} as exposures
        on experiments.experiment_id = exposures.experiment_id
{% endset %}
with

{{ kpi_periods(first_day, 'K2') }},

{{ started_experiments() }},

concluded as (

    select
        registry.experiment_key,
        registry.end_date
    from registry
    semi join started
        on registry.experiment_key = started.experiment_key
    cross join instant
    where
        lower(registry.status) in ('stopped', 'decided')
        and cast(registry.end_date as timestamp) < instant.as_of_local

),

-- what ran, or was concluded, without a date that says when is in no period
dated as (

    select
        started.experiment_key is not null as is_started,
        started.experiment_key is null
        and registry.start_date is null
        and not exposure_source.is_connected
        and coalesce(lower(registry.status) in ('running', 'stopped', 'decided'), false)
            as lacks_start,
        started.experiment_key is not null
        and coalesce(lower(registry.status) in ('stopped', 'decided'), false) as is_over,
        registry.end_date is not null as has_end

    from registry
    cross join exposure_source
    left join started
        on registry.experiment_key = started.experiment_key
    where registry.type = 'ab' and registry.duplicate_of is null

),

date_coverages as (

    select
        {{ safe_ratio(
            'count(*) filter (where is_started)', 'count(*) filter (where is_started or lacks_start)'
        ) }} as starts,
        {{ safe_ratio(
            'count(*) filter (where is_over and has_end)', 'count(*) filter (where is_over)'
        ) }} as ends,
        (select count(*) from registry) = 0 as is_empty
    from dated

),

links as (

    select
        project || '|' || experiment_id as experiment_key,
        prior_project || '|' || prior_experiment_id as prior_key,
        grade,
        verdict,
        written_on
    from {{ ref('fct_experiment_links') }}

),

-- a prior counts when it had ended before this hypothesis was written
valid_links as (

    select * from links
    where verdict = 'valid'

),

-- no valid link, but one of which the dates do not tell whether it is
undecided as (

    select links.experiment_key
    from links
    anti join valid_links
        on links.experiment_key = valid_links.experiment_key
    where links.verdict = 'undated'
    group by all

),

referencing as (

    select
        started.experiment_key,
        started.started_local,
        bool_or(undecided.experiment_key is not null) as is_undecided,
        count(valid_links.prior_key) > 0 as has_reference,
        count(valid_links.prior_key) filter (where valid_links.grade = 'A')
        > 0 as has_structured_reference

    from started
    left join valid_links
        on started.experiment_key = valid_links.experiment_key
    left join undecided
        on started.experiment_key = undecided.experiment_key
    group by all

),

eligible as (

    select registry.experiment_key
    from registry
    inner join registry as others
        on
            registry.area = others.area
            and registry.experiment_key != others.experiment_key
            and registry.written_on > others.end_date
    group by all

),

period_starts as (

    select
        periods.period,
        periods.period_start,
        periods.period_end,
        count(referencing.experiment_key) as started,
        count(*) filter (where not referencing.is_undecided) as decided,
        count(*) filter (where referencing.has_reference) as referenced,
        count(*) filter (where referencing.has_structured_reference) as referenced_structured,
        count(eligible.experiment_key) as eligible,
        count(eligible.experiment_key) filter (where referencing.has_reference)
            as eligible_referenced

    from periods
    left join referencing
        on
            periods.period_start <= referencing.started_local
            and periods.period_end > referencing.started_local
    left join eligible
        on referencing.experiment_key = eligible.experiment_key
    group by all

),

period_ends as (

    select
        periods.period,
        periods.period_start,
        periods.period_end,
        count(concluded.experiment_key) as concluded

    from periods
    left join concluded
        on periods.period_start <= concluded.end_date and periods.period_end > concluded.end_date
    group by all

),

-- read at the end of the period: had what was concluded over a year ago been cited within a year?
aged as (

    select
        periods.period,
        periods.period_start,
        concluded.experiment_key,
        bool_or(coalesce(
            valid_links.written_on <= concluded.end_date + interval 12 month
            and valid_links.written_on < periods.period_end
            and cast(valid_links.written_on as timestamp) < instant.as_of_local,
            false
        )) as is_cited

    from periods
    cross join instant
    inner join concluded
        on
            concluded.end_date + interval 12 month < periods.period_end
            and concluded.end_date + interval 12 month < instant.as_of_local
    left join valid_links
        on concluded.experiment_key = valid_links.prior_key
    group by all

),

reuse as (

    select
        periods.period,
        periods.period_start,
        periods.period_end,
        count(aged.experiment_key) as aged,
        count(*) filter (where aged.is_cited) as cited

    from periods
    left join aged
        on periods.period = aged.period and periods.period_start = aged.period_start
    group by all

),

readings as (

    select
        period_starts.period,
        period_starts.period_start,
        period_starts.period_end,
        'started' as variant,
        period_starts.started as value,
        'count' as unit,
        period_starts.started as n,
        date_coverages.starts as coverage

    from period_starts
    cross join date_coverages

    union all by name

    select
        period_ends.period,
        period_ends.period_start,
        period_ends.period_end,
        'concluded' as variant,
        period_ends.concluded as value,
        'count' as unit,
        period_ends.concluded as n,
        date_coverages.ends as coverage

    from period_ends
    cross join date_coverages

    {% for variant, numerator, denominator in [
        ('reference_share', 'referenced', 'started'),
        ('reference_share_structured', 'referenced_structured', 'started'),
        ('reference_share_eligible', 'eligible_referenced', 'eligible')
    ] -%}
        union all by name

        select
            period,
            period_start,
            period_end,
            '{{ variant }}' as variant,
            'share' as unit,
            {{ denominator }} as n,
            {{ numerator }} as numerator,
            {{ denominator }} as denominator,
            {{ safe_ratio('decided', 'started') }} as coverage
        from period_starts

    {% endfor -%}
    union all by name

    select
        period,
        period_start,
        period_end,
        'reuse' as variant,
        'share' as unit,
        aged as n,
        cited as numerator,
        aged as denominator
    from reuse

),

measured as (

    select
        readings.variant,
        readings.variant as target_variant,
        readings.period,
        readings.period_start,
        case
            when date_coverages.is_empty then null
            when readings.unit = 'count' then cast(readings.value as double)
            else {{ safe_ratio('readings.numerator', 'readings.denominator') }}
        end as value,
        readings.unit,
        readings.n,
        readings.numerator,
        readings.denominator,
        {{ wilson_low('readings.numerator', 'readings.denominator') }} as ci_low,
        {{ wilson_high('readings.numerator', 'readings.denominator') }} as ci_high,
        readings.coverage,
        cast(readings.period_end as timestamp) > instant.as_of_local as is_pending,
        0 as minimum_n,
        false as is_failed,
        case
            when date_coverages.is_empty
                then 'no experiment registry: deliver it, or what your tool exports'
        end as reason

    from readings
    cross join instant
    cross join date_coverages

),

{{ kpi_rows('K2', 'Experiment velocity') }}
