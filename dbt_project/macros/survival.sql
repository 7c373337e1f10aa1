{#
    Kaplan-Meier. From rows of `units` with `keys`, the time each was watched and whether it was over by then, CTEs up to
    `survival_quantiles`: per name of `quantiles` the first time at which at most that share is still open, with the ends of its
    95 % interval (`<name>_low`, `<name>_high`; none where the data do not reach so far). What was not over leaves those at risk
    without having been over. Greenwood's variance on the scale of log(-log S), where the interval stays between 0 and 1.
#}
{% macro survival_quantiles(units, keys, time, is_over, quantiles) %}
{%- set keys = keys | join(', ') -%}
risk_sets as (

    select
        {{ keys }},
        {{ time }} as elapsed,
        count(*) filter (where {{ is_over }}) as ended,
        sum(count(*)) over (partition by {{ keys }} order by {{ time }} desc) as at_risk

    from {{ units }}
    group by {{ keys }}, {{ time }}

),

survival as (

    select
        {{ keys }},
        elapsed,
        ended,
        product(1.0 - ended / cast(at_risk as double)) over so_far as open_share,
        sum({{ safe_ratio('ended', 'at_risk * (at_risk - ended)') }}) over so_far as greenwood

    from risk_sets
    window so_far as (partition by {{ keys }} order by elapsed)

),

bounded as (

    select
        {{ keys }},
        elapsed,
        open_share,
        case
            when open_share > 1e-9 then exp(1.959963984540054 * sqrt(greenwood) / abs(ln(open_share)))
        end as width

    from survival
    where ended > 0

),

-- a product of shares that is one half on paper may be a rounding error above it
survival_quantiles as (

    select
        {{ keys }}
        {%- for name, share in quantiles.items() %},
        min(elapsed) filter (where open_share <= {{ share }} + 1e-9) as {{ name }},
        min(elapsed) filter (where coalesce(open_share ** width, 0) <= {{ share }} + 1e-9) as {{ name }}_low,
        min(elapsed) filter (where coalesce(open_share ** (1 / width), 1) <= {{ share }} + 1e-9) as {{ name }}_high
        {%- endfor %}

    from bounded
    group by all

)
{%- endmacro %}
