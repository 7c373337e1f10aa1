"""One figure of the quarterly report with everything that a reader needs to defend it.

Knows what a figure holds. Must not know which figures there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from dashboards import wording

BEYOND_CHANCE = "beyond chance"
NO_CLEAR_CHANGE = "no clear change"
NOT_COMPARED = "not compared"


@dataclass(frozen=True)
class Baseline:
    """What a figure is compared with.

    `kind` is frozen (a value agreed on), dated (a range that the company declares, read anew), first (chosen by rule) or
    rollout (the weeks before a process began). `now` is what the same range gives in this version.
    """

    first: date
    end: date
    kind: str
    value: float | None = None
    n: int | None = None
    low: float | None = None
    high: float | None = None
    frozen_on: date | None = None
    definition: int | None = None
    now: float | None = None
    why_not: str = ""
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """A number of the quarter, or why there is none."""

    kpi: str
    variant: str
    group: str
    label: str
    unit: str
    method: str
    definition: int
    sources: tuple[str, ...] = ()
    value: float | None = None
    n: int | None = None
    n_of: str = ""
    low: float | None = None
    high: float | None = None
    part: float | None = None
    whole: float | None = None
    first: date | None = None
    end: date | None = None
    baseline: Baseline | None = None
    change: float | None = None
    verdict: str = ""
    at_least: float | None = None
    at_most: float | None = None
    status: str = "none"
    coverage: float | None = None
    reason: str = ""
    says: str = ""
    caveats: tuple[str, ...] = field(default=())

    @property
    def id(self) -> str:
        return f"{self.kpi} {self.variant}"

    @property
    def is_shown(self) -> bool:
        return self.value is not None

    def row(self) -> dict[str, Any]:
        """The figure as a row of an answer; the baseline's parts stand beside it."""
        found = {key: value for key, value in asdict(self).items() if key != "baseline"}
        base = self.baseline
        found |= {
            "figure": self.id,
            "ci_low": found.pop("low"),
            "ci_high": found.pop("high"),
            "numerator": found.pop("part"),
            "denominator": found.pop("whole"),
            "period_start": found.pop("first"),
            "period_end": found.pop("end"),
            "target_at_least": found.pop("at_least"),
            "target_at_most": found.pop("at_most"),
            "definition_version": found.pop("definition"),
            "reportable": self.is_shown,
            "reason": self.reason or None,
            "group": self.group,
            "sources": list(self.sources),
            "caveats": list(self.caveats),
            "baseline": base.value if base else None,
            "baseline_n": base.n if base else None,
            "baseline_low": base.low if base else None,
            "baseline_high": base.high if base else None,
            "baseline_from": base.first if base else None,
            "baseline_to": base.end if base else None,
            "baseline_kind": base.kind if base else None,
            "baseline_frozen_on": base.frozen_on if base else None,
            "baseline_definition": base.definition if base else None,
            "baseline_now": base.now if base else None,
            "baseline_reason": (base.why_not or base.note or None) if base else None,
        }
        return found


def read(row: Mapping[str, Any]) -> Figure:
    """The figure of a row of the answer, for pages and papers that put it into words."""
    return Figure(
        kpi=str(row["kpi"]),
        variant=str(row["variant"]),
        group=str(row["group"]),
        label=str(row["label"]),
        unit=str(row["unit"]),
        method=str(row["method"]),
        definition=int(row["definition_version"]),
        sources=tuple(row["sources"]),
        value=row["value"],
        n=row["n"],
        n_of=str(row["n_of"]),
        low=row["ci_low"],
        high=row["ci_high"],
        part=row["numerator"],
        whole=row["denominator"],
        first=wording.as_date(row["period_start"]),
        end=wording.as_date(row["period_end"]),
        baseline=_baseline(row),
        change=row["change"],
        verdict=str(row["verdict"]),
        at_least=row["target_at_least"],
        at_most=row["target_at_most"],
        status=str(row["status"]),
        coverage=row["coverage"],
        reason=str(row["reason"] or ""),
        says=str(row["says"]),
        caveats=tuple(row["caveats"]),
    )


def _baseline(row: Mapping[str, Any]) -> Baseline | None:
    first, end = wording.as_date(row["baseline_from"]), wording.as_date(row["baseline_to"])
    if first is None or end is None:
        return None
    reason = str(row["baseline_reason"] or "")
    return Baseline(
        first=first,
        end=end,
        kind=str(row["baseline_kind"]),
        value=row["baseline"],
        n=row["baseline_n"],
        low=row["baseline_low"],
        high=row["baseline_high"],
        frozen_on=wording.as_date(row["baseline_frozen_on"]),
        definition=row["baseline_definition"],
        now=row["baseline_now"],
        why_not=reason if row["baseline"] is None else "",
        note="" if row["baseline"] is None else reason,
    )
