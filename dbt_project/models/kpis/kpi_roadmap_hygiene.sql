-- grain: one row per variant, period and period start
-- K8, of what is still planned. A roadmap is a list without a history, so it is read once, at the
-- as-of instant, and its row stands in the period of that instant.
{% set first_day %}
    select {{ local_time(as_of(), 'settings.timezone') }} as first_day
    from {{ ref('dim_settings') }} as settings
{% endset %}
with

{{ kpi_periods(first_day) }},

data_through as (

    select data_through_at from {{ ref('dim_data_through') }}

),

items as (

    select
        items.feedback_links + items.known_experiment_links + items.metric_links > 0
            as has_evidence,
        items.is_reach_counted and items.rice_per_person is not null as has_counted_rice,
        coalesce(items.rice_per_person is not null and (
            items.is_reach_counted or (items.is_reach_stated and items.reach is not null)
        ), false) as has_measured_rice,
        items.rice_problem is not null as has_problem,
        items.updated_at is not null as is_dated,
        coalesce(items.updated_at >= instant.as_of_at - interval 30 day, false) as is_updated,
        -- of a day gone by, what was changed since then cannot be told
        coalesce(
            instant.as_of_at < data_through.data_through_at
            and items.updated_at >= instant.as_of_at, false
        ) as is_changed_later

    from {{ ref('dim_roadmap_items') }} as items
    cross join instant
    cross join data_through
    where
        items.stage = 'planned'
        and coalesce({{ seen_by_as_of('items.created_at') }}, true)

),

counts as (

    select
        count(*) as items,
        count(*) filter (where has_evidence) as with_evidence,
        count(*) filter (where has_measured_rice) as with_measured_rice,
        count(*) filter (where has_counted_rice) as with_counted_rice,
        count(*) filter (where is_updated) as updated,
        count(*) filter (where has_evidence and has_measured_rice and is_updated) as in_order,
        count(*) filter (where has_problem) as problems,
        count(*) filter (where is_dated) as dated,
        count(*) filter (where is_changed_later) as changed_later
    from items

),

readings as (

    {% for variant, numerator, coverage in [
        ('in_order', 'in_order', 'dated'),
        ('with_evidence', 'with_evidence', 'items'),
        ('with_measured_rice', 'with_measured_rice', 'items'),
        ('with_counted_rice', 'with_counted_rice', 'items'),
        ('updated_30d', 'updated', 'dated')
    ] %}
        select
            '{{ variant }}' as variant,
            'share' as unit,
            items as n,
            {{ numerator }} as numerator,
            items as denominator,
            {{ safe_ratio(coverage, 'items') }} as coverage
        from counts

        union all by name

    {% endfor %}
    select
        'items' as variant,
        'count' as unit,
        items as n,
        items as value
    from counts

    union all by name

    select
        'rice_problems' as variant,
        'count' as unit,
        items as n,
        problems as value
    from counts

),

measured as (

    select
        readings.variant,
        readings.variant as target_variant,
        periods.period,
        periods.period_start,
        case
            when counts.changed_later > 0 or counts.items = 0 then null
            when readings.unit = 'share'
                then {{ safe_ratio('readings.numerator', 'readings.denominator') }}
            else readings.value
        end as value,
        readings.unit,
        readings.n,
        readings.numerator,
        readings.denominator,
        case
            when counts.changed_later = 0
                then {{ wilson_low('readings.numerator', 'readings.denominator') }}
        end as ci_low,
        case
            when counts.changed_later = 0
                then {{ wilson_high('readings.numerator', 'readings.denominator') }}
        end as ci_high,
        readings.coverage,
        false as is_pending,
        0 as minimum_n,
        false as is_failed,
        case
            when counts.items = 0 then 'no roadmap: deliver it as the source roadmap'
            when counts.changed_later > 0
                then
                    counts.changed_later
                    || ' items were changed after that day, and the list has no history'
        end as reason

    from readings
    cross join counts
    cross join periods

),

{{ kpi_rows('K8', 'Roadmap hygiene') }}
