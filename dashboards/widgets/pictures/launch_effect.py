"""The days after a launch over the same weekdays before it, adopters beside others, and what else happened."""

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import charts, html
from dashboards.widgets.charts import Curve, Frame, Point

PEOPLE = ("adopters", "others", "adopters less others")


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    s = answer.summary
    days = [row for row in answer.rows if row["day"] is not None]
    curves = [
        Curve(
            name,
            [
                Point(row["day"], row[side], formats.count(row[side]), bool(row["complete"]))
                for row in days
                if row[side] is not None
            ],
            is_comparator=side == "before",
        )
        for name, side in (("after", "after"), ("same weekday before", "before"))
    ]
    curves = [curve for curve in curves if curve.points]
    if curves:
        what = "Events" if s["measure"] == "events" else "People active"
        html.show(
            html.section(
                f"{what}, by day since {formats.day(s['launched_on'])}",
                f"Grey: the same weekday {answer.params['weeks']} weeks before",
            )
        )
        charts.draw(curves, Frame(alt=takeaway, x_title="Days since the launch"))
    _groups(answer)
    _timeline(answer)


def _groups(answer: Answer) -> None:
    rows = [
        row
        for row in answer.rows
        if row["day"] is None
        and row.get("n_before") is not None
        and row["change_absolute"] is not None
    ]
    people = [row for row in rows if row["comparison"] in PEOPLE]
    if not people:
        return
    html.show(
        html.section(
            "Adopters and others",
            "Active days a week of people seen before and after; adopters chose to adopt, so this is no effect of it",
        )
    )
    html.show(
        html.wrap(
            html.table(
                ("", "People", "Before", "After", "Change", "95% interval"),
                [
                    (
                        row["comparison"].capitalize(),
                        formats.count(row["n_after"]) if row["change_relative"] is not None else "",
                        formats.number(row["before"], 2)
                        if row["change_relative"] is not None
                        else "",
                        formats.number(row["after"], 2)
                        if row["change_relative"] is not None
                        else "",
                        formats.change_count(row["change_absolute"], 2),
                        f"{formats.change_count(row['ci_low'], 2)} to {formats.change_count(row['ci_high'], 2)}"
                        if row["ci_low"] is not None
                        else "",
                    )
                    for row in people
                ],
                frozenset({1, 2, 3, 4, 5}),
                caption="Adopters and others, active days a week",
            )
        )
    )


def _timeline(answer: Answer) -> None:
    found = answer.summary["timeline"]
    html.show(
        html.section(
            "What else happened in these weeks",
            "Each of it goes together with the numbers as much as the launch does",
        )
    )
    if not found:
        html.show(
            html.note("Nothing else is known: no release, experiment, tracking change or incident.")
        )
        return
    html.show(
        html.wrap(
            html.table(
                ("Day", "Kind", "What", ""),
                [(formats.day(h["on"]), h["kind"], h["what"], h["detail"]) for h in found],
                caption="Time line",
            )
        )
    )
