"""How hard a metric is to move: what a test of two, four or eight weeks can find, and how much it moves by itself (E9).

Knows how windows, weeks and weekdays of a metric are read into noise. Must not know how the metric is counted or pages.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from dashboards import wording
from dashboards.engine.asked_days import data_begins
from dashboards.engine.buckets import calendar_buckets, one_bucket
from dashboards.engine.measure import Measure, Metric, read_measure
from dashboards.engine.measure_cells import Cell, active_weeks, cells
from dashboards.engine.periods import Period
from dashboards.engine.power import Design, smallest_effect
from dashboards.engine.scope import Result, Scope

TESTS = (2, 4, 8)  # weeks; a longer test is refused (E9)
WEEKDAY_WEEKS = 8
FEWEST_WEEKS = 4  # below this nothing is said about noise
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def sensitivity(scope: Scope) -> Result:
    """A row for each length of a test, each week and each weekday, told apart by `part`."""
    measure = read_measure(scope)
    weeks = [
        w
        for w in scope.spine("week")
        if w.complete and measure.over_at(scope, w) <= scope.as_of and _is_held(scope, w)
    ]
    if not weeks:
        scope.caveat(
            "No data: no week of the range is over for everybody in it and inside the data as a whole."
        )
        return Result([], _summary(measure.metric, [], [], []))
    design = Design(scope.params["alpha"], scope.params["power"], scope.params["allocation"])
    tests = [_test(scope, measure, design, weeks, length) for length in TESTS]
    series = _series(scope, measure, "week", weeks)
    lines = [_week(measure.metric, week, cell) for week, cell in series]
    days = _weekdays(scope, measure, weeks[-WEEKDAY_WEEKS:])
    if short := [str(t["weeks"]) for t in tests if t["units"] is None]:
        scope.caveat(
            f"The range holds {len(weeks)} weeks that are over for everybody, so a test of {' or '.join(short)} weeks is not measured."
        )
    if not any(row["units"] for row in (*tests, *lines)):
        scope.caveat(f"No data: nobody in the range is in the base ({measure.metric.base}).")
        return Result([], _summary(measure.metric, [], [], []))
    return Result([*tests, *lines, *days], _summary(measure.metric, tests, lines, days))


def _is_held(scope: Scope, week: Period) -> bool:
    """Whether the data hold the week from its first day on: one before them, or that they begin in, would look like a drop."""
    begun = data_begins(scope)
    return begun is not None and scope.calendar.to_local(week.start_at).date() >= begun


def _test(
    scope: Scope, measure: Measure, design: Design, weeks: Sequence[Period], length: int
) -> dict[str, Any]:
    """What a test as long as the last `length` weeks finds, with the people and the spread of these weeks."""
    row: dict[str, Any] = {
        "part": "test",
        "label": f"{length} weeks",
        "weeks": length,
        "units": None,
    }
    if len(weeks) < length:
        return row
    if measure.metric.kind == "count":
        cell = active_weeks(scope, measure, calendar_buckets(scope, "week", weeks[-length:]))
    else:
        window = one_bucket(scope, weeks[-length].start_at, weeks[-1].end_at)
        cell = next(iter(cells(scope, measure, window)), Cell(0, "", 0, 0.0, 0.0, 0))
    if not cell.units:
        return {**row, "units": 0}
    mean, deviation = cell.total / cell.units, _deviation(cell)
    is_yes_or_no = measure.metric.kind == "share"
    effect = smallest_effect(design, mean, None if is_yes_or_no else deviation, cell.units)
    return {
        **row,
        "units": cell.units,
        "units_per_week": cell.units / length,
        "value": mean,
        "stddev": deviation,
        "mde_absolute": effect,
        "mde_relative": effect / mean if effect is not None and mean else None,
    }


def _deviation(cell: Cell) -> float | None:
    """The sample standard deviation of people's amounts."""
    if cell.units < 2:
        return None
    return math.sqrt(max(0.0, cell.squares - cell.total**2 / cell.units) / (cell.units - 1))


def _series(
    scope: Scope, measure: Measure, unit: str, periods: Sequence[Period]
) -> list[tuple[Period, Cell | None]]:
    buckets = calendar_buckets(scope, unit, periods)
    by_bucket = {c.bucket: c for c in cells(scope, measure, buckets, is_series=True)}
    return [(period, by_bucket.get(period.index)) for period in periods]


def _value(metric: Metric, cell: Cell | None) -> float | None:
    """The number that is followed over time: people for a count, else amount per person."""
    if metric.kind == "count":
        return cell.total if cell else 0.0
    return cell.total / cell.units if cell and cell.units else None


def _week(metric: Metric, week: Period, cell: Cell | None) -> dict[str, Any]:
    units, value = (cell.units if cell else 0), _value(metric, cell)
    deviation = _deviation(cell) if cell and metric.kind != "count" else None
    by_chance = deviation / math.sqrt(units) if deviation and units else None
    return {
        "part": "week",
        "label": week.label,
        "units": units,
        "value": value,
        "stddev": deviation,
        "by_chance": by_chance,
    }


def _weekdays(scope: Scope, measure: Measure, weeks: Sequence[Period]) -> list[dict[str, Any]]:
    """Each weekday's mean over the days of the last weeks, and how far it is from that of all days."""
    calendar = scope.calendar
    first, end = calendar.index("day", weeks[0].start_at), calendar.index("day", weeks[-1].end_at)
    days = [
        Period(
            n,
            calendar.label("day", n),
            calendar.start("day", n),
            calendar.start("day", n + 1),
            True,
        )
        for n in range(first, end)
    ]
    values: dict[int, list[float]] = {}
    units: dict[int, int] = {}
    for day, cell in _series(scope, measure, "day", days):
        weekday = calendar.first_day("day", day.index).weekday()
        units[weekday] = units.get(weekday, 0) + (cell.units if cell else 0)
        value = _value(measure.metric, cell)
        if value is not None:
            values.setdefault(weekday, []).append(value)
    every = [v for found in values.values() for v in found]
    mean = statistics.fmean(every) if every else None
    start = calendar.first_day("week", weeks[0].index).weekday()
    rows = []
    for weekday in ((start + n) % 7 for n in range(7)):
        found = values.get(weekday, [])
        own = statistics.fmean(found) if found else None
        rows.append(
            {
                "part": "weekday",
                "label": WEEKDAYS[weekday],
                "units": units.get(weekday, 0),
                "value": own,
                "stddev": statistics.stdev(found) if len(found) > 1 else None,
                "ratio": own / mean if own is not None and mean else None,
            }
        )
    return rows


def explained(groups: Sequence[Sequence[float]]) -> float | None:
    """The share of the variance of all values that lies between the groups; none where nothing varies."""
    every = [v for group in groups for v in group]
    if len(every) < 2 or len([g for g in groups if g]) < 2:
        return None
    mean = statistics.fmean(every)
    whole = math.fsum((v - mean) ** 2 for v in every)
    between = math.fsum(len(g) * (statistics.fmean(g) - mean) ** 2 for g in groups if g)
    return between / whole if whole > 0 else None


def _summary(
    metric: Metric,
    tests: Sequence[dict[str, Any]],
    weeks: Sequence[dict[str, Any]],
    days: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    values = [w["value"] for w in weeks if w["value"] is not None]
    noise = chance = level = None
    if len(values) >= FEWEST_WEEKS:
        level = statistics.fmean(values)
        # From week to week, so that a trend is not taken for noise; a difference has the noise of two weeks.
        steps = [b - a for a, b in zip(values, values[1:], strict=False)]
        noise = math.sqrt(statistics.fmean([s * s for s in steps]) / 2)
        sampled = [w["by_chance"] ** 2 for w in weeks if w["by_chance"] is not None]
        chance = math.sqrt(statistics.fmean(sampled)) if sampled else None
    ratios = [d for d in days if d["ratio"] is not None]
    high = max(ratios, key=lambda d: d["ratio"], default=None)
    low = min(ratios, key=lambda d: d["ratio"], default=None)
    return {
        "metric": metric.id,
        "kind": metric.kind,
        "weeks": len(values),
        "weekly_mean": level,
        "weekly_noise": noise,
        "weekly_noise_relative": noise / level if noise is not None and level else None,
        "noise_by_chance": chance,
        "strongest_weekday": high["label"] if high else None,
        "strongest_ratio": high["ratio"] if high else None,
        "weakest_weekday": low["label"] if low else None,
        "weakest_ratio": low["ratio"] if low else None,
        "sentence": _sentence(metric, tests, noise, level),
    }


def _sentence(
    metric: Metric,
    tests: Sequence[dict[str, Any]],
    noise: float | None,
    level: float | None,
) -> str | None:
    """What the middle test finds, and what the metric does by itself."""
    known = [t for t in tests if t.get("mde_relative") is not None]
    if not known:
        return None
    test = next((t for t in known if t["weeks"] == TESTS[1]), known[-1])
    text = (
        f"A test of {test['weeks']} weeks with {wording.count(test['units'])} people finds a change of"
        f" {wording.share(test['mde_relative'])} of today's value or more"
    )
    if metric.kind == "share":
        text += f" ({wording.change_points(test['mde_absolute']).lstrip('+')})"
    if noise is not None and level:
        text += f"; by itself the metric moves by about {wording.share(noise / level)} from week to week"
    return text + "."
