"""Growth accounting: who came, came back and went, each period; below it who stayed."""

from dashboards import restated
from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import charts, html
from dashboards.widgets.charts import Curve, Frame, Point

MOVED = ("new", "resurrected", "dormant")
STAYED = ("current",)


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    period = str(answer.params.get("period") or "day")
    is_over = all(row.get("complete", True) for row in answer.rows)
    html.show(
        html.section(
            f"Who came, came back and went, by {period}",
            f"dormant: active the {period} before and not in this one; resurrected: active again after a pause"
            + ("" if is_over else f". Dashed and open: the {period} is not over"),
        )
    )
    charts.draw([_curve(answer, name, period) for name in MOVED], Frame(alt=takeaway))
    html.show(html.section(f"Who stayed, by {period}", f"current: active the {period} before too"))
    told = "; ".join(
        f"{formats.period_short(r['period_start'], period)} {formats.count(r['current'])}"
        for r in answer.rows[-5:]
    )
    charts.draw(
        [_curve(answer, name, period) for name in STAYED],
        Frame(alt=f"Current people by {period}, the last ones: {told}."),
    )


def _curve(answer: Answer, name: str, period: str) -> Curve:
    return Curve(
        name,
        [
            Point(
                str(row["period_start"])[:10],
                row[name],
                f"{name} {formats.count(row[name])}",
                bool(row.get("complete", True)),
                label=formats.period_short(row["period_start"], period),
                note=restated.note(answer, name, row["period_start"], period),
            )
            for row in answer.rows
        ],
    )
