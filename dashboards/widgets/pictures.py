"""The picture of an answer: the rows of one question as the chart and the table that fit them.

Knows the rows of each question and how the catalogue wants them shown. Must not compute a metric. Each picture says
its takeaway in its alternative text, from the same rows, and stands beside a table twin.
"""

from collections.abc import Callable
from typing import Any

from dashboards import restated
from dashboards import wording as formats
from dashboards.answer import Answer, Column
from dashboards.catalogue import Question
from dashboards.widgets import charts, html, marks, states
from dashboards.widgets.charts import Curve, Frame, Point
from dashboards.widgets.marks import Bar, Cell, Dot, Step
from dashboards.widgets.restated import changes

TABLE_LIMIT = 500
MOST_COHORTS = 14
MOST_VERSIONS = 10
MOST_INTERVALS = 13


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    """The picture that the question declares, or none where a table says it better."""
    picture = _BY_QUESTION.get(question.id)
    if picture is None and question.show.get("chart") in ("line", "bar"):
        picture = _line
    if picture is None:
        return
    try:
        picture(answer, question, takeaway)
    except (ValueError, TypeError, KeyError, ZeroDivisionError) as fault:
        # A picture that cannot be drawn takes nothing else with it: the table twin holds the same numbers.
        error_id = states.record(fault)
        html.show(
            html.note(
                f"The chart could not be drawn (error id {error_id}); the table holds the same numbers."
            )
        )


def table(answer: Answer) -> None:
    """The rows as a table; a long one is cut on the page and whole in the export."""
    shown = answer.rows[:TABLE_LIMIT]
    columns = [c for c in answer.columns if any(row.get(c.name) is not None for row in shown)]
    right = frozenset(i for i, c in enumerate(columns) if c.type in ("integer", "number"))
    rows = [[cell(row.get(c.name), c) for c in columns] for row in shown]
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
    """One cell in words."""
    if column.name.endswith("_minutes"):
        return formats.duration_minutes(value)
    return formats.value(value, column.unit)


def _retention(answer: Answer, question: Question, takeaway: str) -> None:
    unit = str(answer.params.get("unit") or "day")
    average = [r for r in answer.rows if r["cohort_start"] is None and r["rate"] is not None]
    if len(average) > 2:
        html.show(
            html.section(
                f"Share that came back, by {unit}s since the start",
                "Average over cohorts whose interval is over, each with its 95% interval",
            )
        )
        points = []
        for row in average:
            if row["interval"] == 0:
                continue
            low, high = (
                formats.wilson(row["retained"], row["cohort_size"])
                if row["cohort_size"]
                else (None, None)
            )
            points.append(
                Point(row["interval"], row["rate"], formats.share(row["rate"]), True, low, high)
            )
        charts.draw(
            [Curve("Average", points)],
            Frame(
                alt=f"{takeaway} Curve of {len(points)} {unit}s, from {points[0].text} to {points[-1].text}.",
                unit="share",
                x_title=f"{unit.capitalize()}s since the start",
            ),
        )
    _cohort_table(answer, unit, average)


def _cohort_table(answer: Answer, unit: str, average: list[dict[str, Any]]) -> None:
    starts = sorted({str(r["cohort_start"]) for r in answer.rows if r["cohort_start"] is not None})
    starts = starts[-MOST_COHORTS:]
    intervals = sorted({r["interval"] for r in answer.rows})
    if unit == "day" and len(intervals) > MOST_INTERVALS:
        intervals = [i for i in intervals if i <= 7 or i in (10, 14, 21, 28, 30)]
    intervals = intervals[:MOST_INTERVALS]
    by_place = {
        (str(r["cohort_start"]), r["interval"]): r for r in answer.rows if r["cohort_start"]
    }
    marked = _marked_cell(answer)
    rows = []
    for start in starts:
        size = next(
            (by_place[start, i]["cohort_size"] for i in intervals if (start, i) in by_place), None
        )
        cells = [_cell(by_place.get((start, i)), (start, i) == marked) for i in intervals]
        rows.append((formats.period(start, unit), formats.count(size), cells))
    pooled = {r["interval"]: r for r in average}
    mean = (
        "Average",
        str(answer.params.get("average") or "pooled"),
        [_cell(pooled.get(i)) for i in intervals],
    )
    html.show(
        html.section(
            f"Cohorts by {unit}",
            f"Share of each {unit}'s new people who came back N {unit}s later, in percent",
        )
    )
    names = [f"{unit.capitalize()} {i}" if i == intervals[0] else str(i) for i in intervals]
    html.show(
        marks.cohorts(
            "First seen",
            "People",
            names,
            rows,
            mean if average else None,
            "the ring is this answer" if marked in by_place else "",
            f"Cohort table: {len(rows)} cohorts, {len(intervals)} intervals",
        )
    )


def _marked_cell(answer: Answer) -> tuple[str, int] | None:
    month = answer.summary.get("cohort_month")
    return (f"{str(month)[:7]}-01", 1) if month else None


def _cell(row: dict[str, Any] | None, is_marked: bool = False) -> Cell:
    if row is None or row.get("rate") is None:
        return Cell()
    text = formats.share(row["rate"]).removesuffix("%")
    return Cell(text, row["rate"], not row.get("complete", True), is_marked)


def _funnel(answer: Answer, question: Question, takeaway: str) -> None:
    groups = list(dict.fromkeys(r.get("breakdown") for r in answer.rows))
    html.show(
        html.section("Steps", "Rates use people whose window is over; pending ones are in no rate")
    )
    for group in groups[:6]:
        rows = [r for r in answer.rows if r.get("breakdown") == group]
        if len(groups) > 1:
            html.show(html.section(str(group or "all"), level=3))
        html.show(
            marks.funnel(
                _steps(rows),
                f"rates use the {formats.count(rows[0]['matured'])} whose window is over",
                takeaway,
            )
        )


def _steps(rows: list[dict[str, Any]]) -> list[Step]:
    widest = max((r["reached"] for r in rows), default=0) or 1
    rated = [
        (r["step_rate"], i) for i, r in enumerate(rows) if i and r.get("step_rate") is not None
    ]
    worst = min(rated)[1] if rated else None
    steps = []
    for i, row in enumerate(rows):
        lost = ""
        if i:
            lost = f"{formats.count(row['dropped'])} dropped"
            if row.get("pending"):
                lost += f" · {formats.count(row['pending'])} pending"
        steps.append(
            Step(
                name=str(row["event"]),
                reached=formats.count(row["reached"]),
                reached_share=row["reached"] / widest,
                pending_share=(row.get("pending") or 0) / widest,
                step_rate=formats.share(row["step_rate"]) if i else "",
                overall_rate=formats.share(row["overall_rate"]),
                overall_count=formats.count(row["matured_reached"]),
                median_time=formats.duration(row["median_seconds"]) if i else "",
                lost_before=lost,
                is_largest_loss=i == worst,
            )
        )
    return steps


def _line(answer: Answer, question: Question, takeaway: str) -> None:
    x = question.show.get("x") or answer.columns[0].name
    wanted = question.show.get("y") or []
    units = {c.name: c.unit for c in answer.columns}
    names = [n for n in wanted if any(r.get(n) is not None for r in answer.rows)][:4]
    is_number = isinstance(answer.rows[0].get(x), int)
    if not names or not (is_number or _is_date(answer.rows[0].get(x))):
        _bar(answer, x, names, takeaway)
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


def _nps(answer: Answer, question: Question, takeaway: str) -> None:
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


def _experiment(answer: Answer, question: Question, takeaway: str) -> None:
    for metric in list(dict.fromkeys(r["metric"] for r in answer.rows))[:8]:
        rows = [r for r in answer.rows if r["metric"] == metric]
        html.show(
            html.section(
                str(metric).replace("_", " "),
                "Mean per unit, by variant; the interval is of the lift over control",
            )
        )
        lines = []
        for r in rows:
            lift = (
                formats.change_rate(r["lift_relative"])
                if r.get("lift_relative") is not None
                else "control"
            )
            reach = (
                f"{formats.change_rate(r['ci_low'])} to {formats.change_rate(r['ci_high'])}"
                if r.get("ci_low") is not None
                else ""
            )
            p = (
                r.get("p_value_adjusted")
                if r.get("p_value_adjusted") is not None
                else r.get("p_value")
            )
            lines.append(
                (
                    r["variant"],
                    formats.count(r["units"]),
                    formats.number(r["mean"], 3),
                    lift,
                    reach,
                    formats.number(p, 3) if p is not None else "",
                )
            )
        html.show(
            html.wrap(
                html.table(
                    ("Variant", "Units", "Mean", "Lift", "95% interval of the lift", "p, adjusted"),
                    lines,
                    frozenset({1, 2, 3, 4, 5}),
                    caption=takeaway,
                )
            )
        )


def _shares(answer: Answer, question: Question, takeaway: str) -> None:
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


def _restatements(answer: Answer, question: Question, takeaway: str) -> None:
    versions = list(dict.fromkeys(row["version"] for row in answer.rows))
    for version in versions[:MOST_VERSIONS]:
        rows = [row for row in answer.rows if row["version"] == version]
        html.show(
            html.section(
                f"{version}, {formats.day(rows[0]['at'])}",
                f"{formats.count(len(rows))} numbers of closed periods that {rows[0]['previous_version']} told otherwise",
            )
        )
        html.show(changes(rows))
    if len(versions) > MOST_VERSIONS:
        html.show(
            html.note(f"{formats.count(len(versions) - MOST_VERSIONS)} older versions: the table")
        )


_BY_QUESTION: dict[str, Callable[[Answer, Question, str], None]] = {
    "retention": _retention,
    "funnel": _funnel,
    "nps": _nps,
    "experiment_result": _experiment,
    "feature_usage": _shares,
    "lifecycle": _line,
    "restatements": _restatements,
}
