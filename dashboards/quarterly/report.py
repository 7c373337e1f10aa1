"""The quarterly report: every figure of a quarter with what it is compared with, or why it cannot be told.

Knows which reading of which period a figure takes. Must not know where rows are read from or how a page looks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dashboards import wording
from dashboards.quarterly import claims, words
from dashboards.quarterly.baselines import baseline_of
from dashboards.quarterly.comparing import compared
from dashboards.quarterly.evidence import Evidence, Row, is_reportable
from dashboards.quarterly.figure import NOT_COMPARED, Figure
from dashboards.quarterly.quarter import Quarter
from dashboards.quarterly.recipes import RECIPES, Recipe

OLDEST_COHORT = 4  # quarters back to which an onboarding cohort still speaks of today


@dataclass(frozen=True)
class Report:
    """`state` is complete, partial (a figure lacks its evidence), running (the quarter is not over) or empty."""

    quarter: Quarter
    state: str
    figures: tuple[Figure, ...]
    claims: tuple[str, ...]


def build(evidence: Evidence) -> Report:
    """The report of the quarter from the evidence; the same evidence always gives the same report."""
    quarter = evidence.quarter
    if not evidence.is_over:
        reason = f"the quarter runs to {wording.day(quarter.last)}, and the data reaches {words.day_before(evidence.reached)}"
        figures = tuple(_withheld(evidence, recipe, recipe.reading, reason) for recipe in RECIPES)
        return Report(quarter, "running", figures, (claims.not_over(quarter, evidence.reached),))
    figures = tuple(figure for recipe in RECIPES for figure in _figures(evidence, recipe))
    shown = [figure for figure in figures if figure.is_shown]
    state = "empty" if not shown else "complete" if len(shown) == len(figures) else "partial"
    return Report(quarter, state, figures, tuple(claims.cannot_be_claimed(evidence, figures)))


def _figures(evidence: Evidence, recipe: Recipe) -> list[Figure]:
    variants = sorted(
        {
            str(row["variant"])
            for row in evidence.rows
            if row["kpi"] == recipe.kpi and _reading(row) == recipe.reading
        }
    )
    found = [
        (variant, row)
        for variant in variants
        if (row := _row_of(evidence, recipe, variant)) is not None
    ]
    if not found:
        reason = f"no evidence of it in the quarter; it needs {recipe.needs}"
        return [_withheld(evidence, recipe, recipe.reading, reason)]
    return [_figure(evidence, recipe, variant, row) for variant, row in found]


def _reading(row: Row) -> str:
    """`saved_hours` of saved_hours:calendar; parts of the four categories are no figures of their own."""
    return str(row["variant"]).partition(":")[0]


def _row_of(evidence: Evidence, recipe: Recipe, variant: str) -> Row | None:
    """The row of the quarter; of cohorts the newest one that is settled, else that of the quarter."""
    rows = {
        wording.as_date(row["period_start"]): row
        for row in evidence.of_variant(recipe.kpi, variant, "quarter")
    }
    if recipe.settles:
        for back in range(OLDEST_COHORT):
            row = rows.get(evidence.quarter.moved(-back).first)
            if row is not None and is_reportable(row):
                return row
    return rows.get(evidence.quarter.first)


def _figure(evidence: Evidence, recipe: Recipe, variant: str, row: Row) -> Figure:
    first = wording.as_date(row["period_start"]) or evidence.quarter.first
    blank = _blank(evidence, recipe, variant)
    blank = replace(
        blank,
        n=row["n"],
        first=first,
        end=Quarter(first).end,
        coverage=row["coverage"],
        baseline=baseline_of(evidence, recipe, variant, row, first),
    )
    if reason := _why_not(evidence, recipe, row):
        return _told(replace(blank, reason=reason))
    at_least, at_most = evidence.target(recipe.kpi, variant)
    figure = replace(
        blank,
        value=float(row["value"]),
        low=row["ci_low"],
        high=row["ci_high"],
        part=row["numerator"],
        whole=row["denominator"],
        at_least=at_least,
        at_most=at_most,
        status=str(row["status"]),
    )
    change, verdict = compared(figure)
    return _told(replace(figure, change=change, verdict=verdict, caveats=tuple(_caveats(figure, verdict))))  # fmt: skip


def _why_not(evidence: Evidence, recipe: Recipe, row: Row) -> str:
    """Why the number of the row cannot be told; nothing where it can."""
    if last := evidence.not_delivered_since(recipe.kpi):
        return f"nothing of it was delivered after {wording.day(last)}, and the quarter runs to {wording.day(evidence.quarter.last)}"
    if is_reportable(row):
        return ""
    if recipe.settles:
        return f"no PMs hired in the last {OLDEST_COHORT} quarters can be told of yet ({row['reason'] or 'not settled'})"
    reason = str(row["reason"] or "not settled yet")
    return recipe.nothing if reason == "no data" else reason


def _caveats(figure: Figure, verdict: str) -> list[str]:
    found = []
    base = figure.baseline
    if base is None:
        found.append("There is no baseline to compare with.")
    elif base.why_not:
        found.append(f"The baseline of {words.baseline_span(base)} has no number: {base.why_not}.")
    elif verdict == NOT_COMPARED:
        found.append(f"The baseline of {words.baseline_span(base)} is not over when this period begins, so the two are not compared.")  # fmt: skip
    if base and base.note:
        found.append(f"The baseline was {base.note}.")
    return found


def _blank(evidence: Evidence, recipe: Recipe, variant: str) -> Figure:
    return Figure(
        kpi=recipe.kpi,
        variant=variant,
        group=recipe.group,
        label=recipe.label_of(variant),
        unit=recipe.unit,
        method=recipe.method,
        definition=evidence.definitions.get(recipe.kpi, 1),
        sources=tuple(evidence.sources.get(recipe.kpi, ())),
        n_of=recipe.n_of,
    )


def _withheld(evidence: Evidence, recipe: Recipe, variant: str, reason: str) -> Figure:
    return _told(replace(_blank(evidence, recipe, variant), reason=reason))


def _told(figure: Figure) -> Figure:
    return replace(figure, says=words.says(figure))
