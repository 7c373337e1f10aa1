{#
    KPI models read marts only and take the as-of instant from as_of(), so the published file can tell them again as of
    another day. Each ends in the same columns, made here.
#}

{#
    CTEs `instant` (as-of in UTC, as wall clock and as a day of the reporting zone) and `periods` since a first day. With `kpi`
    the baselines that the company declares for it are periods too, so a baseline is counted by the definition it is compared with.
#}
{% macro kpi_periods(first_day, kpi=none) %}
instant as (

    select
        {{ as_of() }} as as_of_at,
        {{ local_time(as_of(), 'settings.timezone') }} as as_of_local,
        settings.timezone,

    from {{ ref('dim_settings') }} as settings

),

first_days as (

    {{ first_day }}

),

periods as (

    select
        'month' as period,
        cast(month_starts.start_at as date) as period_start,
        cast(month_starts.start_at + interval 1 month as date) as period_end,

    from (
        select unnest(generate_series(date_trunc('month', first_days.first_day), date_trunc('month', instant.as_of_local), interval 1 month)) as start_at
        from first_days
        cross join instant
    ) as month_starts
    cross join instant
    where month_starts.start_at < instant.as_of_local

    union all

    select
        'quarter' as period,
        cast(quarter_starts.start_at as date) as period_start,
        cast(quarter_starts.start_at + interval 3 month as date) as period_end,

    from (
        select unnest(generate_series(date_trunc('quarter', first_days.first_day), date_trunc('quarter', instant.as_of_local), interval 3 month)) as start_at
        from first_days
        cross join instant
    ) as quarter_starts
    cross join instant
    where quarter_starts.start_at < instant.as_of_local

    {% if kpi -%}
    union all

    select
        'baseline' as period,
        baselines.from_on as period_start,
        baselines.to_on as period_end,

    from {{ ref('dim_kpi_baselines') }} as baselines
    cross join instant
    where baselines.kpi = '{{ kpi }}' and cast(baselines.from_on as timestamp) < instant.as_of_local
    group by all
    {%- endif %}

)
{% endmacro %}

{#
    From `measured` (variant, target_variant, period, period_start, value, unit, n, numerator, denominator, ci_low, ci_high,
    coverage, is_pending, minimum_n, reason) to the rows of a KPI. A target given per period holds for that period only.
    Reportable: enough units, enough coverage, a value. `failed` is decided by the model through `is_failed`.
#}
{% macro kpi_rows(kpi, name) %}
targeted as (

    select
        measured.*,
        targets.at_least,
        targets.at_most,
        coalesce(targets.at_least, targets.at_most) as target,
        case
            when measured.reason is not null then measured.reason
            when measured.is_pending and measured.value is null then 'not over yet'
            when measured.value is null then 'no data'
            when measured.n < measured.minimum_n then 'fewer than ' || measured.minimum_n || ' (' || measured.n || ')'
            when measured.coverage < 0.6 then 'coverage under 60 %'
        end as withheld_because,

    from measured
    left join {{ ref('dim_kpi_targets') }} as targets
        on targets.kpi = '{{ kpi }}'
        and targets.variant in (measured.variant, measured.target_variant)
        and coalesce(targets.per, measured.period) = measured.period
    qualify row_number() over (
        partition by measured.variant, measured.period, measured.period_start
        order by targets.variant = measured.variant desc nulls last
    ) = 1

)

select
    '{{ kpi }}' as kpi,
    '{{ name }}' as name,
    variant,
    period,
    period_start,
    cast(value as double) as value,
    unit,
    cast(n as bigint) as n,
    cast(numerator as double) as numerator,
    cast(denominator as double) as denominator,
    cast(ci_low as double) as ci_low,
    cast(ci_high as double) as ci_high,
    cast(coverage as double) as coverage,
    cast(target as double) as target,
    case
        when is_pending then 'pending'
        when value is null then 'none'
        when is_failed then 'failed'
        when at_least is null and at_most is null then 'none'
        when coalesce(value >= at_least, true) and coalesce(value <= at_most, true) then 'on_target'
        else 'off_target'
    end as status,
    withheld_because is null as reportable,
    withheld_because as reason,

from targeted
{% endmacro %}
