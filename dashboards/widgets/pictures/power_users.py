"""The histogram of active days, and what the most active hold of all use."""

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import histogram, html, marks
from dashboards.widgets.histogram import Column
from dashboards.widgets.marks import Bar


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    s = answer.summary
    if not s["actors"]:
        return
    threshold = s["power_threshold_days"]
    html.show(
        html.section(
            f"People by active days of the last {s['days']}",
            f"n {formats.count(s['actors'])} active people. Darker: power users, {threshold} days and more",
        )
    )
    histogram.draw(
        [
            Column(
                row["active_days"],
                row["actors"],
                f"{formats.count(row['actors'])} people ({formats.share(row['share'])})",
                row["active_days"] >= threshold,
            )
            for row in answer.rows
        ],
        "Active days",
        takeaway,
    )
    tops = [top for top in s["tops"] if top["share"] is not None]
    if tops:
        html.show(
            html.section(
                "What the most active hold", "Share of all events, beside it of all active days"
            )
        )
        told = "; ".join(f"{t['name']} {formats.share(t['share'])}" for t in tops)
        html.show(
            marks.bars(
                [
                    Bar(
                        f"{t['name'].capitalize()} ({formats.count(t['actors'])})",
                        formats.share(t["share"]),
                        t["share"],
                        f"days {formats.share(t['active_days_share'])}",
                    )
                    for t in tops
                ],
                f"Share of events: {told}.",
            )
        )
