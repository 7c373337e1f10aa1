"""The table twin of a picture: all rows of an answer in words."""

from typing import Any

from dashboards import restated
from dashboards import wording as formats
from dashboards.answer import Answer, Column
from dashboards.widgets import html

TABLE_LIMIT = 500


def table(answer: Answer) -> None:
    """The rows as a table; a long one is cut on the page and whole in the export."""
    shown = answer.rows[:TABLE_LIMIT]
    columns = [c for c in answer.columns if any(row.get(c.name) is not None for row in shown)]
    right = frozenset(i for i, c in enumerate(columns) if c.type in ("integer", "number"))
    rows: list[list[str]] = [[cell(row.get(c.name), c) for c in columns] for row in shown]
    heads = [c.name.replace("_", " ") for c in columns]
    notes = [_restated(answer, row) for row in shown]
    if any(notes):
        heads.append("restated")
        rows = [[*cells, said] for cells, said in zip(rows, notes, strict=True)]
    html.show(html.wrap(html.table(heads, rows, right, caption="All rows of this answer")))
    if len(answer.rows) > TABLE_LIMIT:
        html.show(
            html.note(
                f"The first {formats.count(TABLE_LIMIT)} of {formats.count(len(answer.rows))} rows; the export holds all."
            )
        )


def _restated(answer: Answer, row: dict[str, Any]) -> str:
    """What was told before of a row's numbers, where they were restated."""
    if answer.question == "kpis":
        return restated.kpi_note(answer, row)
    unit = str(answer.params.get("period") or "day")
    said = [
        (name, restated.note(answer, name, row.get("period_start"), unit))
        for name in restated.SHOWN_AS
        if name in row
    ]
    return "; ".join(f"{name} {text}" for name, text in said if text)


def cell(value: Any, column: Column) -> str:
    """One cell in words; a day stays on one line."""
    if column.name.endswith("_minutes"):
        return formats.duration_minutes(value)
    text = formats.value(value, column.unit)
    return html.together(text) if column.type in ("date", "timestamp") else text
