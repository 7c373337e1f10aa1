"""How long each step takes, and all of them: half of the people, three of four, nine of ten."""

from typing import Any

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import funnel_readings, html, marks
from dashboards.widgets.marks import Dot

MOST_GROUPS = 6


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    names = funnel_readings.step_names(answer)
    html.show(
        html.section(
            "From step to step, and through all of them",
            "Dot: half of those who made it took less; bar: from there to what nine of ten took at most",
        )
    )
    groups = list(dict.fromkeys(row.get("breakdown") for row in answer.rows))
    for group in groups[:MOST_GROUPS]:
        rows = [r for r in answer.rows if r.get("breakdown") == group]
        if group is not None:
            html.show(html.section(str(group), level=3))
        told = "; ".join(f"{_pair(row, names)} {_text(row)}" for row in rows)
        dots = [
            Dot(
                _pair(row, names),
                _text(row),
                f"n {formats.count(row['actors'])}",
                row["median_seconds"],
                row["median_seconds"],
                row["p90_seconds"],
            )
            for row in rows
        ]
        html.show(marks.dots(dots, None, "", f"{takeaway} {told}.", limit=None, begin=0.0))


def _pair(row: dict[str, Any], names: list[str]) -> str:
    return f"{names[row['from_step'] - 1]} → {names[row['to_step'] - 1]}"


def _text(row: dict[str, Any]) -> str:
    return formats.duration(row["median_seconds"])
