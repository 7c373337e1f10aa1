"""Use of a feature as the share of active people with its interval."""

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import html, marks
from dashboards.widgets.marks import Dot


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    if answer.params.get("breakdown"):
        _groups(answer, takeaway)
        return
    row = answer.rows[0]
    n, used = int(row.get("active_actors") or 0), int(row.get("actors") or 0)
    if not n:
        return
    low, high = formats.wilson(used, n)
    html.show(html.section("Share of active people", "Dot: share, bar: its 95% interval"))
    html.show(
        marks.dots(
            [Dot("Used it", formats.share(used / n), f"n {formats.count(n)}", used / n, low, high)],
            None,
            "",
            takeaway,
        )
    )


def _groups(answer: Answer, takeaway: str) -> None:
    html.show(
        html.section(
            f"Share of active people by {str(answer.params['breakdown']).replace('_', ' ')}",
            "Dot: share, bar: its 95% interval, dashed: everybody",
        )
    )
    html.show(
        marks.dots(
            [
                Dot(
                    str(row["breakdown"]),
                    formats.share(row["share"]),
                    f"n {formats.count(row['active_actors'])}",
                    row["share"],
                    row["ci_low"],
                    row["ci_high"],
                )
                for row in answer.rows[:20]
            ],
            answer.summary.get("share"),
            "",
            takeaway,
        )
    )
