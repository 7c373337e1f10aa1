"""NPS as the three kinds of answer, or over time with its margin of error."""

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import charts, html, marks
from dashboards.widgets.charts import Curve, Frame, Point
from dashboards.widgets.marks import Bar


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    if len(answer.rows) < 2:
        row = answer.rows[0]
        n = row.get("n") or 0
        parts = [(k, row.get(k) or 0) for k in ("promoters", "passives", "detractors")]
        html.show(
            html.section(
                "How people scored",
                f"{formats.count(n)} responses; promoters gave 9 or 10, detractors 0 to 6",
            )
        )
        top = max((v for _, v in parts), default=0) or 1
        html.show(
            marks.bars(
                [
                    Bar(
                        k.capitalize(), formats.count(v), v / top, formats.share(v / n) if n else ""
                    )
                    for k, v in parts
                ],
                takeaway,
            )
        )
        return
    if str(answer.params.get("group")) in ("month", "week"):
        points = []
        for r in answer.rows:
            m = r.get("margin_of_error_95")
            low, high = (
                (r["nps"] - m, r["nps"] + m)
                if m is not None and r.get("nps") is not None
                else (None, None)
            )
            points.append(
                Point(
                    str(r["group"]),
                    r.get("nps"),
                    formats.number(r.get("nps"), 0),
                    bool(r.get("reportable", True)),
                    low,
                    high,
                )
            )
        html.show(
            html.section("NPS over time", "Band: 95% margin of error. Dashed: under 30 responses")
        )
        charts.draw([Curve("NPS", points)], Frame(alt=takeaway, unit="score", from_zero=False))
