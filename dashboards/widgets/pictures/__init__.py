"""The picture of an answer: the rows of one question as the chart and the table that fit them.

Knows which module draws which question. Must not compute a metric. Each picture says its takeaway in its alternative
text, from the same rows, and stands beside a table twin (`rows`). A question whose yml says `show: {chart: line}` or
`bar` needs no module here.
"""

from collections.abc import Callable

from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import html, states
from dashboards.widgets.pictures import (
    activation,
    adoption,
    churn_risk,
    drivers,
    experiment,
    funnel,
    launch_effect,
    lifecycle,
    lines,
    nps,
    paths,
    power_users,
    restatements,
    retention,
    segments,
    sensitivity,
    sessions,
    stickiness,
    time_to_convert,
    usage,
    why_moved,
)
from dashboards.widgets.pictures.rows import table

__all__ = ["draw", "table"]

_BY_QUESTION: dict[str, Callable[[Answer, Question, str], None]] = {
    "retention": retention.draw,
    "funnel": funnel.draw,
    "nps": nps.draw,
    "experiment_result": experiment.draw,
    "feature_usage": usage.draw,
    "feature_adoption": adoption.draw,
    "activation": activation.draw,
    "power_users": power_users.draw,
    "churn_risk": churn_risk.draw,
    "launch_effect": launch_effect.draw,
    "lifecycle": lifecycle.draw,
    "restatements": restatements.draw,
    "paths": paths.draw,
    "retention_drivers": drivers.draw,
    "segments": segments.draw,
    "why_moved": why_moved.draw,
    "metric_sensitivity": sensitivity.draw,
    "sessions": sessions.draw,
    "stickiness": stickiness.draw,
    "time_to_convert": time_to_convert.draw,
}


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    """The picture that the question declares, or none where a table says it better."""
    picture = _BY_QUESTION.get(question.id)
    if picture is None and question.show.get("chart") in ("line", "bar"):
        picture = lines.draw
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
