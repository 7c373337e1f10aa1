"""The lines for `company/kpis.yml` that freeze the baselines of a report as they are today.

Knows the form of a baseline there. Must not write files: what is agreed on is declared by people and reviewed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from dashboards.quarterly.baselines import months
from dashboards.quarterly.figure import Figure


def lines(figures: Iterable[Figure], day: date) -> str:
    """YAML of the baselines that have a number and are not frozen under today's definition; empty where there is none."""
    found: dict[str, dict[str, str]] = {}
    for figure in figures:
        base = figure.baseline
        if base is None or base.value is None or base.kind not in ("dated", "first"):
            continue
        variant = figure.variant
        value, n = base.value, base.n
        if figure.kpi == "K4":
            variant = variant.partition(":")[2]
        elif figure.unit == "count":
            value = base.value * months(base.first, base.end) / 3
        parts = {
            "from": base.first.isoformat(),
            "to": base.end.isoformat(),
            "value": f"{value:.12g}",
            "n": str(n or 0),
        }
        if figure.kpi != "K4" and base.low is not None and base.high is not None:
            parts |= {"ci_low": f"{base.low:.12g}", "ci_high": f"{base.high:.12g}"}
        parts |= {"definition": str(figure.definition), "frozen_on": max(day, base.end).isoformat()}
        written = ", ".join(f"{key}: {text}" for key, text in parts.items())
        found.setdefault(figure.kpi, {}).setdefault(variant, f"{{{written}}}")
    if not found:
        return ""
    told = ["baselines:"]
    for kpi, variants in found.items():
        told.append(f"  {kpi}:")
        told += [f"    {variant}: {written}" for variant, written in variants.items()]
    return "\n".join(told) + "\n"
