"""Rows of KPIs and declarations as the quarterly report is handed them, for cases that are worked out by hand.

Knows the columns of a KPI. Must not know how the report is made.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from dashboards.quarterly.evidence import Delivery, Evidence
from dashboards.quarterly.quarter import read
from dashboards.quarterly.report import Report, build

UNITS = {"saved_hours": "hours", "saved_per_week": "hours", "net": "hours", "change": "ratio", "started": "count", "concluded": "count", "first_ship": "days"}  # fmt: skip


def row(kpi: str, variant: str, start: str, value: float | None, **more: Any) -> dict[str, Any]:
    """One row of a KPI, reportable where it has a value."""
    unit = UNITS.get(variant.partition(":")[0], "share")
    return {
        "kpi": kpi, "name": kpi, "variant": variant, "period": "quarter", "period_start": date.fromisoformat(start), "value": value,
        "unit": unit, "n": 10, "numerator": None, "denominator": None, "ci_low": None, "ci_high": None, "coverage": None, "target": None,
        "status": "none", "reportable": value is not None, "reason": None if value is not None else "no data", **more,
    }  # fmt: skip


def share(kpi: str, variant: str, start: str, part: int, whole: int, **more: Any) -> dict[str, Any]:
    """A row of a share with both counts."""
    return row(kpi, variant, start, part / whole, numerator=part, denominator=whole, n=whole, ci_low=0.1, ci_high=0.9, **more)  # fmt: skip


# A quarter in which everything can be told: 8 PMs, 100 PM-weeks, ten hours a week before, seven and a half now.
WHOLE = [
    row("K4", "saved_hours:time_tracking", "2025-07-01", 250.0, n=8, numerator=1000.0, denominator=100.0, ci_low=200.0, ci_high=310.0, coverage=0.8),
    row("K4", "saved_per_week:time_tracking", "2025-07-01", 2.5, n=8, numerator=1000.0, denominator=100.0, ci_low=2.0, ci_high=3.1, coverage=0.8),
    row("K4", "change:time_tracking", "2025-07-01", -0.25, n=8, ci_low=-0.31, ci_high=-0.2, coverage=0.9, target=-0.3, status="on_target"),
    row("K4", "hours:time_tracking", "2025-07-01", 7.5, n=8),
    share("K4", "counted_weeks:time_tracking", "2025-07-01", 100, 125),
    row("K10", "net:time_tracking:digest", "2025-07-01", 0.4, n=8, ci_low=-0.1, ci_high=0.9),
    row("K2", "started", "2024-10-01", 1.0, n=1), row("K2", "started", "2025-01-01", 4.0, n=4), row("K2", "started", "2025-07-01", 16.0, n=16, target=4.0, status="on_target"),
    row("K2", "concluded", "2024-10-01", 1.0, n=1), row("K2", "concluded", "2025-01-01", 4.0, n=4), row("K2", "concluded", "2025-07-01", 6.0, n=6),
    share("K2", "reference_share", "2025-01-01", 1, 4), share("K2", "reference_share", "2025-07-01", 14, 16),
    share("K2", "reuse", "2025-07-01", 3, 12),
    row("K5", "first_ship", "2024-10-01", 60.0, n=6, numerator=6.0, ci_low=50.0, ci_high=90.0),
    row("K5", "first_ship", "2025-01-01", 30.0, n=7, numerator=6.0, ci_low=20.0, ci_high=45.0),
    row("K5", "first_ship", "2025-04-01", 20.0, n=5, status="pending"), row("K5", "first_ship", "2025-07-01", None, n=3, status="pending"),
    share("K1", "within_15m", "2025-04-01", 40, 80), share("K1", "within_15m", "2025-07-01", 90, 100), share("K1", "any_pm", "2025-07-01", 6, 8),
]  # fmt: skip


def declared(kpi: str, variant: str, first: str, end: str, **frozen: Any) -> dict[str, Any]:
    """A row of dim_kpi_baselines; `frozen` may hold value, n, ci_low, ci_high, definition_version and frozen_on."""
    blank = dict.fromkeys(("value", "n", "ci_low", "ci_high", "definition_version", "frozen_on"))
    return {"kpi": kpi, "variant": variant, "from_on": date.fromisoformat(first), "to_on": date.fromisoformat(end), **blank, **frozen}  # fmt: skip


def evidence(quarter: str = "2025-Q3", reached: str = "2025-11-15", **more: Any) -> Evidence:
    """The whole quarter, or what is left of it."""
    known: dict[str, Any] = {
        "rows": WHOLE,
        "targets": [
            {"kpi": "K4", "variant": "change", "at_least": -0.3, "at_most": -0.2, "per": None},
            {"kpi": "K2", "variant": "started", "at_least": 4.0, "at_most": None, "per": "quarter"},
            {"kpi": "K2", "variant": "concluded", "at_least": 4.0, "at_most": None, "per": "month"},
            {"kpi": "K5", "variant": "first_ship", "at_least": None, "at_most": 90.0, "per": None},
        ],
        "sources": {"K2": ("growthbook",), "K5": ("people",)},
        "deliveries": {"growthbook": Delivery(date(2025, 11, 1), date(2025, 11, 2))},
        "first_weeks": {"time_tracking": (date(2025, 1, 6), date(2025, 2, 3))},
        "before_rollout": {"digest": (date(2025, 2, 17), date(2025, 3, 17))},
        "rollouts": [("Status digest", date(2025, 3, 19)), ("Old tool", date(2024, 3, 19))],
    }
    return Evidence(quarter=read(quarter), reached=date.fromisoformat(reached), **{**known, **more})


def told(**more: Any) -> Report:
    """The report of that evidence."""
    return build(evidence(**more))


COLUMNS = {
    "name": "varchar", "variant": "varchar", "period": "varchar", "period_start": "date", "value": "double", "unit": "varchar",
    "n": "bigint", "numerator": "double", "denominator": "double", "ci_low": "double", "ci_high": "double", "coverage": "double",
    "target": "double", "status": "varchar", "reportable": "boolean", "reason": "varchar",
}  # fmt: skip


def models(rows: list[dict[str, Any]] = WHOLE) -> dict[str, dict[str, Any]]:
    """Models of a version whose SQL gives these rows, one for each KPI."""
    return {
        f"kpi_{kpi.lower()}": {"compiled_sql": sql(kpi, [r for r in rows if r["kpi"] == kpi])}
        for kpi in sorted({r["kpi"] for r in rows})
    }


def sql(kpi: str, rows: list[dict[str, Any]]) -> str:
    """A select of these rows that ends like the SQL of a KPI."""
    values = ", ".join(f"({', '.join(_literal(r[name]) for name in COLUMNS)})" for r in rows)
    casts = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in COLUMNS.items())
    return f"select '{kpi}' as kpi, {casts} from (values {values}) as told ({', '.join(COLUMNS)})"


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    return str(value) if isinstance(value, int | float) else f"'{value}'"
