"""Statistics of estimates: intervals, tests, corrections, survival.

Pure functions of numbers. Knows no data, no people, no questions. A result that does not exist is None, never nan.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z95 = 1.959963984540054


@dataclass(frozen=True)
class Arm:
    """One variant of one metric: units, mean and sample standard deviation."""

    units: int
    mean: float
    stddev: float
    binary: bool = False


@dataclass(frozen=True)
class Comparison:
    """A treatment against the control. `low` and `high` bound the relative lift, the absolute ones its difference."""

    lift_absolute: float
    lift_relative: float | None
    low: float | None
    high: float | None
    absolute_low: float | None
    absolute_high: float | None
    p_value: float | None


def wilson(part: int, whole: int, z: float = Z95) -> tuple[float, float] | None:
    """The Wilson interval of a share."""
    if whole <= 0:
        return None
    share = part / whole
    scale = 1 + z * z / whole
    middle = (share + z * z / (2 * whole)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    return max(0.0, middle - half), min(1.0, middle + half)


def t_quantile(freedom: float, level: float = 0.975) -> float:
    """The quantile of Student's t with that many degrees of freedom, whole or not."""
    from scipy import special  # not scipy.stats, which takes two seconds to import

    return float(special.stdtrit(freedom, level))


def compare(control: Arm, treatment: Arm) -> Comparison:
    """Two-proportion z test for 0/1 metrics, Welch's t test for means; relative lift by the delta method."""
    from scipy import special  # not scipy.stats, which takes two seconds to import

    difference = treatment.mean - control.mean
    relative = difference / control.mean if control.mean else None
    if control.units < 2 or treatment.units < 2:
        return Comparison(difference, relative, None, None, None, None, None)
    control_error, treatment_error = _error(control), _error(treatment)
    error = math.sqrt(control_error + treatment_error)
    if error == 0:
        return Comparison(difference, relative, None, None, None, None, None)
    if control.binary and treatment.binary:
        pooled = (control.mean * control.units + treatment.mean * treatment.units) / (
            control.units + treatment.units
        )
        pooled_error = math.sqrt(pooled * (1 - pooled) * (1 / control.units + 1 / treatment.units))
        p_value = float(2 * special.ndtr(-abs(difference) / pooled_error)) if pooled_error else None
        quantile = Z95
    else:
        freedom = (control_error + treatment_error) ** 2 / (
            control_error**2 / (control.units - 1) + treatment_error**2 / (treatment.units - 1)
        )
        p_value = float(2 * special.stdtr(freedom, -abs(difference) / error))
        quantile = float(special.stdtrit(freedom, 0.975))
    low = high = None
    if relative is not None:
        spread = _relative_error(control, treatment)
        low, high = relative - quantile * spread, relative + quantile * spread
    return Comparison(
        difference,
        relative,
        low,
        high,
        difference - quantile * error,
        difference + quantile * error,
        p_value,
    )


def _error(arm: Arm) -> float:
    """The squared standard error of a mean; of a share without the small-sample factor."""
    variance = arm.mean * (1 - arm.mean) if arm.binary else arm.stddev**2
    return variance / arm.units


def compare_anytime(
    control: Arm, treatment: Arm, alpha: float = 0.05, tuned_at: int = 5000
) -> Comparison:
    """An asymptotic confidence sequence (E6): valid at every look, narrowest near `tuned_at` units."""
    fixed = compare(control, treatment)
    if fixed.absolute_low is None or control.units + treatment.units < 2:
        return fixed
    error = math.sqrt(_error(control) + _error(treatment))
    units = control.units + treatment.units
    tuning = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / tuned_at
    grown = units * tuning + 1
    # The mixture boundary for a mean whose standard error is `error` after `units` units.
    width = error * math.sqrt(2 * grown / (units * tuning) * math.log(math.sqrt(grown) / alpha))
    evidence = (fixed.lift_absolute / error) ** 2 * units * tuning / (2 * grown) - 0.5 * math.log(
        grown
    )
    low = high = None
    if fixed.lift_relative is not None:
        wide = width / error * _relative_error(control, treatment)
        low, high = fixed.lift_relative - wide, fixed.lift_relative + wide
    return Comparison(
        fixed.lift_absolute,
        fixed.lift_relative,
        low,
        high,
        fixed.lift_absolute - width,
        fixed.lift_absolute + width,
        min(1.0, math.exp(-evidence)),
    )


def _relative_error(control: Arm, treatment: Arm) -> float:
    """The standard error of the relative lift by the delta method."""
    return math.sqrt(
        _error(treatment) / control.mean**2 + treatment.mean**2 * _error(control) / control.mean**4
    )


def srm_p_value(observed: Sequence[int], weights: Sequence[float]) -> float | None:
    """Pearson chi-square of counts against planned weights (E1); none where it cannot be computed."""
    from scipy import special  # not scipy.stats, which takes two seconds to import

    total, planned = sum(observed), math.fsum(weights)
    if total == 0 or len(observed) < 2 or planned <= 0 or any(w <= 0 for w in weights):
        return None
    expected = [total * w / planned for w in weights]
    statistic = math.fsum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True))
    return float(special.chdtrc(len(observed) - 1, statistic))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's correction over the values that exist, in their places (E7)."""
    known = sorted((p, n) for n, p in enumerate(p_values) if p is not None)
    found: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, n) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - rank)))
        found[n] = highest
    return found


def survival_quantile(ended: Sequence[tuple[float, bool]], share: float) -> float | None:
    """Kaplan-Meier: the first time at which at least `share` have ended; censored ones are (time, False)."""
    at_risk, alive = len(ended), 1.0
    by_time: dict[float, list[int]] = {}
    for time, happened in ended:
        counts = by_time.setdefault(time, [0, 0])
        counts[0] += 1
        counts[1] += happened
    for time in sorted(by_time):
        leaving, events = by_time[time]
        if events:
            alive *= 1 - events / at_risk
            if alive <= 1 - share + 1e-12:
                return time
        at_risk -= leaving
    return None
