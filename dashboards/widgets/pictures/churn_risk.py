"""How many are active, at risk and gone, and the bounded list of those at risk with the reason for each."""

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import html, marks
from dashboards.widgets.marks import Bar

NAMES = {
    "active": "Active as usual",
    "at_risk": "About to leave",
    "left": "Left",
    "too_new": "Too new to say",
}
SHOWN = 10  # of the list beside the chart; the table holds all rows


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    s = answer.summary
    units = s["units"]
    html.show(
        html.section(
            "Where they stand",
            f"n {formats.count(units)}, by their own rhythm, on {formats.day(s['judged_on'])}",
        )
    )
    html.show(
        marks.bars(
            [
                Bar(
                    name, formats.count(s[state]), s[state] / units, formats.share(s[state] / units)
                )
                for state, name in NAMES.items()
            ],
            takeaway,
        )
    )
    for state in ("at_risk", "left"):
        rows = [row for row in answer.rows if row["state"] == state][:SHOWN]
        if not rows:
            continue
        html.show(
            html.section(
                NAMES[state],
                f"{formats.count(len(rows))} of {formats.count(s[state])}, those with most active days first; the table and the export hold more",
                level=3,
            )
        )
        html.show(
            html.wrap(
                html.table(
                    ("Key", "Why", "Last active", "Active days"),
                    [
                        (
                            html.code(row["unit_key"]),
                            row["reason"],
                            formats.day(row["last_active_on"]),
                            formats.count(row["active_days"]),
                        )
                        for row in rows
                    ],
                    frozenset({3}),
                    caption=f"{NAMES[state]}: {len(rows)} rows",
                )
            )
        )
