"""A table of what stands behind a number: its picture where one says it faster, its rows, its source and its export.

Knows the form of answers and which columns are shown first. Must not know how a number is computed.
"""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from dashboards import wording as formats
from dashboards.answer import Answer, Column
from dashboards.widgets import charts, event_words, html, marks, provenance, states
from dashboards.widgets.charts import Curve, Frame, Point
from dashboards.widgets.html import Mark
from dashboards.widgets.marks import Bar, Dot
from dashboards.widgets.pictures.rows import cell
from dashboards.widgets.session import Ask

MOST_ROWS = 12
HEADS = {
    "name": "What",
    "period_start": "Period",
    "in_time": "within 15 min",
    "rate": "share in time",
    "used_by_30": "used by day 30",
    "not_yet": "not yet",
    "present_60": "there on day 60",
    "share": "adopted, share",
    "cites_a_prior": "cites a prior",
    "had_a_prior": "had a prior",
    "counts": "counts",
    "takes_off": "takes off",
    "week_start_on": "week of",
    "people": "PMs",
    "reason": "why not",
    "waited_hours": "hours waited",
    "item_key": "item",
    "makes_pms": "makes PMs",
    "is_overlap": "overlap",
}
LATE = ("15–60 min", "1–4 hours", "4–24 hours", "over 1 day")
OPEN = ("no answer yet", "may still change")


def show(
    heading: str, note: str, ask: Ask, answer: Answer, columns: Sequence[str] = (), period: str = ""
) -> None:
    """One block: heading, picture, the first rows, source and export."""
    html.show(html.section(heading, note))
    if not answer.rows:
        said = answer.caveats[-1] if answer.caveats else "The question was asked and has no rows."
        html.show(html.note(f"Nothing to show here. {said}"))
        return
    picture(answer, heading)
    html.show(html.wrap(_table(answer, columns, heading, period)))
    if len(answer.rows) > MOST_ROWS:
        html.show(
            html.note(
                f"The first {MOST_ROWS} of {formats.count(len(answer.rows))} rows; the export holds all."
            )
        )
    actions(heading, ask, answer)


def actions(heading: str, ask: Ask, answer: Answer) -> None:
    """Where the rows come from, all of them as a page, and as a file."""
    key = "-".join((ask.question, *(value for _, value in ask.params)))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"do-{key}"):
        if st.button("Source", key=f"open-{key}", type="tertiary", help=f"Where {heading} comes from"):  # fmt: skip
            provenance.drawer(ask, heading)
        way = html.link("Open the question", "answers", {"q": ask.question, **dict(ask.params)})
        html.show(html.wrap(way), is_inline=True)
        st.download_button(
            "Export CSV",
            data=answer.to_csv,
            file_name=f"{key}-{answer.data_version}.csv",
            mime="text/csv",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
            key=f"csv-{key}",
        )


def _table(answer: Answer, columns: Sequence[str], heading: str, period: str) -> Mark:
    shown = answer.rows[:MOST_ROWS]
    wanted = columns or [column.name for column in answer.columns]
    known = {column.name: column for column in answer.columns}
    listed = [known[n] for n in wanted if any(row.get(n) is not None for row in shown)]
    right = frozenset(i for i, c in enumerate(listed) if c.type in ("integer", "number"))
    heads = [HEADS.get(c.name, c.name.replace("_", " ")) for c in listed]
    lines = [[_cell(row.get(c.name), c, period) for c in listed] for row in shown]
    return html.table(heads, lines, right, caption=heading)


def _cell(value: Any, column: Column, period: str) -> str:
    if column.name == "event" and value is not None:
        return event_words.link(str(value))
    if column.name in ("period_start", "joined_in") and formats.as_date(value) is not None:
        return html.together(formats.period(value, period or "day"))
    if column.name == "first_of":
        return str(value).replace("_", " ").capitalize()
    if column.name == "takes_off" and value is not None:
        return formats.change_points(-value) if value else formats.NONE
    return cell(value, column)


def picture(answer: Answer, heading: str) -> None:
    """The picture of the questions that have one; the table holds the same numbers."""
    drawn = _PICTURES.get(answer.question)
    if drawn is None:
        return
    try:
        drawn(answer, heading)
    except (ValueError, TypeError, KeyError, ZeroDivisionError) as fault:
        html.show(
            html.note(
                f"The chart could not be drawn (error id {states.record(fault)}); the table holds the same numbers."
            )
        )


def _waits(answer: Answer, heading: str) -> None:
    if answer.params.get("group") == "wait":
        top = max(row["questions"] for row in answer.rows)
        total = sum(row["questions"] for row in answer.rows)
        drawn = [
            Bar(
                row["name"],
                formats.count(row["questions"]),
                row["questions"] / top,
                formats.share(row["questions"] / total, 0),
                "open" if row["name"] in OPEN else "late" if row["name"] in LATE else "",
            )
            for row in answer.rows
        ]
        said = f"{heading}: {formats.count(answer.summary['in_time'])} of {formats.count(answer.summary['settled'])} within 15 minutes."
        html.show(marks.bars(drawn, said))
        html.show(
            html.note("Blue: in time. Amber: late. Hatched: no answer yet, or may still change.")
        )
    elif answer.params.get("group") == "area":
        settled = sum(row["settled"] or 0 for row in answer.rows)
        in_time = sum(row["in_time"] or 0 for row in answer.rows)
        everyone = in_time / settled if settled else None
        dots = [
            Dot(row["name"], formats.share(row.get("rate"), 0), f"n {formats.count(row['settled'])}", row.get("rate"), row.get("ci_low"), row.get("ci_high"))
            for row in answer.rows
        ]  # fmt: skip
        html.show(
            marks.dots(
                dots,
                everyone,
                f"dashed: all of these, {formats.share(everyone, 0)} · bar: 95% interval",
                f"{heading}: share in time by area, {formats.share(everyone, 0)} in all.",
            )
        )


def _weeks(answer: Answer, heading: str) -> None:
    curves = []
    for evidence in sorted({row["evidence"] for row in answer.rows}):
        points = [
            Point(str(row["week_start_on"]), row["hours"], f"{formats.number(row['hours'], 1)} h")
            for row in answer.rows
            if row["evidence"] == evidence and row["hours"] is not None
        ]
        if len(points) > 1:
            curves.append(Curve(str(evidence).replace("_", " "), points))
    if not curves:
        return
    parts = {
        part: [row["week_start_on"] for row in answer.rows if row["part"] == part]
        for part in ("baseline", "last four")
    }
    events = [(str(weeks[0])[:10], f"{part} from here") for part, weeks in parts.items() if weeks]
    ends = "; ".join(f"{c.name} from {c.points[0].text} to {c.points[-1].text}" for c in curves)
    charts.draw(
        curves,
        Frame(alt=f"{heading}: hours per PM-week, {ends}.", unit="number", events=events),
    )
    names = " and ".join(curve.name for curve in curves)
    html.show(
        html.note(
            f"Lines: {names}, hours per PM-week. ▲ the weeks that the change compares begin: "
            + "; ".join(
                f"{part} {formats.day(min(weeks))} to {formats.day(max(weeks))}"
                for part, weeks in parts.items()
                if weeks
            )
        )
    )


def _ledger(answer: Answer, heading: str) -> None:
    dots = [
        Dot(
            f"{row['name']} ({str(row['evidence']).replace('_', ' ')})",
            f"{formats.change_count(row['minutes_net'])} min",
            str(row["makes_pms"]),
            row["minutes_net"],
            row["net_low"],
            row["net_high"],
        )
        for row in answer.rows
        if row["minutes_net"] is not None
    ]
    if dots:
        said = "; ".join(f"{dot.name} {dot.text}, {dot.n}" for dot in dots)
        html.show(
            marks.dots(
                dots,
                0.0,
                "Net minutes of a PM-week: right of the dashed line it saves more than it costs · bar: 95% interval",
                f"{heading}: {said}.",
                limit=None,
            )
        )


_PICTURES: dict[str, Callable[[Answer, str], None]] = {
    "question_waits": _waits,
    "process_weeks": _weeks,
    "process_ledger": _ledger,
}
