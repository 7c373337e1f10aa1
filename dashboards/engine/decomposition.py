"""A change taken apart by segment, exactly (D6).

Pure. Knows sizes and sums of segments before and after. Must not know metrics, SQL or people.

A rate is the sum of weight times rate over segments; a count is the sum of size times rate. Each product changes by the change
of its first factor at the mean rate (mix) and the change of its rate at the mean of the first factor (rate); both together are
the change of the product, so that all effects add up to the change of the whole.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One segment in one period: how many are in its base, and the sum of their amounts."""

    units: int
    total: float

    @property
    def rate(self) -> float | None:
        """Amount per unit; none without units."""
        return self.total / self.units if self.units else None


@dataclass(frozen=True)
class Effect:
    """What one segment adds to the change."""

    name: str
    before: Part
    after: Part
    mix: float
    rate: float

    @property
    def whole(self) -> float:
        """Both together."""
        return self.mix + self.rate


NOBODY = Part(0, 0.0)


def total(parts: Mapping[str, Part]) -> Part:
    """All segments together."""
    return Part(sum(p.units for p in parts.values()), math.fsum(p.total for p in parts.values()))


def effects(before: Mapping[str, Part], after: Mapping[str, Part], is_count: bool) -> list[Effect]:
    """The effect of each segment, largest first; of a rate both periods need somebody in the base."""
    earlier, later = total(before), total(after)
    if is_count:
        middle, weigh = 0.0, (1.0, 1.0)
    else:
        assert earlier.rate is not None and later.rate is not None
        # A segment of average rate that grows changes nothing, so mix is read against the mean rate of the whole.
        middle, weigh = (earlier.rate + later.rate) / 2, (1 / earlier.units, 1 / later.units)
    found = []
    for name in sorted({*before, *after}):
        first, last = before.get(name, NOBODY), after.get(name, NOBODY)
        rates = [r for r in (first.rate, last.rate) if r is not None]
        if not rates:
            continue
        # Where a segment was not there, its rate did not change: it is mix alone.
        weights = first.units * weigh[0], last.units * weigh[1]
        mix = (weights[1] - weights[0]) * ((rates[0] + rates[-1]) / 2 - middle)
        rate = (weights[0] + weights[1]) / 2 * (rates[-1] - rates[0])
        found.append(Effect(name, first, last, mix, rate))
    return sorted(found, key=lambda e: (-abs(e.whole), e.name))
