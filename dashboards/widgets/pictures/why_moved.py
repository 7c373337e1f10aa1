"""A change: the metric over time with what happened, the segments' effects, and both in numbers."""

from datetime import date
from typing import Any

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import charts, html, metric_words
from dashboards.widgets.charts import Curve, Frame, Point
from dashboards.widgets.effect_bars import Signed, effect_bars

MOST_SEGMENTS = 12
KINDS = ("release", "feature", "experiment", "tracking", "data")


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    rows, kind = answer.rows, answer.summary["kind"]
    happened = [r for r in rows if r["kind"] in KINDS]
    periods = [r for r in rows if r["kind"] == "period"]
    if len(periods) > 2:
        _over_time(answer, periods, happened, takeaway)
    segments = [r for r in rows if r["kind"] == "segment"]
    html.show(
        html.section(
            f"What each {answer.summary['dimension']} adds to the change",
            f"All together {metric_words.change(kind, answer.summary['change'])}. Mix: more or fewer people; rate: the same people more or less",
        )
    )
    html.show(
        effect_bars(
            [
                Signed(
                    str(r["name"]),
                    r["effect"],
                    metric_words.change(kind, r["effect"]),
                    formats.share(r["share_of_change"], 0)
                    if r["share_of_change"] is not None
                    else "",
                )
                for r in segments[:MOST_SEGMENTS]
            ],
            "right: adds to it, left: takes away; percent of the whole change",
            takeaway,
        )
    )
    _in_numbers(kind, [rows[0], *segments])
    _time_line(happened)


def _over_time(
    answer: Answer, periods: list[dict[str, Any]], happened: list[dict[str, Any]], takeaway: str
) -> None:
    kind = answer.summary["kind"]
    points = [
        Point(str(r["at"]), r["after"], metric_words.value(kind, r["after"])) for r in periods
    ]
    html.show(
        html.section(
            f"{metric_words.name(answer).capitalize()}, by {answer.params['period']}",
            "The last two are compared" + (". ▲ what happened in these two" if happened else ""),
        )
    )
    charts.draw(
        [Curve(metric_words.name(answer), points)],
        Frame(
            alt=takeaway,
            unit=metric_words.unit(kind),
            events=[(str(r["at"]), str(r["name"])) for r in happened],
        ),
    )


def _in_numbers(kind: str, rows: list[dict[str, Any]]) -> None:
    lines = [
        (
            r["name"],
            metric_words.value(kind, r["before"]),
            metric_words.value(kind, r["after"]),
            formats.count(r["n_before"]),
            formats.count(r["n_after"]),
            metric_words.change(kind, r["mix_effect"]),
            metric_words.change(kind, r["rate_effect"]),
            metric_words.change(kind, r["effect"]),
        )
        for r in rows
    ]
    heads = ("", "Before", "After", "n before", "n after", "Mix", "Rate", "Effect")
    html.show(
        html.wrap(
            html.table(
                heads, lines, frozenset(range(1, 8)), caption="The effects add up to the change"
            )
        )
    )


def _time_line(happened: list[dict[str, Any]]) -> None:
    html.show(
        html.section(
            "What happened in the same time",
            "It goes together with the change, which is not cause"
            if happened
            else "No release, experiment, change of tracking or incident of data is known of these days",
        )
    )
    if happened:
        lines = [
            (formats.day(date.fromisoformat(str(r["at"]))), r["kind"], r["name"], r["detail"])
            for r in happened
        ]
        html.show(
            html.wrap(
                html.table(("Day", "Kind", "What", ""), lines, frozenset(), caption="Time line")
            )
        )
