"""How many units a test needs for an effect, and which effect its units can find (E9).

Pure. Knows the two-sided test of two variants at alpha with power. Must not know where baseline and traffic come from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

STEPS = 60  # halvings of the interval in which the smallest effect lies; more change no digit


@dataclass(frozen=True)
class Design:
    """The parameters of a test; `allocation` is the share of units in the treatment."""

    alpha: float = 0.05
    power: float = 0.8
    allocation: float = 0.5


def total_units(design: Design, mean: float, deviation: float | None, effect: float) -> float:
    """Units of both variants together; without a deviation the metric is a share."""
    normal = NormalDist()
    high, low = normal.inv_cdf(1 - design.alpha / 2), normal.inv_cdf(design.power)
    share = design.allocation
    if deviation is not None:
        return (high + low) ** 2 * deviation**2 * (1 / share + 1 / (1 - share)) / effect**2
    other = mean + effect
    pooled = mean * (1 - share) + other * share
    spread_null = math.sqrt(pooled * (1 - pooled) * (1 / share + 1 / (1 - share)))
    spread = math.sqrt(mean * (1 - mean) / (1 - share) + other * (1 - other) / share)
    return (high * spread_null + low * spread) ** 2 / effect**2


def smallest_effect(
    design: Design, mean: float, deviation: float | None, units: float, at_least: float = 0.0
) -> float | None:
    """The smallest rise above `at_least` that so many units find; none where a share would have to pass one."""
    if units <= 0 or (deviation is not None and deviation <= 0):
        return None
    low = high = at_least or 1e-9
    while total_units(design, mean, deviation, high) > units:
        high *= 2
        if deviation is None and mean + high >= 1:
            if mean >= 1 or total_units(design, mean, None, (1 - mean) * (1 - 1e-12)) > units:
                return None
            high = (1 - mean) * (1 - 1e-12)
            break
    for _ in range(STEPS):
        middle = (low + high) / 2
        if total_units(design, mean, deviation, middle) > units:
            low = middle
        else:
            high = middle
    return high
