"""Sample size (E9): the effect worth finding in, units and days out."""

from __future__ import annotations

import math

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import nearest
from dashboards.engine.power import Design, smallest_effect, total_units
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
    design = Design(p["alpha"], p["power"], p["allocation"])
    total = total_units(design, mean, deviation, effect)
    smaller = min(p["allocation"], 1 - p["allocation"])
    traffic = _traffic(scope)
    days = math.ceil(total / traffic) if traffic else None
    feasible = days <= LONGEST_DAYS if days is not None else None
    summary = {"baseline": mean, "effect_absolute": effect, "units_per_day": traffic}
    if traffic and not feasible:
        summary["mde_absolute_that_fits"] = smallest_effect(
            design, mean, deviation, traffic * LONGEST_DAYS, effect
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
