"""On how many units of a period people were active, as columns; of several periods the last one."""

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import histogram, html
from dashboards.widgets.histogram import Column


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    starts = sorted({row["period_start"] for row in answer.rows})
    rows = [row for row in answer.rows if row["period_start"] == starts[-1]]
    people = rows[0]["actors_at_least"]
    if not people:
        return
    unit = str(answer.params.get("unit") or "day")
    period = str(answer.params.get("period") or "none")
    span = (
        "the range"
        if period == "none"
        else f"the {period} of {formats.day(rows[0]['period_start'])}"
    )
    html.show(
        html.section(
            f"People by active {unit}s of {span}",
            f"n {formats.count(people)} active people. Darker: more {unit}s than half of them"
            + (f"; the {period}s before are in the table" if len(starts) > 1 else ""),
        )
    )
    middle = next((r["units_active"] for r in rows if r["share_at_least"] <= 0.5), len(rows) + 1)
    histogram.draw(
        [
            Column(
                row["units_active"],
                row["actors_exactly"],
                f"{formats.count(row['actors_exactly'])} people ({formats.share(row['share_exactly'])})",
                row["units_active"] >= middle,
            )
            for row in rows
        ],
        f"Active {unit}s",
        takeaway,
    )
