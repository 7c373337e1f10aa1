"""Two groups compared by a share, and many such comparisons corrected together.

Pure functions of counts. Knows no data, no people, no questions. What cannot be computed is None, never nan.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from dashboards.engine.statistics import holm, wilson

FEWEST_EXPECTED = 5  # below this a cell is too thin for the normal approximation


def newcombe(part: int, whole: int, other: int, other_whole: int) -> tuple[float, float] | None:
    """The 95 % interval of part/whole - other/other_whole (Newcombe 1998, method 10: from the two Wilson intervals)."""
    first, second = wilson(part, whole), wilson(other, other_whole)
    if first is None or second is None:
        return None
    p, q = part / whole, other / other_whole
    low = p - q - math.sqrt((p - first[0]) ** 2 + (second[1] - q) ** 2)
    high = p - q + math.sqrt((first[1] - p) ** 2 + (q - second[0]) ** 2)
    return low, high


def share_test(part: int, whole: int, other: int, other_whole: int) -> float | None:
    """Two-sided p of equal shares: pooled z, and Fisher's exact test where an expected count is under five."""
    total, hits = whole + other_whole, part + other
    if whole <= 0 or other_whole <= 0 or hits in (0, total):
        return None
    if min(whole, other_whole) * min(hits, total - hits) < FEWEST_EXPECTED * total:
        return _fisher(part, whole, other, other_whole)
    pooled = hits / total
    error = math.sqrt(pooled * (1 - pooled) * (1 / whole + 1 / other_whole))
    return math.erfc(abs(part / whole - other / other_whole) / error / math.sqrt(2))


def phi(part: int, whole: int, other: int, other_whole: int) -> float | None:
    """The correlation of two yes/no facts, from -1 to 1; none where one of them never varies."""
    hits, total = part + other, whole + other_whole
    spread = whole * other_whole * hits * (total - hits)
    if spread <= 0:
        return None
    return (part * (other_whole - other) - (whole - part) * other) / math.sqrt(spread)


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """The step-up correction of the false discovery rate over the values that exist, in their places."""
    known = sorted(((p, n) for n, p in enumerate(p_values) if p is not None), reverse=True)
    found: list[float | None] = [None] * len(p_values)
    lowest = 1.0
    for rank, (p, n) in zip(range(len(known), 0, -1), known, strict=True):
        lowest = min(lowest, p * len(known) / rank)
        found[n] = lowest
    return found


CORRECTIONS: dict[str, Callable[[Sequence[float | None]], list[float | None]]] = {
    "holm": holm,
    "benjamini_hochberg": benjamini_hochberg,
}


def _fisher(part: int, whole: int, other: int, other_whole: int) -> float:
    """The sum of the chances of all tables with these margins that are no likelier than this one."""
    hits = part + other

    def log_choose(n: int, k: int) -> float:
        return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)

    every = log_choose(whole + other_whole, hits)

    def chance(k: int) -> float:
        return math.exp(log_choose(whole, k) + log_choose(other_whole, hits - k) - every)

    limit = chance(part) * (1 + 1e-7)
    places = range(max(0, hits - other_whole), min(whole, hits) + 1)
    return min(1.0, math.fsum(p for p in map(chance, places) if p <= limit))
