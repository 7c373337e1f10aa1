"""What tests of growing length find, the metric by week, and its pattern over weekdays."""

from typing import Any

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import charts, html, marks, metric_words
from dashboards.widgets.charts import Curve, Frame, Point
from dashboards.widgets.marks import Bar


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    kind = answer.summary["kind"]
    tests = [r for r in answer.rows if r["part"] == "test" and r["mde_relative"] is not None]
    if tests:
        html.show(
            html.section(
                "Smallest change that a test finds",
                "Relative to today's value; shorter is easier to find. The number of people is that of the last weeks",
            )
        )
        top = max(r["mde_relative"] for r in tests)
        html.show(marks.bars([_test(r, top) for r in tests], takeaway))
    weeks = [r for r in answer.rows if r["part"] == "week" and r["value"] is not None]
    if len(weeks) > 2:
        html.show(
            html.section(
                f"{metric_words.name(answer).capitalize()}, by week",
                "Band: 95% by the number of people alone" if kind != "count" else "",
            )
        )
        points = [_week(kind, r) for r in weeks]
        charts.draw(
            [Curve(metric_words.name(answer), points)],
            Frame(
                alt=f"{takeaway} {len(points)} weeks, from {points[0].text} to {points[-1].text}.",
                unit=metric_words.unit(kind),
            ),
        )
    _weekdays(kind, [r for r in answer.rows if r["part"] == "weekday" and r["value"] is not None])


def _test(row: dict[str, Any], top: float) -> Bar:
    return Bar(
        row["label"],
        formats.share(row["mde_relative"]),
        row["mde_relative"] / top,
        f"n {formats.count(row['units'])}",
    )


def _week(kind: str, row: dict[str, Any]) -> Point:
    half = 1.96 * row["by_chance"] if row["by_chance"] is not None else None
    low = max(0.0, row["value"] - half) if half is not None else None
    high = row["value"] + half if half is not None else None
    return Point(
        str(row["label"]),
        row["value"],
        metric_words.value(kind, row["value"]),
        low=low,
        high=min(high, 1.0) if high is not None and kind == "share" else high,
    )


def _weekdays(kind: str, days: list[dict[str, Any]]) -> None:
    if not days:
        return
    top = max(r["value"] for r in days) or 1.0
    html.show(
        html.section("By weekday", "Mean of the last 8 weeks, and against the mean of all days")
    )
    html.show(
        marks.bars(
            [
                Bar(
                    r["label"],
                    metric_words.value("mean" if kind == "count" else kind, r["value"]),
                    r["value"] / top,
                    f"× {formats.number(r['ratio'], 2)}",
                )
                for r in days
            ],
            "; ".join(
                f"{r['label']}: {metric_words.value('mean' if kind == 'count' else kind, r['value'])}"
                for r in days
            ),
        )
    )
