"""Headlines of the ProductOps KPIs, from the rows of the question `kpis`.

Knows variants, targets and which period is over. Must not compute a KPI.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from dashboards import restated, wording
from dashboards.answer import Answer
from dashboards.kpi_words import target_text
from dashboards.snapshots.headline import AskFor, Headline, filled, withheld
from dashboards.snapshots.judging import CHANCE, by_chance, p_of_two, p_text

NEAR_TARGET = 0.95


def kpi(variant: str, unit: str) -> Callable[..., Headline]:
    def read(blank: Headline, answer: Answer, ask_for: AskFor, through: date) -> Headline:
        rows = [r for r in answer.rows if str(r["variant"]).split(":")[0] == variant]
        if not rows:
            return withheld(blank, "Its sources are not connected", "Not connected")
        # Of several tools the newest that can be read; one that is still pending only when there is no other.
        newest = max(
            rows,
            key=lambda r: (
                bool(r["reportable"] and r["value"] is not None),
                str(r["period_start"]),
                str(r["variant"]),
            ),
        )
        rows = sorted(
            (r for r in rows if r["variant"] == newest["variant"]),
            key=lambda r: str(r["period_start"]),
        )
        done = [r for r in rows if _is_over(r["period_start"], unit, through)]
        shown = done or rows
        last = shown[-1]
        before = shown[-2] if len(shown) > 1 else None
        return _kpi_headline(blank, answer, last, before, shown, unit, is_over=bool(done))

    return read


def _kpi_headline(
    blank: Headline,
    answer: Answer,
    last: dict[str, Any],
    before: dict[str, Any] | None,
    shown: list[dict[str, Any]],
    unit: str,
    is_over: bool,
) -> Headline:
    period = wording.period(last["period_start"], unit)
    tool = str(last["variant"]).partition(":")[2]
    n = last.get("n")
    if not last["reportable"] or last["value"] is None:
        held = last.get("status") == "pending"
        reason = str(last.get("reason") or f"No value in {period}")
        return withheld(
            blank, reason, "Pending" if held else "Coverage too low", "info" if held else "quiet"
        )
    value, kind = float(last["value"]), _kind(last.get("unit"))
    earlier = (
        float(before["value"])
        if before and before["reportable"] and before["value"] is not None
        else None
    )
    target = last.get("target")
    p = None
    if (
        kind == "share"
        and earlier is not None
        and before
        and last.get("denominator")
        and before.get("denominator")
    ):
        p = p_of_two(
            last["numerator"], last["denominator"], before["numerator"], before["denominator"]
        )
    status, state = _status(last, value, target)
    is_clear = p is not None and p < CHANCE
    if kind == "count":
        # Two counts differ by more than chance when they lie further apart than both vary (Poisson).
        is_clear = earlier is not None and abs(value - earlier) > 1.96 * math.sqrt(value + earlier)
    if not status:
        status, state, _ = by_chance(value, earlier, p)
    decimals = 0 if (n or 0) < 1000 else 1
    write = (
        (lambda x: wording.share(x, decimals))
        if kind == "share"
        else (lambda x: wording.value(x, kind))
    )
    parts = (
        [f"{wording.count(last['numerator'])} of {wording.count(last['denominator'])}"]
        if kind == "share" and last.get("denominator")
        else []
    )
    if last.get("coverage") is not None:
        parts.append(f"coverage {wording.share(last['coverage'], 0)}")
    return filled(
        blank,
        answer,
        value=value,
        text=write(value),
        before=earlier,
        before_text=write(earlier) if earlier is not None else "",
        change_text=_kpi_change(value, earlier, kind, decimals),
        compared_with=f"vs {wording.period(before['period_start'], unit)}"
        if before and earlier is not None
        else "",
        n_text=f"n {wording.count(n)}" if n is not None else "",
        interval_text=wording.interval(last["ci_low"], last["ci_high"], decimals)
        if kind == "share" and last.get("ci_low") is not None
        else "",
        target=float(target) if target is not None else None,
        target_text=target_text(last, write),
        status=status,
        state=state,
        is_clear_change=is_clear,
        trend=tuple(float(r["value"]) for r in shown if r["reportable"] and r["value"] is not None)[
            -12:
        ],
        period_text=(period if is_over else f"{period} so far") + (f", {tool}" if tool else ""),
        restated=restated.kpi_note(answer, last),
        evidence=" · ".join(parts) + p_text(p),
    )


def _kpi_change(value: float, earlier: float | None, kind: str, decimals: int) -> str:
    if earlier is None:
        return ""
    if kind == "share":
        return wording.change_points(
            round(value, 2 + decimals) - round(earlier, 2 + decimals), decimals
        )
    return wording.change_count(value - earlier)


def _kind(unit: Any) -> str:
    return (
        "share"
        if str(unit) in ("share", "rate", "ratio")
        else "count"
        if str(unit) in ("count", "experiments", "")
        else str(unit)
    )


def _status(row: dict[str, Any], value: float, target: float | None) -> tuple[str, str]:
    name = str(row.get("status") or "none")
    if name == "on_target":
        return "On target", "good"
    if name == "off_target":
        if target and NEAR_TARGET * target <= value < target:
            return "Near target", "warn"
        return "Under target", "warn"
    if name == "failed":
        return "Under target", "bad"
    if name == "pending":
        return "Pending", "info"
    return "", "quiet"


def _is_over(start: Any, unit: str, through: date) -> bool:
    first = start if isinstance(start, date) else date.fromisoformat(str(start)[:10])
    months = 3 if unit == "quarter" else 1
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1) <= through + timedelta(days=1)
