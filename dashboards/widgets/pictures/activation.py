"""Activation by cohort with its interval, and how the share grows with the days."""

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import charts, html, marks
from dashboards.widgets.charts import Curve, Frame, Point
from dashboards.widgets.marks import Bar


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    period = str(answer.params.get("period") or "week")
    points = [
        Point(
            str(row["cohort_start"])[:10],
            row["share"],
            formats.share(row["share"]),
            bool(row["complete"]),
            row["ci_low"],
            row["ci_high"],
            label=formats.period_short(row["cohort_start"], period),
        )
        for row in answer.rows
        if row["share"] is not None
    ]
    if len(points) > 1:
        html.show(
            html.section(
                f"Share activated, by {period} of the first event",
                "Of people whose days are over, with the 95% interval. Dashed: not over for the whole cohort",
            )
        )
        first, last = points[0], points[-1]
        alt = f"{takeaway} By {period}: from {first.text} ({first.label}) to {last.text} ({last.label})."
        charts.draw([Curve("Activated", points)], Frame(alt=alt, unit="share"))
    within = answer.summary["activated_within"]
    if within:
        html.show(html.section("Activated within", "Share of all whose days are over"))
        told = ", ".join(f"{p['name']} {formats.share(p['share'])}" for p in within)
        html.show(
            marks.bars(
                [
                    Bar(
                        p["name"], formats.share(p["share"]), p["share"], formats.count(p["actors"])
                    )
                    for p in within
                ],
                f"Activated within: {told}.",
            )
        )
