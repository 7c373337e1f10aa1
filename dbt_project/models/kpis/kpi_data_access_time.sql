-- grain: one row per variant, period and period start
-- K1: a product manager's question, from the first ask to the answer that stood. Minutes count
-- on the wall clock.
{% set limit = "interval 15 minute" %}
{% set first_day %}
    select least(
        min({{ local_time('asks.asked_at', 'settings.timezone') }}),
        max({{ local_time(as_of(), 'settings.timezone') }})
    ) as first_day
    from {{ ref('dim_settings') }} as settings
    left join {{ ref('fct_question_asks') }} as asks
        on asks.is_interactive and asks.question is not null
{% endset %}
with

{{ kpi_periods(first_day, 'K1') }},

seen_asks as (

    select
        ask_id,
        episode_id,
        person_id,
        role,
        question,
        channel,
        is_known_person,
        asked_at,
        case when {{ seen_by_as_of('answered_at') }} then answered_at end as answered_at,
        complete and {{ seen_by_as_of('answered_at') }} as complete,
        case
            when {{ seen_by_as_of('confirmed_at') }} then confirmed_answer_at
        end as confirmed_answer_at

    from {{ ref('fct_question_asks') }}
    where is_interactive and question is not null and {{ seen_by_as_of('asked_at') }}

),

pm_asks as (

    select * from seen_asks
    where role = 'pm' and episode_id is not null

),

episodes as (

    {{ question_episodes('pm_asks') }}

),

judged as (

    select
        episodes.episode_id,
        episodes.person_id,
        episodes.has_ticket,
        episodes.evidence,
        {{ local_time('episodes.asked_at', 'instant.timezone') }} as asked_local,
        coalesce(episodes.answered_at - episodes.asked_at <= {{ limit }}, false) as is_in_time,
        -- an answer may still be refined or repeated for 24 hours; an ask may still be
        -- answered in time for 15 minutes
        coalesce(
            episodes.evidence = 'inferred'
            and episodes.answered_at - episodes.asked_at <= {{ limit }}
            and instant.as_of_at - episodes.answered_at < interval 24 hour,
            false
        )
        or (
            episodes.answered_at is null and instant.as_of_at - episodes.asked_at < {{ limit }}
        ) as is_pending,
        episodes.answered_at is not null as is_answered,
        date_diff(
            'microsecond', episodes.asked_at, coalesce(episodes.answered_at, instant.as_of_at)
        )
        / 1e6 as seconds

    from episodes
    cross join instant

),

in_period as (

    select
        periods.period,
        periods.period_start,
        periods.period_end,
        judged.*

    from periods
    inner join judged
        on periods.period_start <= judged.asked_local and periods.period_end > judged.asked_local

),

coverages as (

    select
        periods.period,
        periods.period_start,
        {{ safe_ratio('count(*) filter (where seen_asks.is_known_person)', 'count(*)') }}
            as coverage

    from periods
    cross join instant
    inner join seen_asks
        on
            {{ local_time('seen_asks.asked_at', 'instant.timezone') }} >= periods.period_start
            and {{ local_time('seen_asks.asked_at', 'instant.timezone') }} < periods.period_end
    group by all

),

counts as (

    select
        periods.period,
        periods.period_start,
        count(in_period.episode_id) as episodes,
        count(*) filter (where not in_period.is_pending) as settled,
        count(*) filter (where not in_period.is_pending and in_period.is_in_time) as in_time,
        count(*) filter (
            where not in_period.is_pending
            and in_period.is_in_time
            and in_period.evidence = 'confirmed'
        ) as in_time_confirmed,
        count(*) filter (
            where not in_period.is_pending
            and in_period.is_in_time
            and in_period.evidence = 'inferred'
        ) as in_time_inferred,
        count(*) filter (where not in_period.has_ticket) as without_ticket

    from periods
    left join in_period
        on periods.period = in_period.period and periods.period_start = in_period.period_start
    group by all

),

settled as (

    select * from in_period
    where not is_pending

),

-- what was still open at as-of leaves the people at risk without having been answered
{{ survival_quantiles(
    'settled', ['period', 'period_start'], 'seconds', 'is_answered',
    {'median_seconds': 0.5, 'p90_seconds': 0.1}
) }},

managers as (

    select
        period,
        period_start,
        person_id,
        count(*) as settled,
        count(*) filter (where is_in_time) as in_time

    from settled
    group by all

),

manager_counts as (

    select
        periods.period,
        periods.period_start,
        count(managers.person_id) as managers,
        count(*) filter (where managers.in_time >= 0.9 * managers.settled) as well_served,
        min_by(
            managers.in_time,
            { 'rate': managers.in_time / managers.settled, 'person_id': managers.person_id }
        )
        filter (where managers.settled >= 5) as worst_in_time,
        min_by(
            managers.settled,
            { 'rate': managers.in_time / managers.settled, 'person_id': managers.person_id }
        )
        filter (where managers.settled >= 5) as worst_settled

    from periods
    left join managers
        on periods.period = managers.period and periods.period_start = managers.period_start
    group by all

),

shares as (

    {% for variant, numerator, denominator in [
        ('within_15m', 'in_time', 'settled'), ('within_15m_confirmed', 'in_time_confirmed', 'settled'),
        ('within_15m_inferred', 'in_time_inferred', 'settled'), ('self_serve', 'without_ticket', 'episodes')
    ] -%}
        select
            period,
            period_start,
            '{{ variant }}' as variant,
            {{ numerator }} as numerator,
            {{ denominator }} as denominator,
            {{ denominator }} as n,
            10 as minimum_n
        from counts

        union all by name

    {% endfor -%}
    select
        period,
        period_start,
        'any_pm' as variant,
        well_served as numerator,
        managers as denominator,
        managers as n,
        5 as minimum_n
    from manager_counts

    union all by name

    select
        manager_counts.period,
        manager_counts.period_start,
        'worst_pm' as variant,
        manager_counts.worst_in_time as numerator,
        manager_counts.worst_settled as denominator,
        counts.settled as n,
        10 as minimum_n

    from manager_counts
    inner join counts
        on
            manager_counts.period = counts.period
            and manager_counts.period_start = counts.period_start

),

-- requests that no standard question covers are counted beside, never in the share
other_tickets as (

    select
        periods.period,
        periods.period_start,
        count(tickets.ticket_id) as tickets

    from periods
    cross join instant
    left join {{ ref('fct_data_tickets') }} as tickets
        on
            tickets.role = 'pm'
            and tickets.question is null
            and {{ seen_by_as_of('tickets.created_at') }}
            and {{ local_time('tickets.created_at', 'instant.timezone') }} >= periods.period_start
            and {{ local_time('tickets.created_at', 'instant.timezone') }} < periods.period_end
    group by all

),

readings as (

    select
        period,
        period_start,
        variant,
        {{ safe_ratio('numerator', 'denominator') }} as value,
        'share' as unit,
        n,
        numerator,
        denominator,
        {{ wilson_low('numerator', 'denominator') }} as ci_low,
        {{ wilson_high('numerator', 'denominator') }} as ci_high,
        minimum_n

    from shares

    {% for variant in ['median_seconds', 'p90_seconds'] -%}
        union all by name

        select
            counts.period,
            counts.period_start,
            '{{ variant }}' as variant,
            quantiles.{{ variant }} as value,
            'seconds' as unit,
            counts.settled as n,
            quantiles.{{ variant }}_low as ci_low,
            quantiles.{{ variant }}_high as ci_high,
            10 as minimum_n

        from counts
        left join survival_quantiles as quantiles
            on counts.period = quantiles.period and counts.period_start = quantiles.period_start

    {% endfor -%}
    union all by name

    select
        period,
        period_start,
        'tickets_without_question' as variant,
        tickets as value,
        'count' as unit,
        tickets as n,
        0 as minimum_n
    from other_tickets

),

-- who asks elsewhere more than a week before the log of a BI tool begins, or after it ends, may
-- well have looked there too
silent_tools as (

    select
        periods.period,
        periods.period_start,
        tools.source,
        cast(min(tools.first_at) as date) as first_on,
        cast(max(tools.last_at) as date) as last_on

    from periods
    cross join instant
    cross join {{ ref('dim_access_tools') }} as tools
    inner join seen_asks
        on
            tools.source != seen_asks.channel
            and {{ local_time('seen_asks.asked_at', 'instant.timezone') }} >= periods.period_start
            and {{ local_time('seen_asks.asked_at', 'instant.timezone') }} < periods.period_end
    where tools.first_at is not null
    group by all
    -- one ask in ten may lie outside
    having
        0.1 < {{ safe_ratio(
            "count(*) filter (where not seen_asks.asked_at between tools.first_at - interval 7 day"
            ~ " and tools.last_at + interval 7 day)", 'count(*)'
        ) }}

),

silences as (

    select
        period,
        period_start,
        string_agg(
            'the log of ' || source || ' tells only of ' || strftime(first_on, '%Y-%m-%d')
            || ' to ' || strftime(last_on, '%Y-%m-%d'),
            ', ' order by source
        ) as reason

    from silent_tools
    group by all

),

-- what must be there for a number to mean what it says
evidence as (

    select
        (select count(*) from seen_asks) > 0 as has_asks,
        (
            select count(*) from {{ ref('fct_data_tickets') }}
            where {{ seen_by_as_of('created_at') }}
        ) > 0 as has_tickets,
        (
            select string_agg(source, ' and ' order by source)
            from {{ ref('dim_access_tools') }}
            where first_at is null
        ) as undelivered

),

measured as (

    select
        readings.* exclude (value),
        readings.variant as target_variant,
        case
            when evidence.has_tickets or readings.variant != 'tickets_without_question'
                then readings.value
        end as value,
        coverages.coverage,
        periods.period_end > instant.as_of_local as is_pending,
        false as is_failed,
        case
            when
                not evidence.has_tickets
                and readings.variant in ('self_serve', 'tickets_without_question')
                then 'no data-request tickets: declare them in data_access.yml and deliver issues'
            when not evidence.has_asks
                then 'nobody has asked yet: no question log, mapped BI view or data ticket'
            when evidence.undelivered is not null
                then
                    'data_access.yml maps ' || evidence.undelivered
                    || ', of which nothing was delivered'
            when silences.reason is not null then silences.reason
            when coverages.coverage = 0 then 'nobody of those who asked is in the roster'
            when readings.variant = 'worst_pm' and readings.value is null and readings.n > 0
                then 'nobody has five questions that are settled'
            when readings.unit = 'seconds' and readings.value is null and readings.n > 0
                then 'not reached: too many questions are still open'
        end as reason

    from readings
    cross join instant
    cross join evidence
    inner join periods
        on readings.period = periods.period and readings.period_start = periods.period_start
    left join coverages
        on readings.period = coverages.period and readings.period_start = coverages.period_start
    left join silences
        on readings.period = silences.period and readings.period_start = silences.period_start

),

{{ kpi_rows('K1', 'Data-access time') }}
