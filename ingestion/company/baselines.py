"""Baselines of KPIs as a company declares them: a range of days, and the value that was agreed on and frozen.

Knows: `baselines` of `kpis.yml` and what cannot be meant there. Must not know: YAML, how a KPI is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ingestion.company.model import Company
from ingestion.declarations import Document, Problem, nearest

SCHEMA = {
    "kpi": "text",
    "variant": "text",
    "from_on": "date",
    "to_on": "date",
    "value": "double",
    "n": "bigint",
    "ci_low": "double",
    "ci_high": "double",
    "definition": "bigint",
    "frozen_on": "date",
}
# What a baseline is frozen with: without all four nobody can say later what was agreed on, nor whether it still compares.
FROZEN = ("value", "n", "definition", "frozen_on")
# The evidence of hours; its baseline is the whole weeks inside the range.
EVIDENCE = ("calendar", "time_tracking", "survey")
# These have no range of days of their own: a rollout is measured from its own day.
FROM_ROLLOUT = ("K3", "K10")
# Counts of a time: a range that is no whole months cannot be told per quarter.
COUNTS = {"K2": ("started", "concluded"), "K9": ("releases",)}


def rows(company: Company) -> list[dict[str, Any]]:
    """One row per KPI and variant with a baseline."""
    return [
        {
            "kpi": kpi,
            "variant": variant,
            "from_on": written["from"],
            "to_on": written["to"],
            **{key: written.get(key) for key in ("value", "n", "ci_low", "ci_high")},
            "definition": written.get("definition"),
            "frozen_on": written.get("frozen_on"),
        }
        for kpi, variants in company.baselines.items()
        for variant, written in variants.items()
    ]


def problems(document: Document) -> Iterator[Problem]:
    """What cannot be meant, with the line that says it."""
    for kpi, variants in ((document.value or {}).get("baselines") or {}).items():
        ends: dict[date, tuple[date, int]] = {}
        for variant, written in (variants or {}).items():
            place = ("baselines", str(kpi), str(variant))
            found = list(_range_problems(str(kpi), str(variant), written))
            found += _frozen_problems(written)
            yield from (document.problem((*place, key), message) for key, message in found)
            if found or kpi == "K4":
                continue
            end, line = ends.setdefault(written["from"], (written["to"], document.line(place)))
            if end != written["to"]:
                message = f"another baseline of {kpi} on line {line} begins on that day and ends on {end}; end both on one day"
                yield document.problem((*place, "to"), message)


def _range_problems(
    kpi: str, variant: str, written: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    first, end = written["from"], written["to"]
    if kpi in FROM_ROLLOUT:
        yield "from", f"{kpi} takes no baseline: it is measured from the day of each rollout"
    elif first >= end:
        yield "to", "`to` is not after `from`; it is the day after the last one"
    elif kpi == "K4" and variant not in EVIDENCE:
        yield "from", f"a baseline of K4 is of an evidence, not of `{variant}`; {nearest(variant, EVIDENCE)}"  # fmt: skip
    elif variant in COUNTS.get(kpi, ()) and (first.day, end.day) != (1, 1):
        yield "from", f"`{variant}` is a count, so its baseline is whole months: from the 1st of a month to the 1st of another"  # fmt: skip


def _frozen_problems(written: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    given = [key for key in FROZEN if written.get(key) is not None]
    low, high = written.get("ci_low"), written.get("ci_high")
    if not given:
        if low is not None or high is not None:
            yield "ci_low" if low is not None else "ci_high", "an interval needs the value that it is of; " + _HINT  # fmt: skip
        return
    missing = [key for key in FROZEN if key not in given]
    if missing:
        yield given[0], f"a frozen baseline also says {', '.join(f'`{key}`' for key in missing)}; {_HINT}"  # fmt: skip
        return
    if written["frozen_on"] < written["to"]:
        yield "frozen_on", f"the baseline runs up to {written['to']}, so it cannot have been frozen on {written['frozen_on']}"  # fmt: skip
    if (low is None) != (high is None):
        yield "value", "an interval has both ends, `ci_low` and `ci_high`, or none"
    elif low is not None and not low <= written["value"] <= high:
        yield "value", f"the value {written['value']} lies outside of its own interval, {low} to {high}"  # fmt: skip


_HINT = "the quarterly report prints the lines to copy"
