"""The read-out of an experiment (metrics.md, section 5): who was exposed, what they did, and what may be said.

Knows registry, exposures and outcomes. Must not know the catalogue or pages.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import nearest
from dashboards.engine.scope import Scope
from dashboards.engine.statistics import (
    Arm,
    Comparison,
    compare,
    compare_anytime,
    holm,
    srm_p_value,
)

SRM_ALARM = 0.001
SRM_MINIMUM = 100
MULTI_VARIANT_LIMIT = 0.01
CANNOT = "cannot be analysed"


@dataclass
class Readout:
    """Rows and summary of one experiment."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What the registry says; empty where it says nothing."""

    control: str | None
    weights: dict[str, float]
    primary: str | None
    metrics: tuple[str, ...]
    registered: bool
    sample_size: int | None = None
    ends_on: date | None = None


def read_plan(scope: Scope, experiment: str) -> Plan:
    """The registered plan of an experiment."""
    rows = []
    if scope.published.has("marts.dim_experiments"):
        rows = scope.run(
            """
            select
                control, variants, primary_metric, secondary_metrics, guardrails, planned_sample_size,
                coalesce(start_date + planned_duration_days::integer, end_date) as planned_end
            from marts.dim_experiments
            where experiment_id = $experiment and ($project is null or project = $project)
            """,
            {"experiment": experiment, "project": scope.params.get("project")},
        )
    if not rows:
        return Plan(None, {}, None, (), False)
    row = rows[0]
    weights: dict[str, float] = {}
    for variant in _list(row["variants"]):
        if isinstance(variant, str):
            weights[variant] = 1.0
        elif (
            isinstance(variant, dict)
            and (key := variant.get("key") or variant.get("name")) is not None
        ):
            weight = variant.get("weight")
            weights[str(key)] = float(weight) if isinstance(weight, int | float) else 1.0
    names = [
        row["primary_metric"],
        *(_metric(m) for m in _list(row["secondary_metrics"])),
        *(_metric(m) for m in _list(row["guardrails"])),
    ]
    control = row["control"] or next(iter(weights), None)
    metrics = tuple(dict.fromkeys(n for n in names if n))
    size, end = row["planned_sample_size"], row["planned_end"]
    return Plan(control, weights, row["primary_metric"], metrics, True, size, end)


def _peek(scope: Scope, plan: Plan, units: int) -> str | None:
    """Why a fixed-horizon read-out is too early (E6)."""
    today = scope.calendar.to_local(scope.as_of).date()
    if plan.ends_on is not None and today < plan.ends_on:
        return f"a fixed-horizon test is read before its planned end ({plan.ends_on.isoformat()}); `method=sequential` allows that"
    if plan.sample_size and units < plan.sample_size:
        return f"a fixed-horizon test is read with {units} of {plan.sample_size} planned units; `method=sequential` allows that"
    return None


def read_out(scope: Scope, experiment: str, metric: str | None, method: str = "fixed") -> Readout:
    """Everything that can be said about one experiment."""
    plan = read_plan(scope, experiment)
    _units(scope, experiment)
    units = {
        row["variant"]: row["units"]
        for row in scope.run(
            "select variant, count(*) as units from units group by all order by all"
        )
    }
    shape = scope.run(
        "select count(*) as exposed, count(*) filter (where variants > 1) as several from exposed"
    )[0]
    unplanned = [v for v in units if plan.weights and v not in plan.weights]
    reasons: list[str] = []
    for variant in unplanned:
        reasons.append(
            f"variant {variant} is not in the registry; its {units[variant]} units are left out"
        )
    counted = {v: n for v, n in units.items() if v not in unplanned}
    expected = plan.weights or dict.fromkeys(counted, 1.0)
    arms = {v: counted.get(v, 0) for v in expected}
    if not plan.registered:
        reasons.append("the experiment is not in the registry: equal weights are assumed")

    srm = (
        srm_p_value(list(arms.values()), [expected[v] for v in arms])
        if sum(arms.values()) >= SRM_MINIMUM
        else None
    )
    if srm is None:
        reasons.append(f"no sample-ratio verdict under {SRM_MINIMUM} exposed units")
    alarm = srm is not None and srm < SRM_ALARM
    share = shape["several"] / shape["exposed"] if shape["exposed"] else 0.0
    if shape["several"]:
        reasons.append(
            f"{shape['several']} units were seen in several variants and are removed ({share:.2%})"
        )
    if alarm:
        reasons.append(
            f"sample ratio mismatch: p = {srm:.2g} is below {SRM_ALARM}; the decision is locked"
        )

    control = plan.control if plan.control in arms else _control(arms)
    cannot = _cannot(arms, control)
    readout = Readout()
    if cannot:
        reasons.append(cannot)
    elif method == "fixed" and (peek := _peek(scope, plan, sum(arms.values()))):
        reasons.append(peek)
    metrics = _metrics(scope, experiment, plan, metric)
    if not metrics:
        reasons.append("no outcome of this experiment's units has arrived")
    rows = [
        row
        for name in metrics
        for row in _metric_rows(scope, experiment, name, arms, control, bool(cannot), method)
    ]
    _adjust(rows)
    readout.rows = rows
    blocked = alarm or share > MULTI_VARIANT_LIMIT
    readout.summary = {
        "experiment": experiment,
        "control": control,
        "primary_metric": plan.primary or (metrics[0] if metrics else None),
        "srm_p_value": srm,
        "srm_alarm": alarm,
        "multi_variant_units": shape["several"],
        "excluded_units": shape["several"] + sum(units[v] for v in unplanned),
        "verdict": _verdict(
            rows,
            plan.primary or (metrics[0] if metrics else None),
            control,
            bool(cannot) or not metrics,
            blocked,
            reasons,
        ),
        "reasons": reasons,
    }
    return readout


def _units(scope: Scope, experiment: str) -> None:
    """First exposure per unit; units of several variants are removed and counted (E2)."""
    scope.run(
        """
        create or replace temp table exposed as
        select
            unit_id,
            min_by(variant, exposed_at) as variant,
            min(exposed_at) as exposed_at,
            count(distinct variant) as variants
        from marts.fct_exposures
        where experiment_id = $experiment
            and ($project is null or project = $project)
            and ($from_at is null or exposed_at >= $from_at)
            and ($to_at is null or exposed_at < $to_at)
            and (not $as_of_given or exposed_at < $as_of)
        group by all
        """,
        {
            "experiment": experiment,
            "project": scope.params.get("project"),
            "from_at": scope.from_at,
            "to_at": scope.to_at,
            "as_of_given": scope.as_of_given,
            "as_of": scope.as_of,
        },
    )
    scope.run(
        "create or replace temp table units as select unit_id, variant, exposed_at from exposed where variants = 1"
    )


def _metrics(scope: Scope, experiment: str, plan: Plan, asked: str | None) -> list[str]:
    """The metrics to read out: the asked one, the registry's, else every outcome column."""
    seen = [
        row["metric"]
        for row in scope.run(
            """
            select distinct fct_outcomes.metric
            from marts.fct_outcomes
            semi join exposed on fct_outcomes.unit_id = exposed.unit_id
            where fct_outcomes.experiment_id is null or fct_outcomes.experiment_id = $experiment
            order by all
            """,
            {"experiment": experiment},
        )
    ]
    if asked is not None:
        if asked not in seen:
            raise BadParameter(
                f"no outcome `{asked[:60]}` has arrived for `{experiment}`; the nearest is `{nearest(asked, seen)}`"
            )
        return [asked]
    registered = [name for name in plan.metrics if name in seen]
    absent = [name for name in plan.metrics if name not in seen]
    if absent:
        scope.caveat(f"No outcome has arrived for the registered metrics {', '.join(absent)}.")
    return registered or seen


def _metric_rows(
    scope: Scope,
    experiment: str,
    metric: str,
    arms: dict[str, int],
    control: str | None,
    cannot: bool,
    method: str,
) -> list[dict[str, Any]]:
    """One row per variant; a unit without an outcome counts as 0 (E3)."""
    found = scope.run(
        """
        with outcomes as (
            select
                units.unit_id,
                units.variant,
                coalesce(sum(fct_outcomes.value), 0) as value,
                count(fct_outcomes.value) as outcomes
            from units
            left join marts.fct_outcomes
                on units.unit_id = fct_outcomes.unit_id
                and fct_outcomes.metric = $metric
                and (fct_outcomes.experiment_id is null or fct_outcomes.experiment_id = $experiment)
                and (fct_outcomes.occurred_at is null or fct_outcomes.occurred_at >= units.exposed_at)
                and (not $as_of_given or fct_outcomes.occurred_at is null or fct_outcomes.occurred_at < $as_of)
            group by all
        )
        select
            variant,
            count(*) as units,
            avg(value) as mean,
            stddev_samp(value) as stddev,
            bool_and(value in (0, 1)) as is_binary,
            count(*) filter (where outcomes = 0) as without
        from outcomes
        group by all
        """,
        {
            "metric": metric,
            "experiment": experiment,
            "as_of_given": scope.as_of_given,
            "as_of": scope.as_of,
        },
    )
    by_variant = {row["variant"]: row for row in found}
    binary = all(row["is_binary"] for row in found)
    comparing = compare_anytime if method == "sequential" else compare
    without = sum(row["without"] for row in found)
    if without:
        scope.caveat(f"{metric}: {without} exposed units without an outcome count as 0.")
    rows = []
    ordered = [v for v in arms if v == control] + [v for v in arms if v != control]
    for variant in ordered:
        row = by_variant.get(variant)
        comparison: Comparison | None = None
        if row and variant != control and not cannot and control in by_variant:
            comparison = comparing(_arm(by_variant[control], binary), _arm(row, binary))
            if comparison.p_value is None:
                scope.caveat(f"{metric}, {variant}: {CANNOT}, there is no variance to compare.")
        rows.append(
            {
                "metric": metric,
                "variant": variant,
                "units": row["units"] if row else 0,
                "mean": row["mean"] if row else None,
                "stddev": row["stddev"] if row else None,
                "lift_absolute": comparison.lift_absolute if comparison else None,
                "lift_relative": comparison.lift_relative if comparison else None,
                "ci_low": comparison.low if comparison else None,
                "ci_high": comparison.high if comparison else None,
                "absolute_ci_low": comparison.absolute_low if comparison else None,
                "absolute_ci_high": comparison.absolute_high if comparison else None,
                "p_value": comparison.p_value if comparison else None,
                "p_value_adjusted": None,
                "method": method,
            }
        )
    return rows


def _adjust(rows: list[dict[str, Any]]) -> None:
    for row, adjusted in zip(rows, holm([row["p_value"] for row in rows]), strict=True):
        row["p_value_adjusted"] = adjusted


def _cannot(arms: dict[str, int], control: str | None) -> str | None:
    """Why nothing can be compared (E11)."""
    present = [v for v, n in arms.items() if n]
    if not present:
        return f"{CANNOT}: no exposed users"
    if len(present) < 2:
        return f"{CANNOT}: one arm ({present[0]})"
    if control is None or not arms.get(control):
        return f"{CANNOT}: the control has no users"
    return None


def _verdict(
    rows: list[dict[str, Any]],
    primary: str | None,
    control: str | None,
    cannot: bool,
    blocked: bool,
    reasons: list[str],
) -> str:
    if cannot:
        return CANNOT
    if blocked:
        if not any("locked" in reason for reason in reasons):
            reasons.append(
                "more than 1 % of units were seen in several variants; the decision is locked"
            )
        return "locked"
    treatments = [row for row in rows if row["metric"] == primary and row["variant"] != control]
    tested = [row for row in treatments if row["p_value_adjusted"] is not None]
    if not tested:
        reasons.append(f"{CANNOT}: {primary} does not vary")
        return CANNOT
    best = min(tested, key=lambda row: row["p_value_adjusted"])
    if best["p_value_adjusted"] >= 0.05:
        return "no difference shown"
    return "better" if best["lift_absolute"] > 0 else "worse"


def _arm(row: dict[str, Any], binary: bool) -> Arm:
    return Arm(row["units"], row["mean"], row["stddev"] or 0.0, binary)


def _control(arms: dict[str, int]) -> str | None:
    for name in ("control", "Control", "baseline", "off", "A", "a"):
        if name in arms:
            return name
    return next(iter(sorted(arms)), None)


def _list(text: str | None) -> list[Any]:
    if not text:
        return []
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _metric(item: Any) -> str | None:
    if isinstance(item, dict):
        return item.get("metric") or item.get("name") or item.get("key")
    return str(item) if item else None
