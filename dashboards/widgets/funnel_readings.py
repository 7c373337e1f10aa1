"""The headlines of funnels and of the time that they take.

Knows what the rows and summaries of `funnel` and `time_to_convert` mean. Must not draw and must not compute a metric.
"""

import json
from collections.abc import Callable
from typing import Any

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.widgets import html
from dashboards.widgets.reading import Reading, say


def step_names(answer: Answer) -> list[str]:
    """The steps as asked, each by its event; conditions are told by the chips."""
    steps = answer.params.get("steps") or []
    return [_event(step) for step in (json.loads(steps) if isinstance(steps, str) else steps)]


def _event(step: Any) -> str:
    if not isinstance(step, dict):
        return str(step)
    return " or ".join(step.get("any_of") or [str(step.get("event"))])


def _funnel(answer: Answer) -> Reading:
    rows, groups = _largest(answer)
    whole = _settled(rows) or answer.summary.get("last_complete_period")
    if whole:
        rows = [row for row in rows if row.get("period_start") == whole]
    first, last = rows[0], rows[-1]
    badges = []
    losses = [r for r in rows[1:] if r.get("step_rate") is not None]
    if losses:
        worst = min(losses, key=lambda r: r["step_rate"])
        badges.append(html.badge(f"Largest loss: before {worst['event']}", "warn"))
    pending = sum(r.get("pending") or 0 for r in rows)
    if pending:
        badges.append(html.badge(f"{formats.count(pending)} pending", "info"))
    label = f"{first['event']} to {last['event']}"
    if first["breakdown"] is not None:
        label += f", {first['breakdown']}"
    if whole:
        label += f", {formats.period(whole, str(answer.params['period']))}"
    reached, matured = last.get("matured_reached"), last.get("matured")
    who = "attempts" if answer.params.get("count") == "totals" else "people"
    low, high = last.get("overall_low"), last.get("overall_high")
    return Reading(
        label=label,
        value=formats.share(last.get("overall_rate")),
        sentence=say(
            f"Of {{}} {who} whose window is over, {{}} reached the last step{{}}.",
            formats.count(matured),
            formats.count(reached),
            f", in the largest of {formats.count(groups)} groups" if groups > 1 else "",
        ),
        evidence=f"95% interval {formats.interval(low, high)}" if low is not None else "",
        badges=badges,
    )


def _settled(rows: list[dict[str, Any]]) -> str | None:
    """Over time, the last complete period in which somebody entered and of which all windows are over."""
    starts = [
        str(row["period_start"])
        for row in rows
        if row["step"] == 1 and row.get("complete") and 0 < row["matured"] == row["reached"]
    ]
    return starts[-1] if starts else None


def _largest(answer: Answer) -> tuple[list[dict[str, Any]], int]:
    """The rows of the first group, which is the largest, and how many groups there are."""
    groups = list(dict.fromkeys(row.get("breakdown") for row in answer.rows))
    return [row for row in answer.rows if row.get("breakdown") == groups[0]], len(groups)


def _time_to_convert(answer: Answer) -> Reading:
    rows, groups = _largest(answer)
    row = rows[-1]
    names = step_names(answer)
    label = f"{names[0]} to {names[-1]}, median"
    if row["breakdown"] is not None:
        label += f", {row['breakdown']}"
    return Reading(
        label=label,
        value=formats.duration(row.get("median_seconds")),
        sentence=say(
            "{} people made it; 9 of 10 of them within {}.",
            formats.count(row.get("actors")),
            formats.duration(row.get("p90_seconds")),
        ),
        evidence=f"mean {formats.duration(row.get('mean_seconds'))} · 3 of 4 within {formats.duration(row.get('p75_seconds'))}",
        badges=[html.badge("Who has not made it is in no time", "quiet")],
    )


READERS: dict[str, Callable[[Answer], Reading]] = {
    "funnel": _funnel,
    "time_to_convert": _time_to_convert,
}
