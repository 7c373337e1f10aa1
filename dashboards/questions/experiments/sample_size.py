"""Sample size (E9): the effect worth finding in, units and days out."""

from __future__ import annotations

import math

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import nearest
from dashboards.engine.scope import Result, Scope

LONGEST_DAYS = 56


def answer(scope: Scope) -> Result:
    """One row."""
    p = scope.params
    if (p["baseline"] is None) == (p["metric"] is None):
        raise BadParameter("`sample_size` needs exactly one of `baseline` and `metric`")
    if (p["mde_relative"] is None) == (p["mde_absolute"] is None):
        raise BadParameter("`sample_size` needs exactly one of `mde_relative` and `mde_absolute`")
    mean, deviation = (
        (p["baseline"], None) if p["metric"] is None else _measured(scope, p["metric"])
    )
    effect = p["mde_absolute"] if p["mde_absolute"] is not None else p["mde_relative"] * mean
    if effect <= 0:
        raise BadParameter("the baseline is 0, so only `mde_absolute` says how large an effect is")
    if deviation is None and not 0 < mean + effect < 1:
        raise BadParameter(
            f"a share of {mean:g} cannot change by {effect:g}; the nearest `mde_absolute` is below {1 - mean:g}"
        )
    total = _total(scope, mean, deviation, effect)
    smaller = min(p["allocation"], 1 - p["allocation"])
    traffic = _traffic(scope)
    days = math.ceil(total / traffic) if traffic else None
    feasible = days <= LONGEST_DAYS if days is not None else None
    summary = {"baseline": mean, "effect_absolute": effect, "units_per_day": traffic}
    if traffic and not feasible:
        summary["mde_absolute_that_fits"] = _fitting(
            scope, mean, deviation, effect, traffic * LONGEST_DAYS
        )
        scope.caveat(
            f"At {traffic:.0f} people a day this takes {days} days, more than {LONGEST_DAYS}; it is not feasible."
        )
    row = {
        "units_per_variant": math.ceil(total * smaller),
        "days": days,
        "feasible": feasible,
        "total_units": math.ceil(total),
    }
    return Result([row], summary)


def _total(scope: Scope, mean: float, deviation: float | None, effect: float) -> float:
    """Units of both variants together."""
    from statistics import NormalDist

    p = scope.params
    high, low = NormalDist().inv_cdf(1 - p["alpha"] / 2), NormalDist().inv_cdf(p["power"])
    share = p["allocation"]
    if deviation is not None:
        return (high + low) ** 2 * deviation**2 * (1 / share + 1 / (1 - share)) / effect**2
    other = mean + effect
    pooled = mean * (1 - share) + other * share
    spread_null = math.sqrt(pooled * (1 - pooled) * (1 / share + 1 / (1 - share)))
    spread = math.sqrt(mean * (1 - mean) / (1 - share) + other * (1 - other) / share)
    return (high * spread_null + low * spread) ** 2 / effect**2


def _fitting(
    scope: Scope, mean: float, deviation: float | None, effect: float, units: float
) -> float | None:
    """The smallest effect that the units of eight weeks can find."""
    low, high = effect, effect
    while _total(scope, mean, deviation, high) > units:
        high *= 2
        if deviation is None and mean + high >= 1:
            return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if _total(scope, mean, deviation, middle) > units else (low, middle)
        )
    return high


def _measured(scope: Scope, metric: str) -> tuple[float, float]:
    rows = scope.run(
        """
        with units as (
            select project, unit_id, sum(value) as value
            from marts.fct_outcomes
            where metric = $metric and ($project is null or project = $project)
            group by all
        )
        select count(*) as units, avg(value) as mean, stddev_samp(value) as deviation from units
        """,
        {"metric": metric, "project": scope.params.get("project")},
    )
    if rows[0]["units"] < 2 or not rows[0]["deviation"]:
        known = [
            row[0]
            for row in scope.session.run(
                "select distinct metric from marts.fct_outcomes order by 1"
            )
        ]
        raise BadParameter(
            f"`metric` {metric[:60]} has no measured variance; the nearest with outcomes is `{nearest(metric, known)}`"
        )
    return rows[0]["mean"], rows[0]["deviation"]


def _traffic(scope: Scope) -> float:
    """Distinct active people of the last 28 days, per day."""
    row = scope.run(
        """
        select count(distinct person_key) as people
        from marts.fct_events
        where is_active_event and left_out_because is null
            and occurred_at >= $as_of - interval 28 days and occurred_at <= $as_of
            and ($project is null or project = $project)
        """,
        {"as_of": scope.as_of, "project": scope.params.get("project")},
    )[0]
    return row["people"] / 28
