"""Retention as a curve of the average with its interval, and the table of cohorts."""

from typing import Any

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import charts, html, marks
from dashboards.widgets.charts import Curve, Frame, Point
from dashboards.widgets.marks import Cell

MOST_COHORTS = 14
MOST_INTERVALS = 13


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    unit = str(answer.params.get("unit") or "day")
    average = [r for r in answer.rows if r["cohort_start"] is None and r["rate"] is not None]
    if len(average) > 2:
        html.show(
            html.section(
                f"Share that came back, by {unit}s since the start",
                "Average over cohorts whose interval is over"
                + (", each with its 95% interval" if average[0]["rate_low"] is not None else ""),
            )
        )
        curves = [
            Curve(str(group or "Average"), _points(average, group))
            for group in dict.fromkeys(row["breakdown"] for row in average)
        ]
        points = curves[0].points
        charts.draw(
            curves,
            Frame(
                alt=f"{takeaway} Curve of {len(points)} {unit}s, from {points[0].text} to {points[-1].text}.",
                unit="share",
                x_title=f"{unit.capitalize()}s since the start",
            ),
        )
    if not answer.params.get("breakdown"):
        _cohort_table(answer, unit, average)


def _points(average: list[dict[str, Any]], group: str | None) -> list[Point]:
    points = []
    for row in average:
        if row["interval"] == 0 or row["breakdown"] != group:
            continue
        points.append(
            Point(
                row["interval"],
                row["rate"],
                formats.share(row["rate"]),
                True,
                row["rate_low"],
                row["rate_high"],
            )
        )
    return points


def _cohort_table(answer: Answer, unit: str, average: list[dict[str, Any]]) -> None:
    starts = sorted({str(r["cohort_start"]) for r in answer.rows if r["cohort_start"] is not None})
    starts = starts[-MOST_COHORTS:]
    intervals = sorted({r["interval"] for r in answer.rows})
    if unit == "day" and len(intervals) > MOST_INTERVALS:
        intervals = [i for i in intervals if i <= 7 or i in (10, 14, 21, 28, 30)]
    intervals = intervals[:MOST_INTERVALS]
    by_place = {
        (str(r["cohort_start"]), r["interval"]): r for r in answer.rows if r["cohort_start"]
    }
    marked = _marked_cell(answer)
    rows = []
    for start in starts:
        size = next(
            (by_place[start, i]["cohort_size"] for i in intervals if (start, i) in by_place), None
        )
        cells = [_cell(by_place.get((start, i)), (start, i) == marked) for i in intervals]
        rows.append((formats.period(start, unit), formats.count(size), cells))
    pooled = {r["interval"]: r for r in average}
    mean = (
        "Average",
        str(answer.params.get("average") or "pooled"),
        [_cell(pooled.get(i)) for i in intervals],
    )
    html.show(
        html.section(
            f"Cohorts by {unit}",
            f"Share of each {unit}'s new people who came back N {unit}s later, in percent",
        )
    )
    names = [f"{unit.capitalize()} {i}" if i == intervals[0] else str(i) for i in intervals]
    html.show(
        marks.cohorts(
            "First seen",
            "People",
            names,
            rows,
            mean if average else None,
            "the ring is this answer" if marked in by_place else "",
            f"Cohort table: {len(rows)} cohorts, {len(intervals)} intervals",
        )
    )


def _marked_cell(answer: Answer) -> tuple[str, int] | None:
    month = answer.summary.get("cohort_month")
    return (f"{str(month)[:7]}-01", 1) if month else None


def _cell(row: dict[str, Any] | None, is_marked: bool = False) -> Cell:
    if row is None or row.get("rate") is None:
        return Cell()
    text = formats.share(row["rate"]).removesuffix("%")
    return Cell(text, row["rate"], not row.get("complete", True), is_marked)
