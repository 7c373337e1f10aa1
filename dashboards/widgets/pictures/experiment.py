"""An experiment as its variants with their lift over control, a table for each metric."""

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import html


def draw(answer: Answer, question: Question, takeaway: str) -> None:
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
