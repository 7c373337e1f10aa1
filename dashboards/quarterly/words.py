"""Figures in words: values with their unit, baselines with their date, one sentence that says what was counted.

Knows how each unit is written. Must not compute: every number is one of the figure.
"""

from __future__ import annotations

from datetime import date, timedelta

from dashboards import wording
from dashboards.quarterly.figure import BEYOND_CHANCE, Baseline, Figure

KINDS = {
    "frozen": "frozen",
    "dated": "dated, not frozen",
    "first": "chosen by rule, not declared",
    "rollout": "before the rollout",
}


def value(number: float | None, unit: str, n: float | None = None) -> str:
    """A number by its unit, with the same digits everywhere."""
    if number is None:
        return wording.NONE
    if unit == "share":
        return wording.share(number, _decimals(n))
    if unit == "ratio":
        return wording.change_rate(number, 0)
    if unit == "hours":
        return f"{wording.number(number, _hours(number))} h"
    if unit == "days":
        return f"{wording.number(number)} {'day' if number == 1 else 'days'}"
    return wording.number(number)


def interval(figure: Figure) -> str:
    """The 95 % interval, or nothing for counts."""
    low, high = figure.low, figure.high
    if figure.unit == "days" and (low is not None or high is not None):
        if high is None:
            return f"{wording.number(low)} days or more"
        return f"{wording.number(low or 0)} to {wording.number(high)} days"
    if low is None or high is None:
        return ""
    if figure.unit == "share":
        return wording.interval(low, high, _decimals(figure.whole))
    return f"{value(low, figure.unit)} to {value(high, figure.unit)}"


def change(figure: Figure) -> str:
    """The change against the baseline with its sign."""
    if figure.change is None:
        return ""
    if figure.unit == "share":
        digits = _decimals(figure.whole)
        # of the two numbers that are shown, so that a reader can take them from each other
        now, then = (round(x or 0.0, 2 + digits) for x in (figure.value, figure.baseline and figure.baseline.value))  # fmt: skip
        return wording.change_points(now - then, digits)
    whole = float(figure.change).is_integer()
    text = wording.change_count(figure.change, 0 if whole else 1)
    return f"{text} days" if figure.unit == "days" else text


def baseline_value(figure: Figure) -> str:
    """What the baseline was; of hours, those of a week of it."""
    base = figure.baseline
    if base is None or base.value is None:
        return wording.NONE
    if figure.kpi == "K4":
        return f"{wording.number(base.value, 1)} h a week"
    return value(base.value, figure.unit, base.n)


def baseline_span(base: Baseline) -> str:
    """The days of the baseline."""
    return wording.span(base.first, base.end - timedelta(days=1))


def baseline_kind(base: Baseline) -> str:
    """Frozen on a day, or what it is instead."""
    if base.kind == "frozen" and base.frozen_on:
        return f"frozen on {wording.day(base.frozen_on)}"
    return KINDS[base.kind]


def target(figure: Figure) -> str:
    """What it should be: at least, at most, or between the two."""
    low, high = (value(end, figure.unit, figure.whole) for end in (figure.at_least, figure.at_most))
    if figure.at_least is not None and figure.at_most is not None:
        return f"{low} to {high}"
    if figure.at_least is not None:
        return f"{low} or more"
    return f"{high} or less" if figure.at_most is not None else wording.NONE


def period(figure: Figure) -> str:
    """The quarter that the figure is of."""
    return wording.period(figure.first, "quarter") if figure.first else ""


def says(figure: Figure) -> str:
    """One sentence with both counts behind the figure."""
    if figure.value is None:
        return f"Not shown: {figure.reason}."
    n = wording.count(figure.n)
    if figure.kpi == "K4" and figure.part is not None and figure.whole:
        return _hours_saved(figure, n)
    if figure.unit == "ratio":
        size = wording.share(abs(figure.value), 0)
        if float(size.rstrip("%").lstrip("<>") or 0) == 0:
            return f"Hours per PM-week of the same {n} PMs stayed where they were in the baseline."
        verb = "fell" if figure.value < 0 else "rose"
        return f"Hours per PM-week of the same {n} PMs {verb} by {size} from the baseline to the last four whole weeks of the quarter."  # fmt: skip
    if figure.kpi == "K10":
        more = "more than it costs" if figure.value >= 0 else "less than it costs"
        return f"Of {n} PMs: it saves {wording.number(abs(figure.value), 1)} hours per PM-week {more}."  # fmt: skip
    if figure.unit == "share":
        return f"{wording.count(figure.part)} of {wording.count(figure.whole)} {figure.n_of}{_then(figure)}."  # fmt: skip
    if figure.unit == "days":
        had = wording.count(figure.part)
        return f"Of the {n} PMs hired in {period(figure)}, {had} had shipped by the quarter's end; half of all {n} within {value(figure.value, 'days')}{_then(figure)}."  # fmt: skip
    return f"{value(figure.value, figure.unit)} in {period(figure)}{_then(figure)}."


def short(figure: Figure) -> str:
    """Label, value, interval and what it was, for the head of the report."""
    parts = [f"{figure.label}: {value(figure.value, figure.unit, figure.whole)}"]
    if found := interval(figure):
        parts.append(f"95% interval {found}")
    base = figure.baseline
    if figure.change is not None and base is not None:
        clear = "beyond chance" if figure.verdict == BEYOND_CHANCE else "no clear change"
        parts.append(f"{baseline_value(figure)} in {baseline_span(base)}, {clear}")
    return "; ".join(parts) + "."


def _hours_saved(figure: Figure, n: str) -> str:
    assert figure.value is not None and figure.part is not None
    side = "fewer" if figure.value >= 0 else "more"
    if not figure.variant.startswith("saved_hours"):
        mean = figure.part / (figure.whole or 1)
        return (
            f"{_whole(abs(figure.value))} hours {side} than the {_whole(mean)} of a mean week of the baseline, in the {wording.count(figure.whole)} PM-weeks"
            f" of {n} PMs that were counted."
        )
    total = figure.value
    recorded = figure.part - total
    return (
        f"{n} PMs recorded {_whole(recorded)} hours of process work in {wording.count(figure.whole)} PM-weeks; at their own baselines"
        f" these weeks would have held {_whole(figure.part)}, so {_whole(abs(total))} {side}."
    )


def _then(figure: Figure) -> str:
    base = figure.baseline
    if base is None or base.value is None or figure.change is None:
        return ""
    per = " a quarter" if figure.unit == "count" and base.kind != "first" else ""
    clear = "beyond chance" if figure.verdict == BEYOND_CHANCE else "within chance"
    return f", against {baseline_value(figure)}{per} in {baseline_span(base)} ({clear})"


def day_before(end: date) -> str:
    """The last day of a half-open range."""
    return wording.day(end - timedelta(days=1))


def _whole(hours: float) -> str:
    return wording.number(hours, _hours(hours))


def _hours(number: float) -> int:
    return 0 if abs(number) >= 100 else 1


def _decimals(n: float | None) -> int:
    return 0 if (n or 0) < 1000 else 1
