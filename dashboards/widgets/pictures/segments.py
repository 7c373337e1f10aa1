"""Segments as dots with intervals against everybody; what is beyond chance is marked."""

from typing import Any

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import html, marks, metric_words
from dashboards.widgets.marks import Dot


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    s = answer.summary
    kind = "mean" if s["kind"] == "mean" else "share"
    dots = [
        Dot(
            _segment(row),
            metric_words.value(kind, row["value"]),
            f"n {formats.count(row['n'])}",
            row["value"],
            row["ci_low"],
            row["ci_high"],
        )
        for row in answer.rows
    ]
    html.show(
        html.section(
            f"{metric_words.name(answer).capitalize()}, by {s['dimension']}",
            f"Bar: 95% interval. ▲ ▼: beyond chance against the rest, after {formats.count(s['compared'])} comparisons",
        )
    )
    everyone = (
        f"dashed: everybody, {metric_words.value(kind, s['value'])} of {formats.count(s['n'])}"
    )
    html.show(
        marks.dots(dots, s["value"], everyone, takeaway, limit=None if kind == "mean" else 1.0)
    )


def _segment(row: dict[str, Any]) -> str:
    sign = {"higher than the rest": "▲ ", "lower than the rest": "▼ "}.get(row["verdict"], "")
    return f"{sign}{row['segment']}"
