"""Adoption as stages from everybody eligible to those who use it later, pending ones hatched."""

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import html, marks
from dashboards.widgets.marks import Step

NAMES = {
    "eligible": "Could use it",
    "tried": "Tried it",
    "adopted": "Adopted: two days of the first 28",
    "retained": "Retained: again in days 29–56",
}


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    everybody = answer.rows[0]["actors"] or 1
    days = answer.summary["median_days_to_first_use"]
    html.show(
        html.section(
            "From eligible to retained",
            "Bars: people so far. Overall: share of the eligible whose days are over; step: of those who tried",
        )
    )
    html.show(
        marks.funnel(
            [
                Step(
                    name=NAMES[row["stage"]],
                    reached=formats.count(row["actors"]),
                    reached_share=row["actors"] / everybody,
                    pending_share=row["pending"] / everybody,
                    step_rate=formats.share(row["share_of_tried"])
                    if row["share_of_tried"] is not None
                    else "",
                    overall_rate=formats.share(row["share"]),
                    overall_count=f"of {formats.count(row['matured'])}",
                    median_time=f"{formats.number(days)} d" if row["stage"] == "tried" else "",
                )
                for row in answer.rows
            ],
            "adopted and retained are of people whose 28 and 56 days are over",
            takeaway,
        )
    )
