"""Why a metric moved: its last change by segment, mix and rate apart, beside what happened in that time (D6).

Knows which two periods are compared and how the parts are told. Must not know how the metric is counted or pages.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from dashboards import wording
from dashboards.engine.asked_days import data_begins
from dashboards.engine.buckets import Buckets, calendar_buckets, two_buckets
from dashboards.engine.decomposition import NOBODY, Effect, Part, effects, total
from dashboards.engine.groups import OTHER, shown_as
from dashboards.engine.measure import Measure, Metric, read_dimension, read_measure
from dashboards.engine.measure_cells import Cell, cells
from dashboards.engine.periods import Period
from dashboards.engine.scope import Result, Scope
from dashboards.engine.timeline import KINDS, happenings

FEWEST_CHANGES = 4  # earlier changes that it takes to say how much a metric usually moves


def why_moved(scope: Scope) -> Result:
    """The change, its segments, the periods before and the time line, told apart by `kind`."""
    measure, dimension = read_measure(scope), read_dimension(scope)
    unit = scope.params["period"]
    begun = data_begins(scope)
    series = [
        p
        for p in _periods(scope, measure, unit)
        if begun and p.end_at > scope.calendar.midnight(begun)
    ]
    if len(series) < 2:
        many = "stretches of the range" if unit == "none" else f"{unit}s of the range"
        scope.caveat(
            f"No data: a change needs two {many} that are over for everybody in them and inside the data; there are {len(series)}."
        )
        return Result([], _nothing(measure.metric, dimension.name, unit, (None, None)))
    before, after = series[-2:]
    whole_from = next((n for n, p in enumerate(series) if _is_whole(scope, p, begun)), len(series))
    if whole_from >= len(series) - 1:
        scope.caveat(
            f"The data begin on {begun}, so the earlier of the two periods may not be whole."
        )
    buckets = (
        two_buckets(scope) if unit == "none" else calendar_buckets(scope, unit, [before, after])
    )
    found = cells(scope, measure, buckets, dimension)
    parts = _parts(scope, found, before.index, after.index)
    whole = [total(side) for side in parts]
    metric = measure.metric
    if pending := sum(cell.pending for cell in found):
        scope.caveat(
            f"{pending} people are pending: their window is still open, so they are in no number here."
        )
    if metric.kind != "count" and not all(side.units for side in whole):
        scope.caveat(f"No data: one of the two periods has nobody in the base ({metric.base}).")
        return Result([], _nothing(metric, dimension.name, unit, (before.label, after.label)))
    told = effects(*parts, is_count=metric.kind == "count")
    line = _series(scope, measure, unit, series)
    rows = [_change(metric, whole, told, before), *(_segment(metric, e, told) for e in told)]
    rows += [_row("period", label, label, after=value, n_after=n) for label, value, n in line]
    first = scope.calendar.to_local(before.start_at).date()
    until = min(after.end_at, scope.as_of + timedelta(microseconds=1))
    end = scope.calendar.to_local(until - timedelta(microseconds=1)).date() + timedelta(days=1)
    rows += [
        _row(h.kind, h.name, h.at.isoformat(), detail=h.detail)
        for h in happenings(scope, first, end)
    ]
    usual = _usual([value for _, value, _ in line[whole_from:]])
    return Result(rows, _summary(metric, dimension.name, unit, rows, usual, before, after))


def _is_whole(scope: Scope, period: Period, begun: date | None) -> bool:
    """Whether the data hold the period from its first day on."""
    return begun is not None and scope.calendar.to_local(period.start_at).date() >= begun


def _usual(values: Sequence[float | None]) -> float | None:
    """How much the metric moves from period to period without the last change: the root mean square, for growth is a move too."""
    earlier = [
        b - a for a, b in zip(values, values[1:-1], strict=False) if a is not None and b is not None
    ]
    if len(earlier) < FEWEST_CHANGES:
        return None
    return math.sqrt(math.fsum(change * change for change in earlier) / len(earlier))


def _periods(scope: Scope, measure: Measure, unit: str) -> list[Period]:
    """The periods that are over for everybody, with the one before the first so that it has a change."""
    if unit == "none":
        return list(two_buckets(scope).periods)
    found = [
        p for p in scope.spine(unit) if p.complete and measure.over_at(scope, p) <= scope.as_of
    ]
    if found:
        calendar, index = scope.calendar, found[0].index - 1
        start = calendar.start(unit, index)
        found.insert(0, Period(index, calendar.label(unit, index), start, found[0].start_at, True))
    return found


def _parts(
    scope: Scope, found: Sequence[Cell], before: int, after: int
) -> tuple[dict[str, Part], dict[str, Part]]:
    """The segments of both periods; what is too small to show is put together, so that nothing is missing."""
    sides: dict[int, dict[str, Part]] = {before: {}, after: {}}
    for cell in found:
        sides[cell.bucket][cell.value] = Part(cell.units, cell.total)
    values = {*sides[before], *sides[after]}
    names = shown_as(
        {v: [side.get(v, NOBODY).units for side in sides.values()] for v in values},
        scope.minimum_group_size,
    )
    if pooled := sum(name == OTHER for name in names.values()):
        scope.caveat(
            f"{pooled} groups are shown together as {OTHER}, because there are many or one of them is under"
            f" {scope.minimum_group_size} people."
        )

    def pool(side: Mapping[str, Part]) -> dict[str, Part]:
        grouped: dict[str, list[Part]] = {}
        for value, part in side.items():
            grouped.setdefault(names[value], []).append(part)
        return {
            name: Part(sum(p.units for p in parts), sum(p.total for p in parts))
            for name, parts in grouped.items()
        }

    return pool(sides[before]), pool(sides[after])


def _series(
    scope: Scope, measure: Measure, unit: str, series: Sequence[Period]
) -> list[tuple[str, float | None, int]]:
    """(start, value, n) of each period, for how much the metric usually moves."""
    buckets: Buckets = (
        two_buckets(scope) if unit == "none" else calendar_buckets(scope, unit, series)
    )
    by_bucket = {c.bucket: c for c in cells(scope, measure, buckets, is_series=True)}
    found: list[tuple[str, float | None, int]] = []
    for period in series:
        cell = by_bucket.get(period.index)
        part = Part(cell.units, cell.total) if cell else NOBODY
        found.append((period.label, _value(measure.metric, part), part.units))
    return found


def _value(metric: Metric, part: Part) -> float | None:
    return part.total if metric.kind == "count" else part.rate


def _row(kind: str, name: str, at: str | None, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "name": name, "at": at, **more}


def _change(
    metric: Metric, whole: Sequence[Part], told: Sequence[Effect], before: Period
) -> dict[str, Any]:
    values = [_value(metric, part) or 0.0 for part in whole]
    return _row(
        "change",
        "(all)",
        None,
        before=values[0],
        after=values[1],
        n_before=whole[0].units,
        n_after=whole[1].units,
        mix_effect=sum(e.mix for e in told),
        rate_effect=sum(e.rate for e in told),
        effect=values[1] - values[0],
        share_of_change=1.0 if values[1] != values[0] else None,
        detail=f"against {before.label}",
    )


def _segment(metric: Metric, effect: Effect, told: Sequence[Effect]) -> dict[str, Any]:
    change = sum(e.whole for e in told)
    return _row(
        "segment",
        effect.name,
        None,
        before=_value(metric, effect.before),
        after=_value(metric, effect.after),
        n_before=effect.before.units,
        n_after=effect.after.units,
        mix_effect=effect.mix,
        rate_effect=effect.rate,
        effect=effect.whole,
        share_of_change=round(effect.whole / change, 9) if abs(change) > 1e-12 else None,
    )


def _nothing(
    metric: Metric, dimension: str, unit: str, starts: tuple[str | None, str | None]
) -> dict[str, Any]:
    return {
        "metric": metric.id,
        "kind": metric.kind,
        "dimension": dimension,
        "period": unit,
        "before_start": starts[0],
        "after_start": starts[1],
        "before": None,
        "after": None,
        "change": None,
        "sentence": None,
    }


def _summary(
    metric: Metric,
    dimension: str,
    unit: str,
    rows: Sequence[Mapping[str, Any]],
    usual: float | None,
    before: Period,
    after: Period,
) -> dict[str, Any]:
    whole = rows[0]
    parts = [row for row in rows if row["kind"] == "segment"]
    top = parts[0] if parts and parts[0]["effect"] else None
    write = _writer(metric)
    first, last = (wording.period(p.label, unit) for p in (before, after))
    since = "the days from " if unit == "none" else ""
    sentence = f"{write(whole['effect'])} from {since}{first} to {since}{last}"
    if top:
        sentence += (
            f", of which {write(top['effect'])} by {dimension} {top['name']}"
            f" ({write(top['mix_effect'])} mix, {write(top['rate_effect'])} rate)"
        )
    if usual is not None:
        word = "more" if abs(whole["effect"]) > 2 * usual else "no more"
        sentence += f"; that is {word} than {unit}s usually move (95% within {write(2 * usual).lstrip('+')})"
    return {
        "metric": metric.id,
        "kind": metric.kind,
        "dimension": dimension,
        "period": unit,
        "before_start": before.label,
        "after_start": after.label,
        "before": whole["before"],
        "after": whole["after"],
        "n_before": whole["n_before"],
        "n_after": whole["n_after"],
        "change": whole["effect"],
        "mix_effect": whole["mix_effect"],
        "rate_effect": whole["rate_effect"],
        "usual_change": usual,
        "happenings": sum(row["kind"] in KINDS for row in rows),
        "sentence": sentence
        + ". What happened in that time goes together with it, which is not cause.",
    }


def _writer(metric: Metric) -> Callable[[float], str]:
    if metric.kind == "share":
        return wording.change_points

    def write(number: float) -> str:
        tidy = round(number, 6)
        return wording.change_count(
            tidy, 0 if tidy == int(tidy) else 1 if metric.kind == "count" else 2
        )

    return write
