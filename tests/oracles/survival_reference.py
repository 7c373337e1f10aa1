"""Kaplan-Meier in plain Python, as the definitions write it down.

Knows arithmetic. Must not know SQL, nor what is waited for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Z = 1.959963984540054


def kaplan_meier(
    units: Sequence[tuple[float, bool]], share: float = 0.5
) -> tuple[float | None, float | None, float | None]:
    """(first time at which at most `share` is open, lower and upper end of its 95 % interval) of (time, was it over)."""
    is_open, variance, bounds = 1.0, 0.0, []
    for time in sorted({time for time, is_over in units if is_over}):
        at_risk = sum(other >= time for other, _ in units)
        over = sum(other == time and is_over for other, is_over in units)
        is_open *= 1 - over / at_risk
        variance += over / (at_risk * (at_risk - over)) if over < at_risk else 0
        if is_open > 1e-9:
            width = Z * math.sqrt(variance) / abs(math.log(is_open))
            bounds.append((time, is_open, is_open ** math.exp(width), is_open ** math.exp(-width)))
        else:
            bounds.append((time, 0.0, 0.0, 1.0))
    found = [
        next((time for time, *ends in bounds if ends[place] <= share + 1e-9), None)
        for place in range(3)
    ]
    return found[0], found[1], found[2]
