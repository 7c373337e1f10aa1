"""Early actions as the share of those who came back, each with its interval, against everybody."""

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import html, marks
from dashboards.widgets.marks import Dot

MOST = 12


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    strongest: dict[str, dict[str, object]] = {}
    for row in answer.rows:  # the strongest link first
        strongest.setdefault(row["event"], row)
    dots = [
        Dot(
            _action(row),
            formats.share(row["rate"]),
            f"n {formats.count(row['actors'])}",
            float(str(row["rate"])),
            float(str(row["ci_low"])),
            float(str(row["ci_high"])),
        )
        for row in list(strongest.values())[:MOST]
    ]
    html.show(
        html.section(
            "Came back, of those who did it early",
            "The number of times with the strongest link; ●: beyond chance after correction. Bar: 95% interval",
        )
    )
    base = answer.summary["base_rate"]
    html.show(
        marks.dots(
            dots,
            base,
            f"dashed: everybody, {formats.share(base)}. Goes together, not cause",
            takeaway,
        )
    )


def _action(row: dict[str, object]) -> str:
    sign = "" if row["verdict"] == "no clear link" else "● "
    times = "" if row["threshold"] == 1 else f", {row['threshold']} times or more"
    return f"{sign}{row['event']}{times}"
