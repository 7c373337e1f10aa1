"""A funnel as its steps: reached, lost, pending, and both rates."""

from typing import Any

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import charts, html, marks
from dashboards.widgets.charts import Curve, Frame, Point
from dashboards.widgets.marks import Step


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    if answer.rows and answer.rows[0].get("period_start"):
        _over_time(answer.rows, takeaway)
        return
    groups = list(dict.fromkeys(r.get("breakdown") for r in answer.rows))
    html.show(
        html.section("Steps", "Rates use people whose window is over; pending ones are in no rate")
    )
    for group in groups[:6]:
        rows = [r for r in answer.rows if r.get("breakdown") == group]
        if group is not None:
            html.show(html.section(str(group), level=3))
        html.show(
            marks.funnel(
                _steps(rows),
                f"rates use the {formats.count(rows[0]['matured'])} whose window is over",
                takeaway,
            )
        )


def _over_time(rows: list[dict[str, Any]], takeaway: str) -> None:
    """F18: the rate of the whole funnel by the period in which people entered."""
    last = max(row["step"] for row in rows)
    ends = [row for row in rows if row["step"] == last]
    curves = [
        Curve(
            str(group or "Reached the last step"),
            [_point(row) for row in ends if row.get("breakdown") == group],
        )
        for group in dict.fromkeys(row.get("breakdown") for row in ends)
    ]
    html.show(
        html.section(
            "Share that reached the last step, by the period of entry",
            "Of people whose window is over, each with its 95% interval",
        )
    )
    charts.draw(curves, Frame(alt=f"{takeaway} One point for each period.", unit="share"))


def _point(row: dict[str, Any]) -> Point:
    return Point(
        row["period_start"],
        row["overall_rate"],
        formats.share(row["overall_rate"]),
        bool(row["complete"]) and not row["pending"],
        row["overall_low"],
        row["overall_high"],
    )


def _steps(rows: list[dict[str, Any]]) -> list[Step]:
    widest = max((r["reached"] for r in rows), default=0) or 1
    rated = [
        (r["step_rate"], i) for i, r in enumerate(rows) if i and r.get("step_rate") is not None
    ]
    worst = min(rated)[1] if rated else None
    steps = []
    for i, row in enumerate(rows):
        lost = ""
        if i:
            lost = f"{formats.count(row['dropped'])} dropped"
            if row.get("pending"):
                lost += f" · {formats.count(row['pending'])} pending"
        steps.append(
            Step(
                name=str(row["event"]),
                reached=formats.count(row["reached"]),
                reached_share=row["reached"] / widest,
                pending_share=(row.get("pending") or 0) / widest,
                step_rate=formats.share(row["step_rate"]) if i else "",
                overall_rate=formats.share(row["overall_rate"]),
                overall_count=formats.count(row["matured_reached"]),
                median_time=formats.duration(row["median_seconds"]) if i else "",
                lost_before=lost,
                is_largest_loss=i == worst,
            )
        )
    return steps
