"""How many sessions began in each period, and how long half of them lasted."""

from dashboards import restated
from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import charts, html
from dashboards.widgets.charts import Curve, Frame, Point


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    period = str(answer.params.get("period") or "day")
    html.show(html.section(f"Sessions, by {period}", "Sessions that began in it"))
    charts.draw([_curve(answer, "sessions", period)], Frame(alt=takeaway))
    if any(row["mean_seconds"] for row in answer.rows):
        html.show(html.section(f"Length, by {period}", "Median, in minutes"))
        told = "; ".join(
            f"{formats.period_short(row['period_start'], period)} {formats.duration(row['median_seconds'])}"
            for row in answer.rows[-5:]
        )
        charts.draw(
            [_curve(answer, "median_seconds", period)],
            Frame(
                alt=f"Median length of sessions by {period}, the last ones: {told}.", unit="number"
            ),
        )


def _curve(answer: Answer, name: str, period: str) -> Curve:
    is_time = name.endswith("_seconds")
    return Curve(
        "median length" if is_time else name,
        [
            Point(
                str(row["period_start"])[:10],
                row[name] / 60 if is_time and row[name] is not None else row[name],
                formats.duration(row[name]) if is_time else formats.count(row[name]),
                bool(row.get("complete", True)),
                label=formats.period_short(row["period_start"], period),
                note=restated.note(answer, name, row["period_start"], period),
            )
            for row in answer.rows
        ],
    )
