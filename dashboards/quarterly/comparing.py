"""How far a figure lies from its baseline, and whether chance alone would explain it.

Knows one rule for each unit. Must not know any KPI.
"""

from __future__ import annotations

import math

from dashboards.quarterly.baselines import months
from dashboards.quarterly.figure import (
    BEYOND_CHANCE,
    NO_CLEAR_CHANGE,
    NOT_COMPARED,
    Baseline,
    Figure,
)
from dashboards.snapshots.judging import CHANCE, p_of_two

Z = 1.96


def compared(figure: Figure) -> tuple[float | None, str]:
    """The change against the baseline and its verdict. Hours and ratios are changes themselves."""
    if figure.value is None:
        return None, ""
    if figure.unit in ("hours", "ratio"):
        return None, _apart_from_zero(figure)
    base = figure.baseline
    if base is None or base.value is None or figure.first is None or figure.first < base.end:
        return None, NOT_COMPARED
    change = figure.value - base.value
    if figure.unit == "count":
        return change, _counts(figure.value, base)
    if figure.unit == "share":
        return change, _shares(figure, base)
    return change, _medians(figure, base)


def _apart_from_zero(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return NO_CLEAR_CHANGE
    return BEYOND_CHANCE if figure.low > 0 or figure.high < 0 else NO_CLEAR_CHANGE


def _counts(value: float, base: Baseline) -> str:
    """Two counts per month, each of which varies by its square root (Poisson)."""
    span = months(base.first, base.end)
    before = (base.value or 0.0) * span / 3
    error = math.sqrt(value / 9 + before / span**2)
    return BEYOND_CHANCE if abs(value / 3 - before / span) > Z * error else NO_CLEAR_CHANGE


def _shares(figure: Figure, base: Baseline) -> str:
    if not figure.whole or not base.n or figure.part is None or base.value is None:
        return NO_CLEAR_CHANGE
    p = p_of_two(figure.part, figure.whole, base.value * base.n, base.n)
    return BEYOND_CHANCE if p is not None and p < CHANCE else NO_CLEAR_CHANGE


def _medians(figure: Figure, base: Baseline) -> str:
    """Medians of few people have wide intervals: they differ when the intervals do not touch."""
    if None in (figure.low, base.low) and None in (figure.high, base.high):
        return NO_CLEAR_CHANGE

    def ends(low: float | None, high: float | None) -> tuple[float, float]:
        return (0.0 if low is None else low, math.inf if high is None else high)

    low, high = ends(figure.low, figure.high)
    base_low, base_high = ends(base.low, base.high)
    return BEYOND_CHANCE if high < base_low or base_high < low else NO_CLEAR_CHANGE
