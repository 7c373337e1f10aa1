"""How a change is judged: against the range of the periods before, or against chance.

Knows a little statistics. Must not know any KPI.
"""

from __future__ import annotations

import math

from dashboards import wording

WEEKS_FOR_A_RANGE = 6
CHANCE = 0.05


def against_range(values: list[float]) -> tuple[str, str, bool, str]:
    """Whether the last value lies outside what the values before it would lead one to expect."""
    earlier = values[:-1][-12:]
    if len(earlier) < WEEKS_FOR_A_RANGE:
        return "No clear change", "quiet", False, ""
    mean = sum(earlier) / len(earlier)
    spread = math.sqrt(sum((v - mean) ** 2 for v in earlier) / (len(earlier) - 1))
    low, high = mean - 2 * spread, mean + 2 * spread
    reach = f"{wording.count(round(max(low, 0)))}–{wording.count(round(high))} expected"
    if values[-1] > high:
        return "Above range", "good", True, reach
    if values[-1] < low:
        return "Below range", "warn", True, reach
    return "No clear change", "quiet", False, reach


def by_chance(value: float, before: float | None, p: float | None) -> tuple[str, str, bool]:
    if before is None or p is None or p >= CHANCE:
        return "No clear change", "quiet", False
    return ("Above range", "good", True) if value > before else ("Below range", "warn", True)


def p_of_two(part: float, whole: float, part_before: float, whole_before: float) -> float | None:
    """Two-sided p of two shares being the same (pooled z test)."""
    if not whole or not whole_before:
        return None
    pooled = (part + part_before) / (whole + whole_before)
    error = math.sqrt(pooled * (1 - pooled) * (1 / whole + 1 / whole_before))
    if error == 0:
        return 1.0
    return math.erfc(abs(part / whole - part_before / whole_before) / error / math.sqrt(2))


def p_text(p: float | None) -> str:
    if p is None:
        return ""
    words = "beyond chance" if p < CHANCE else "within chance"
    return f", {words} (p {'< 0.01' if p < 0.01 else f'= {p:.2f}'})"
