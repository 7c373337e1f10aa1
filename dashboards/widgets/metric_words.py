"""How the numbers of a metric are written: shares as percentages, means and counts as numbers.

Knows the summary of the questions that take a metric. Must not know how any metric is counted.
"""

from typing import Any

from dashboards import wording as formats
from dashboards.answer import Answer


def value(kind: str, number: Any) -> str:
    """The metric's value; a count is whole."""
    if kind == "share":
        return formats.share(number)
    return formats.count(number) if kind == "count" else formats.number(number, 2)


def change(kind: str, number: Any) -> str:
    """A change of the metric with its sign."""
    if kind == "share":
        return formats.change_points(number)
    if number is None:
        return formats.NONE
    # an effect is a sum of products, so a whole one is whole but for the last digits
    tidy = round(float(number), 6)
    return formats.change_count(tidy, 0 if tidy == int(tidy) else 1 if kind == "count" else 2)


def unit(kind: str) -> str:
    """The unit of an axis."""
    return {"share": "share", "count": "count"}.get(kind, "number")


def name(answer: Answer) -> str:
    """The metric as people call it."""
    words = str(answer.summary.get("metric") or answer.params.get("metric")).replace("_", " ")
    what = answer.params.get("feature")
    return f"{words} of {what}" if what else words
