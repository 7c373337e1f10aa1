"""What the report cannot be used to claim, in sentences that are made by rules from its own figures.

Knows the limits of each kind of figure. Must not hold a number of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from dashboards import wording
from dashboards.quarterly import words
from dashboards.quarterly.evidence import Evidence
from dashboards.quarterly.figure import NO_CLEAR_CHANGE, Figure
from dashboards.quarterly.quarter import Quarter
from dashboards.quarterly.recipes import ANSWERS, EXPERIMENTS, TIME

MOST_NAMES = 4


def not_over(quarter: Quarter, reached: date) -> str:
    """Said instead of everything else while the quarter runs."""
    return (
        f"Anything about {quarter.text}: it runs to {wording.day(quarter.last)}, and the data reaches {words.day_before(reached)}."
        " A part of a quarter is never compared with a whole one."
    )


def cannot_be_claimed(evidence: Evidence, figures: Sequence[Figure]) -> Iterator[str]:
    """One sentence for each limit that holds for these figures."""
    shown = [figure for figure in figures if figure.is_shown]
    yield from _withheld(figures)
    yield from _within_chance(shown)
    yield from _of_time(evidence, [figure for figure in shown if figure.group == TIME])
    yield from _of_experiments([figure for figure in shown if figure.group == EXPERIMENTS])
    yield from _of_onboarding(evidence, [figure for figure in shown if figure.kpi == "K5"])
    yield from _of_answers([figure for figure in shown if figure.group == ANSWERS])
    yield from _of_baselines(shown)
    yield from _stopped(evidence, shown)
    if shown:
        yield "What any of this is worth in money: no wage, price or revenue is part of the report."


def _withheld(figures: Sequence[Figure]) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for figure in figures:
        if not figure.is_shown:
            reasons.setdefault(figure.reason, []).append(figure.label)
    for reason, labels in reasons.items():
        yield f"{_join(labels)}: {reason}."


def _within_chance(shown: Sequence[Figure]) -> Iterator[str]:
    for figure in shown:
        if figure.verdict != NO_CLEAR_CHANGE:
            continue
        if figure.unit in ("hours", "ratio"):
            yield f"That {_lower(figure.label)} is more than chance: the interval, {words.interval(figure) or 'not known'}, includes no change."
        elif figure.baseline:
            yield (
                f"That {_lower(figure.label)} changed: {words.value(figure.value, figure.unit, figure.whole)} against"
                f" {words.baseline_value(figure)} lies within what chance explains."
            )


def _of_time(evidence: Evidence, shown: Sequence[Figure]) -> Iterator[str]:
    if not shown:
        return
    first = min((figure.baseline.first for figure in shown if figure.baseline), default=None)
    began = [
        f"{name} ({wording.day(day)})"
        for name, day in evidence.rollouts
        if first is not None and first <= day < evidence.quarter.end
    ]
    also = f" Since the baseline these began: {_join(began, MOST_NAMES)}." if began else ""
    yield (
        "That product operations caused the change in hours: it is a difference before and after on the same people, not an experiment,"
        f" and whatever else changed in those weeks is in it.{also}"
    )
    yield "That hours were saved where people were away: days off inside a week with evidence lower its hours and are not taken out."
    saved = [figure for figure in shown if figure.variant.startswith("saved_hours")]
    for figure in saved:
        evidence_of = figure.variant.partition(":")[2]
        for row in evidence.of_variant("K4", f"counted_weeks:{evidence_of}", "quarter"):
            is_of_quarter = wording.as_date(row["period_start"]) == evidence.quarter.first
            if is_of_quarter and row["denominator"] and row["numerator"] < row["denominator"]:
                left_out = int(row["denominator"] - row["numerator"])
                yield (
                    f"Hours saved by everyone ({figure.label.partition('(')[2].rstrip(')')}): {wording.count(left_out)} of {wording.count(row['denominator'])} PM-weeks"
                    " have no evidence or are of somebody without a baseline of their own, and nothing is estimated for them."
                )
    if len(saved) > 1:
        yield "The hours of calendars and of time tracking together: both see the same weeks, so they are read beside each other, never added."
    if saved and any(figure.kpi == "K10" for figure in shown):
        yield "The hours of single processes on top of the hours saved: they are parts of the same hours."


def _of_experiments(shown: Sequence[Figure]) -> Iterator[str]:
    readings = {figure.variant for figure in shown}
    if readings & {"started", "concluded"}:
        yield "That the experiments brought value: a count says how many began or ended, not what they changed."
    if "reuse" in readings:
        yield "Anything about this year's experiments from their reuse: it is of experiments that ended more than a year before the quarter's end."


def _of_onboarding(evidence: Evidence, shown: Sequence[Figure]) -> Iterator[str]:
    for figure in shown:
        if figure.first is not None and figure.first < evidence.quarter.first:
            later = _later_hires(evidence, figure)
            yield (
                f"How fast those hired after {words.period(figure)} ship: {words.period(figure)} is the newest quarter of hires that can be told of at the"
                f" quarter's end{later}."
            )
    if shown:
        yield "That onboarding became better or worse by what product operations did: hires differ, and so does what they were given to do."


def _later_hires(evidence: Evidence, figure: Figure) -> str:
    count = sum(
        int(row["n"] or 0)
        for row in evidence.of_variant(figure.kpi, figure.variant, "quarter")
        if (wording.as_date(row["period_start"]) or date.min) > (figure.first or date.max)
    )
    return f", and {wording.count(count)} joined since" if count else ""


def _of_answers(shown: Sequence[Figure]) -> Iterator[str]:
    if any(figure.variant == "within_15m" for figure in shown):
        yield "Anything about questions that were asked in chats and meetings: only what a tool or a ticket recorded is counted."


def _of_baselines(shown: Sequence[Figure]) -> Iterator[str]:
    by_rule = [f.label for f in shown if f.baseline and f.baseline.kind == "first"]
    unfrozen = [f.label for f in shown if f.baseline and f.baseline.kind == "dated"]
    if by_rule:
        yield f"That these were agreed on beforehand: the baselines of {_join([_lower(label) for label in by_rule])} were chosen by rule; declare them in kpis.yml."
    if unfrozen:
        yield f"That the baselines of {_join([_lower(label) for label in unfrozen])} cannot move: they are dated but not frozen, so data that comes late still changes them."
    for figure in shown:
        base = figure.baseline
        if base is None:
            yield f"That {_lower(figure.label)} changed since before: it has no baseline."
        elif base.why_not:
            yield f"That {_lower(figure.label)} changed since {words.baseline_span(base)}: {base.why_not}."
        elif base.note and figure.kpi != "K4":
            yield f"That the baseline of {_lower(figure.label)} is beyond doubt: it was {base.note}."


def _stopped(evidence: Evidence, shown: Sequence[Figure]) -> Iterator[str]:
    stopped: dict[tuple[str, date], list[str]] = {}
    for kpi in dict.fromkeys(figure.kpi for figure in shown):
        for source, last in evidence.stopped(kpi):
            stopped.setdefault((source, last), []).append(kpi)
    for (source, last), kpis in stopped.items():
        after = wording.span(last + timedelta(days=1), evidence.quarter.last)
        yield f"Anything that {source.replace('_', ' ')} would tell of {after}: its last record is of {wording.day(last)}, so {_join(kpis)} may lack what came after."


def _lower(label: str) -> str:
    return label if label[:2].isupper() else f"{label[:1].lower()}{label[1:]}"


def _join(names: Sequence[str], most: int = 12) -> str:
    unique = list(dict.fromkeys(names))
    if len(unique) > most:
        unique = [*unique[:most], f"{len(unique) - most} more"]
    return unique[0] if len(unique) == 1 else f"{', '.join(unique[:-1])} and {unique[-1]}"
