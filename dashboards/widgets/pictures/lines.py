"""Numbers by period or by a whole number as lines, anything else as bars."""

from typing import Any

from dashboards import restated
from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import charts, html, marks
from dashboards.widgets.charts import Curve, Frame, Point
from dashboards.widgets.marks import Bar


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    x = question.show.get("x") or answer.columns[0].name
    wanted = question.show.get("y") or []
    units = {c.name: c.unit for c in answer.columns}
    names = [n for n in wanted if any(r.get(n) is not None for r in answer.rows)][:4]
    is_number = isinstance(answer.rows[0].get(x), int)
    if not names or not (is_number or _is_date(answer.rows[0].get(x))):
        _bar(answer, x, names, takeaway)
        return
    if answer.rows[0].get("breakdown") is not None:
        _by_group(answer, x, names[0], takeaway)
        return
    period = str(answer.params.get("period") or "day")
    kind = "share" if units.get(names[0]) == "rate" else "count"
    curves = []
    for place, name in enumerate(names):
        points = [
            Point(
                r[x] if is_number else str(r[x])[:10],
                r.get(name),
                formats.value(r.get(name), units.get(name)),
                bool(r.get("complete", True)),
                label="" if is_number else formats.period_short(r[x], period),
                note="" if is_number else restated.note(answer, name, r[x], period),
            )
            for r in answer.rows
        ]
        curves.append(Curve(name.replace("_", " "), points, is_comparator=place > 0))
    ringed = [point for curve in curves for point in curve.points if point.note]
    html.show(
        html.section(
            f"{names[0].replace('_', ' ').capitalize()}, by {x.replace('_', ' ') if is_number else period}",
            (
                "Grey: " + ", ".join(n.replace("_", " ") for n in names[1:]) + ". "
                if names[1:]
                else ""
            )
            + (
                ""
                if all(r.get("complete", True) for r in answer.rows)
                else "Dashed and open: the period is not over. "
            )
            + ("Ring: restated, the old number is in the table" if ringed else ""),
        )
    )
    if ringed:
        takeaway += (
            " Restated: " + "; ".join(f"{p.label or p.at} {p.note}" for p in ringed[:5]) + "."
        )
    title = x.replace("_", " ").capitalize() if is_number else ""
    charts.draw(curves, Frame(alt=takeaway, unit=kind, x_title=title))


def _by_group(answer: Answer, x: str, name: str, takeaway: str) -> None:
    """One line for each of the largest groups; the table holds all."""
    period = str(answer.params.get("period") or "day")
    unit = {c.name: c.unit for c in answer.columns}.get(name)
    groups = list(dict.fromkeys(r["breakdown"] for r in answer.rows))
    curves = [
        Curve(
            str(group),
            [
                Point(
                    str(r[x])[:10],
                    r[name],
                    f"{group} {formats.value(r[name], unit)}",
                    bool(r.get("complete", True)),
                    label=formats.period_short(r[x], period),
                )
                for r in answer.rows
                if r["breakdown"] == group
            ],
        )
        for group in groups[: charts.MOST_CURVES]
    ]
    rest = len(groups) - len(curves)
    html.show(
        html.section(
            f"{name.replace('_', ' ').capitalize()} by {str(answer.params['breakdown']).replace('_', ' ')}, by {period}",
            "Largest groups first" + (f"; {rest} more are in the table" if rest else ""),
        )
    )
    charts.draw(curves, Frame(alt=takeaway))


def _is_date(value: Any) -> bool:
    text = str(value or "")
    return len(text) >= 10 and text[:4].isdigit() and text[4] == "-"


def _bar(answer: Answer, x: str, names: list[str], takeaway: str) -> None:
    if not names:
        return
    units = {c.name: c.unit for c in answer.columns}
    rows = [r for r in answer.rows if r.get(names[0]) is not None][:20]
    top = max((float(r[names[0]]) for r in rows), default=0.0) or 1.0
    html.show(html.section(names[0].replace("_", " ").capitalize()))
    html.show(
        marks.bars(
            [
                Bar(
                    str(r.get(x) or "all"),
                    formats.value(r[names[0]], units.get(names[0])),
                    float(r[names[0]]) / top,
                )
                for r in rows
            ],
            takeaway,
        )
    )
