-- grain: one row per variant, period and period start
-- K9: releases; planned against actual day; launch checklists; the way of work items between
-- functions. A release stands in the period in which it came out, its plan in the period of the
-- planned day, a work item in the period in which it was done.
{% set functions = ['product', 'design', 'engineering', 'go_to_market'] %}
{% set first_day %}
    select least(
        cast(min(releases.released_on) as timestamp),
        min({{ local_time('items.finished_at', 'settings.timezone') }}),
        max({{ local_time(as_of(), 'settings.timezone') }})
    ) as first_day
    from {{ ref('dim_settings') }} as settings
    left join {{ ref('fct_releases') }} as releases
        on releases.released_on is not null
    left join (select min(finished_at) as finished_at from {{ ref('fct_work_items') }}) as items
        on items.finished_at is not null
{% endset %}
with

{{ kpi_periods(first_day, 'K9') }},

releases as (

    select
        calendar.*,
        calendar.released_at is not null and {{ seen_by_as_of('calendar.released_at') }} as is_out

    from {{ ref('fct_releases') }} as calendar

),

-- a planned day that is over without a release was missed; one that is not over is pending
planned as (

    select
        releases.release_id,
        releases.planned_on,
        coalesce(releases.is_out and releases.released_on <= releases.planned_on, false)
            as is_on_time,
        not coalesce(releases.is_out, false)
        and cast(releases.planned_on + 1 as timestamp) > instant.as_of_local as is_pending

    from releases
    cross join instant
    where releases.planned_on is not null

),

released_counts as (

    select
        periods.period,
        periods.period_start,
        periods.period_end,
        count(releases.release_id) as released,
        count(releases.is_checklist_complete) as checked,
        count(*) filter (where releases.is_checklist_complete) as complete,
        count(releases.planned_on) as planned,
        median(releases.released_on - releases.planned_on) as median_delay

    from periods
    left join releases
        on
            releases.is_out
            and periods.period_start <= releases.released_on
            and periods.period_end > releases.released_on
    group by all

),

planned_counts as (

    select
        periods.period,
        periods.period_start,
        periods.period_end,
        count(planned.planned_on) filter (where not planned.is_pending) as due,
        count(*) filter (where planned.is_on_time) as on_time

    from periods
    left join planned
        on periods.period_start <= planned.planned_on and periods.period_end > planned.planned_on
    group by all

),

finished as (

    select
        items.item_id,
        items.has_history,
        {{ local_time('items.finished_at', 'instant.timezone') }} as finished_local,
        items.finished_at

    from {{ ref('fct_work_items') }} as items
    cross join instant
    where items.finished_at is not null and {{ seen_by_as_of('items.finished_at') }}

),

-- what happens to an item after it was done is not on its way
ways as (

    select
        finished.item_id,
        finished.finished_local,
        spans.function_name,
        spans.is_handoff,
        spans.is_bounce,
        date_diff(
            'second',
            spans.entered_at,
            least(coalesce(spans.left_at, finished.finished_at), finished.finished_at)
        ) / 86400.0 as days,
        coalesce(spans.days_waited, 0) as days_waited

    from finished
    inner join {{ ref('fct_function_spans') }} as spans
        on finished.item_id = spans.item_id and finished.finished_at > spans.entered_at

),

item_ways as (

    select
        finished.item_id,
        any_value(finished.finished_local) as finished_local,
        any_value(finished.has_history) as has_history,
        count(*) filter (where ways.is_handoff) as handoffs,
        count(*) filter (where ways.is_bounce) as bounces,
        coalesce(sum(ways.days_waited), 0) as days_between,
        {% for function in functions %}
            sum(ways.days) filter (where ways.function_name = '{{ function }}')
                as {{ function }}_days,
        {% endfor %}
        count(ways.item_id) as stretches

    from finished
    left join ways
        on finished.item_id = ways.item_id
    group by finished.item_id

),

handed as (

    select
        periods.period,
        periods.period_start,
        periods.period_end,
        count(item_ways.item_id) as items,
        count(*) filter (where item_ways.has_history) as told,
        avg(item_ways.handoffs) filter (where item_ways.has_history) as handoffs,
        avg(item_ways.bounces) filter (where item_ways.has_history) as bounces,
        median(item_ways.days_between) filter (where item_ways.has_history) as days_between,
        {% for function in functions %}
            median(item_ways.{{ function }}_days) as {{ function }}_days,
            count(item_ways.{{ function }}_days) as {{ function }}_items
            {%- if not loop.last %},{% endif %}
        {% endfor %}

    from periods
    left join item_ways
        on
            periods.period_start <= item_ways.finished_local
            and periods.period_end > item_ways.finished_local
    group by all

),

release_evidence as (

    select
        count(*) filter (where is_out) as releases,
        count(planned_on) as plans,
        count(is_checklist_complete) as checklists
    from releases

),

item_evidence as (

    select
        count(*) as items,
        count(*) filter (where has_history) as histories
    from {{ ref('fct_work_items') }}

),

lacks as (

    select
        case
            when release_evidence.releases = 0
                then 'no releases: deliver GitHub releases or Jira versions'
        end as releases,
        case
            when release_evidence.plans = 0
                then 'no planned days: give roadmap items a release and an end'
        end as plans,
        case
            when release_evidence.checklists = 0
                then 'no launch checklists: declare them in delivery.yml or releases.yml'
        end as checklists,
        case
            when item_evidence.items = 0
                then 'no functions: delivery.yml gives no status to a function'
            when item_evidence.histories = 0
                then 'no status history: deliver issues of Jira or Linear with their history'
        end as handoffs

    from release_evidence
    cross join item_evidence

),

readings as (

    select
        period,
        period_start,
        period_end,
        'releases' as variant,
        'count' as unit,
        released as value,
        released as n
    from released_counts

    union all by name

    select
        period,
        period_start,
        period_end,
        'on_time' as variant,
        'share' as unit,
        due as n,
        on_time as numerator,
        due as denominator
    from planned_counts

    union all by name

    select
        period,
        period_start,
        period_end,
        'delay_days' as variant,
        'days' as unit,
        median_delay as value,
        planned as n,
        {{ safe_ratio('planned', 'released') }} as coverage
    from released_counts

    union all by name

    select
        period,
        period_start,
        period_end,
        'checklist_complete' as variant,
        'share' as unit,
        released as n,
        complete as numerator,
        released as denominator,
        {{ safe_ratio('checked', 'released') }} as coverage
    from released_counts

    {% for variant, unit, n in [
        ('handoffs', 'count', 'told'), ('bounces', 'count', 'told'), ('days_between', 'days', 'told')
    ] %}
        union all by name

        select
            period,
            period_start,
            period_end,
            '{{ variant }}' as variant,
            '{{ unit }}' as unit,
            {{ variant }} as value,
            {{ n }} as n,
            {{ safe_ratio('told', 'items') }} as coverage
        from handed
    {% endfor %}
    {% for function in functions %}
        union all by name

        select
            period,
            period_start,
            period_end,
            'days_in:{{ function }}' as variant,
            'days' as unit,
            {{ function }}_days as value,
            {{ function }}_items as n,
            {{ safe_ratio('told', 'items') }} as coverage
        from handed
    {% endfor %}

),

explained as (

    select
        readings.*,
        case
            when readings.variant = 'releases' then lacks.releases
            when readings.variant in ('on_time', 'delay_days')
                then coalesce(lacks.releases, lacks.plans)
            when readings.variant = 'checklist_complete'
                then coalesce(lacks.releases, lacks.checklists)
            else lacks.handoffs
        end as reason

    from readings
    cross join lacks

),

measured as (

    select
        readings.variant,
        split_part(readings.variant, ':', 1) as target_variant,
        readings.period,
        readings.period_start,
        case
            when readings.reason is not null then null
            when readings.unit = 'share'
                then {{ safe_ratio('readings.numerator', 'readings.denominator') }}
            else readings.value
        end as value,
        readings.unit,
        readings.n,
        readings.numerator,
        readings.denominator,
        case
            when readings.reason is null
                then {{ wilson_low('readings.numerator', 'readings.denominator') }}
        end as ci_low,
        case
            when readings.reason is null
                then {{ wilson_high('readings.numerator', 'readings.denominator') }}
        end as ci_high,
        readings.coverage,
        readings.period_end > instant.as_of_local as is_pending,
        0 as minimum_n,
        false as is_failed,
        readings.reason

    from explained as readings
    cross join instant

),

{{ kpi_rows('K9', 'Release cadence and handoffs') }}
