"""A metric by segment, each against all others, corrected for how many are compared.

Knows how a segment's number is judged. Must not know how the metric is counted, the catalogue or pages.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards import wording
from dashboards.engine.buckets import one_bucket
from dashboards.engine.comparisons import CORRECTIONS, newcombe, share_test
from dashboards.engine.groups import OTHER, shown_as
from dashboards.engine.measure import Dimension, Metric, read_dimension, read_measure
from dashboards.engine.measure_cells import Cell, cells
from dashboards.engine.scope import Result, Scope
from dashboards.engine.statistics import Arm, compare, wilson

ALPHA = 0.05
HIGHER, LOWER = "higher than the rest", "lower than the rest"
UNCLEAR, ALONE = "no clear difference", "cannot be compared"


@dataclass(frozen=True)
class Tally:
    """People of a group whose window is over, the sum of their amounts and of the squares, and who is pending."""

    units: int = 0
    total: float = 0.0
    squares: float = 0.0
    pending: int = 0

    def plus(self, other: Tally) -> Tally:
        """Both groups together."""
        return Tally(
            self.units + other.units,
            self.total + other.total,
            self.squares + other.squares,
            self.pending + other.pending,
        )

    def less(self, other: Tally) -> Tally:
        """This group without the other."""
        return Tally(
            self.units - other.units, self.total - other.total, self.squares - other.squares
        )

    @property
    def mean(self) -> float | None:
        """Amount per person."""
        return self.total / self.units if self.units else None

    @property
    def deviation(self) -> float:
        """The sample standard deviation of the amounts; 0 where there are under two."""
        if self.units < 2:
            return 0.0
        return math.sqrt(max(0.0, self.squares - self.total**2 / self.units) / (self.units - 1))


def segments(scope: Scope) -> Result:
    """One row per segment, best first."""
    measure = read_measure(scope)
    assert scope.from_at is not None and scope.to_at is not None
    bucket = one_bucket(scope, scope.from_at, scope.to_at)
    read: dict[Dimension, list[Cell]] = {}

    def split(dimension: Dimension) -> dict[str, str]:
        """Under which name each value is shown."""
        if dimension not in read:
            read[dimension] = cells(scope, measure, bucket, dimension)
        # Pending people are shown too, so a group of nobody else must not tell how few they are.
        sizes = {c.value: (c.units, c.units + c.pending) for c in read[dimension]}
        return shown_as(sizes, scope.minimum_group_size)

    dimension = read_dimension(scope, lambda found: len(set(split(found).values())) > 1)
    names, found = split(dimension), read[dimension]
    groups: dict[str, Tally] = defaultdict(Tally)
    for cell in found:
        tally = Tally(cell.units, cell.total, cell.squares, cell.pending)
        groups[names[cell.value]] = groups[names[cell.value]].plus(tally)
    if pooled := [name for name, shown in names.items() if shown == OTHER]:
        scope.caveat(
            f"{len(pooled)} groups are shown together as {OTHER}, because there are many or one of them is under"
            f" {scope.minimum_group_size} people."
        )
    rows = judged(measure.metric, groups, scope.params["correction"])
    summary = _summary(measure.metric, dimension.name, groups, rows, scope.params["correction"])
    if not summary["n"]:
        scope.caveat(
            f"No data: nobody in the range is in the base of this metric ({measure.metric.base})"
            + (", or all are still pending." if summary["pending"] else ".")
        )
        rows = []
    return Result(rows, summary)


def judged(metric: Metric, groups: Mapping[str, Tally], correction: str) -> list[dict[str, Any]]:
    """Each group with its interval and its corrected comparison with all others together."""
    everyone = _together(groups)
    rows = [_row(metric, name, group, everyone.less(group)) for name, group in groups.items()]
    p_values = [row["p_value"] for row in rows]
    # Two groups against each other are one comparison, told from both sides.
    adjusted = p_values if len(rows) == 2 else CORRECTIONS[correction](p_values)
    for row, p_value in zip(rows, adjusted, strict=True):
        row["p_value_adjusted"] = p_value
        row["verdict"] = (
            ALONE
            if p_value is None
            else UNCLEAR
            if p_value >= ALPHA
            else HIGHER
            if row["difference"] > 0
            else LOWER
        )
    return sorted(
        rows, key=lambda r: (r["value"] is None, -(r["value"] or 0), -r["n"], r["segment"])
    )


def _compared(rows: list[dict[str, Any]]) -> int:
    """How many comparisons were made."""
    made = sum(row["p_value"] is not None for row in rows)
    return 1 if made and len(rows) == 2 else made


def _together(groups: Mapping[str, Tally]) -> Tally:
    whole = Tally()
    for group in groups.values():
        whole = whole.plus(group)
    return whole


def _row(metric: Metric, name: str, group: Tally, rest: Tally) -> dict[str, Any]:
    row: dict[str, Any] = {
        "segment": name,
        "n": group.units,
        "total": group.total,
        "pending": group.pending,
        "value": group.mean,
        "rest_n": rest.units,
        "rest_value": rest.mean,
    }
    between = None
    difference = (
        group.mean - rest.mean if group.mean is not None and rest.mean is not None else None
    )
    if metric.is_share:
        own = wilson(round(group.total), group.units)
        counts = round(group.total), group.units, round(rest.total), rest.units
        p_value, between = share_test(*counts), newcombe(*counts)
    else:
        own, p_value = _mean_interval(group), None
        if difference is not None:
            found = compare(
                Arm(rest.units, rest.mean or 0.0, rest.deviation),
                Arm(group.units, group.mean or 0.0, group.deviation),
            )
            p_value = found.p_value
            if found.absolute_low is not None and found.absolute_high is not None:
                between = found.absolute_low, found.absolute_high
    return {
        **row,
        "ci_low": own[0] if own else None,
        "ci_high": own[1] if own else None,
        "difference": difference,
        "difference_low": between[0] if between else None,
        "difference_high": between[1] if between else None,
        "p_value": p_value,
    }


def _mean_interval(group: Tally) -> tuple[float, float] | None:
    """Student's interval of a mean; none where nothing varies."""
    from scipy import special  # not scipy.stats, which takes two seconds to import

    if group.units < 2 or group.mean is None or not group.deviation:
        return None
    half = float(special.stdtrit(group.units - 1, 0.975)) * group.deviation / math.sqrt(group.units)
    return group.mean - half, group.mean + half


def _summary(
    metric: Metric,
    dimension: str,
    groups: Mapping[str, Tally],
    rows: list[dict[str, Any]],
    correction: str,
) -> dict[str, Any]:
    everyone = _together(groups)
    clear = [row for row in rows if row["verdict"] in (HIGHER, LOWER)]
    return {
        "metric": metric.id,
        "kind": metric.kind,
        "dimension": dimension,
        "n": everyone.units,
        "total": everyone.total,
        "pending": everyone.pending,
        "value": everyone.mean,
        "segments": len(rows),
        "compared": _compared(rows),
        "clear_differences": len(clear),
        "correction": correction,
        "best": rows[0]["segment"] if rows and rows[0]["value"] is not None else None,
        "sentence": _sentence(metric, rows, clear),
    }


def _sentence(
    metric: Metric, rows: list[dict[str, Any]], clear: list[dict[str, Any]]
) -> str | None:
    """Which segment is best, and whether that is beyond chance."""
    if not rows or rows[0]["value"] is None:
        return None
    best = rows[0]
    write = wording.share if metric.is_share else wording.number
    change = wording.change_points if metric.is_share else wording.change_count
    compared = _compared(rows)
    after = "one comparison" if compared == 1 else f"{compared} comparisons"
    of = f"{wording.count(best['n'])} {metric.base}"
    if not compared and len(rows) > 1:
        return f"All {len(rows)} groups are the same ({write(best['value'])}), so there is nothing to compare."
    if not compared:
        return f"Only one group can be told ({best['segment']}, {write(best['value'])} of {of}), so nothing is compared."
    if best["verdict"] == HIGHER:
        apart = change(best["difference"], 1)
        reach = f"{change(best['difference_low'], 1)} to {change(best['difference_high'], 1)}"
        return (
            f"{best['segment']} does best with {write(best['value'])} ({of}), {apart} against the rest (95% {reach});"
            f" that is beyond chance after {after}."
        )
    other = (
        f" Beyond chance is only: {', '.join(row['segment'] + ' ' + row['verdict'] for row in clear)}."
        if clear
        else ""
    )
    return (
        f"{best['segment']} is highest with {write(best['value'])} ({of}), but after {after} that is no clear"
        f" difference: it may be chance.{other}"
    )
