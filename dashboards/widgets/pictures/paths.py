"""Paths as a tree of bars: what comes first after the event, and below the most common ones what comes then."""

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import html, marks
from dashboards.widgets.marks import Bar

BRANCHES = 3  # events whose continuation is drawn; the table holds all
INDENT = "\N{NO-BREAK SPACE}" * 4


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    origin = answer.rows[0]
    first = [r for r in answer.rows if r["step"] == 1]
    top = max((r["sessions"] for r in first), default=0) or 1
    opened = [r["path"] for r in first if r["kind"] == "event"][:BRANCHES]
    bars = []
    for row in answer.rows:
        parent = row["path"].rsplit(" → ", 1)[0]
        if row["step"] == 1 or (row["step"] == 2 and parent in opened):
            bars.append(
                Bar(
                    f"{INDENT}↳ {row['event']}" if row["step"] == 2 else row["event"],
                    formats.share(row["share"]) if row.get("share") is not None else "pending",
                    row["sessions"] / top,
                    formats.count(row["sessions"]),
                )
            )
    words = "after" if answer.summary["direction"] == "next" else "before"
    html.show(
        html.section(
            f"What comes right {words} {origin['event']}",
            f"Share of the {formats.count(origin['sessions'])} sessions, number of sessions; below the {len(opened)} most common what comes then",
        )
    )
    html.show(marks.bars(bars, takeaway))
