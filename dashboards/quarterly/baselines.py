"""Which baseline a figure is compared with, what it was then and what the same days give today.

Knows the rules of frozen, dated and first baselines. Must not know how a change is judged.

A frozen value stands as long as the KPI's definition is the one that it was frozen under. Under another definition the
range is read anew, so that two definitions are never compared, and both values are told.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from dashboards import wording
from dashboards.quarterly.evidence import Evidence, Row, is_reportable
from dashboards.quarterly.figure import Baseline
from dashboards.quarterly.quarter import Quarter
from dashboards.quarterly.recipes import Recipe

SAME = 1e-9


def baseline_of(
    evidence: Evidence, recipe: Recipe, variant: str, row: Row | None, before: date
) -> Baseline | None:
    """The baseline of a reading whose period begins at `before`; None where there is nothing to compare with."""
    detail = variant.partition(":")[2]
    if recipe.kpi == "K10":
        span = evidence.before_rollout.get(detail.partition(":")[2])
        return Baseline(*span, kind="rollout") if span else None
    if recipe.kpi == "K4":
        return _of_hours(evidence, recipe, detail, row)
    declared = _declared(evidence, recipe.kpi, variant)
    if declared:
        return _of_range(evidence, recipe, variant, declared)
    return _first(evidence, recipe, variant, before)


def per_quarter(value: float, first: date, end: date) -> float:
    """A count of whole months as a count of three."""
    return value * 3 / months(first, end)


def months(first: date, end: date) -> int:
    """How many whole months lie between two firsts of a month."""
    return (end.year - first.year) * 12 + end.month - first.month


def _declared(evidence: Evidence, kpi: str, variant: str) -> Row | None:
    for row in evidence.declared:
        if (row["kpi"], row["variant"]) == (kpi, variant):
            return row
    return None


def _of_hours(evidence: Evidence, recipe: Recipe, name: str, row: Row | None) -> Baseline | None:
    """Each PM is held against their own weeks, so the mean of the weeks is told but never used to compute."""
    declared = _declared(evidence, "K4", name)
    span = (declared["from_on"], declared["to_on"]) if declared else evidence.first_weeks.get(name)
    if span is None:
        return None
    first, end = span
    mean = n = None
    if recipe.reading != "change" and row and row["denominator"]:
        mean, n = float(row["numerator"]) / float(row["denominator"]), row["n"]
    if declared is None or declared["value"] is None:
        kind = "dated" if declared else "first"
        return Baseline(first, end, kind=kind, value=mean, n=n, now=mean)
    frozen = wording.number(declared["value"], 1)
    return Baseline(
        first,
        end,
        kind="frozen",
        value=mean,
        n=n,
        now=mean,
        frozen_on=declared["frozen_on"],
        definition=declared["definition_version"],
        note=f"frozen on {wording.day(declared['frozen_on'])} as {frozen} hours a week of {wording.count(declared['n'])} PMs;"
        " each PM who is counted is held against their own weeks of it",
    )


def _of_range(evidence: Evidence, recipe: Recipe, variant: str, declared: Row) -> Baseline:
    first, end = declared["from_on"], declared["to_on"]
    again = [
        row
        for row in evidence.of_variant(recipe.kpi, variant, "baseline")
        if wording.as_date(row["period_start"]) == first
    ]
    anew = _read(again[0], first, end) if again else {"why_not": "no evidence reaches back to it"}
    if declared["value"] is None:
        return Baseline(first, end, kind="dated", **anew)
    frozen = _frozen(declared, recipe)
    frozen_on, under = declared["frozen_on"], declared["definition_version"]
    now = evidence.definitions.get(recipe.kpi, 1)
    told = f"frozen on {wording.day(frozen_on)} as {_write(frozen['value'], recipe)}"
    if under != now:
        note = f"{told} under definition {under}; the definition is {now} today, so the same days are read anew"
        return Baseline(first, end, kind="dated", note=note, **anew)
    note = ""
    found = anew.get("value")
    if found is not None and abs(found - frozen["value"]) > SAME * max(1.0, abs(found)):
        note = f"{told}; the same days give {_write(found, recipe)} in this version"
    return Baseline(
        first, end, kind="frozen", frozen_on=frozen_on, definition=under, now=found, note=note, **frozen
    )  # fmt: skip


def _first(evidence: Evidence, recipe: Recipe, variant: str, before: date) -> Baseline | None:
    """The first quarter with a number after the one in which the evidence begins, which it may not cover whole."""
    rows = list(evidence.of_variant(recipe.kpi, variant, "quarter"))
    begun = [row for row in rows if row["n"]]
    for row in rows:
        first = wording.as_date(row["period_start"])
        if first is None or first >= before:
            return None
        if (
            begun
            and str(row["period_start"]) > str(begun[0]["period_start"])
            and is_reportable(row)
        ):
            end = Quarter(first).end
            return Baseline(first, end, kind="first", **_read(row, first, end))
    return None


def _read(row: Row, first: date, end: date) -> dict[str, Any]:
    """The numbers of a row as those of a baseline."""
    if not is_reportable(row):
        return {"why_not": str(row["reason"] or "not settled yet")}
    value, n = float(row["value"]), row["n"]
    if row["unit"] == "count":
        value, n = per_quarter(value, first, end), int(value)
    elif row["denominator"] and row["unit"] == "share":
        n = int(row["denominator"])
    found = {"value": value, "n": n, "low": row["ci_low"], "high": row["ci_high"]}
    return {**found, "now": value}


def _frozen(declared: Row, recipe: Recipe) -> dict[str, Any]:
    value = float(declared["value"])
    if recipe.unit == "count":
        value = per_quarter(value, declared["from_on"], declared["to_on"])
    return {
        "value": value,
        "n": declared["n"],
        "low": declared["ci_low"],
        "high": declared["ci_high"],
    }


def _write(value: float, recipe: Recipe) -> str:
    return wording.share(value, 0) if recipe.unit == "share" else wording.number(value)
