"""Dates of an event against each other, its status and today.

Knows: the order of an event's life. Must not know: data.
What only the calendar makes wrong is a warning, never an error: a plan that built yesterday builds today.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ingestion.tracking_plan.finding import Finding, error, warning
from ingestion.tracking_plan.model import EventPlan

IN_ORDER = ("live_from", "deprecated_from", "removed_from")
# A date that says more than the status, and the status that would fit it.
TOO_FAR = {
    "planned": {"live_from": "live", "deprecated_from": "deprecated", "removed_from": "removed"},
}


def findings(event: EventPlan, today: date | None) -> Iterator[Finding]:
    """What the dates of one event get wrong."""
    dates = {key: getattr(event, key) for key in ("planned_for", *IN_ORDER)}
    given = [(key, dates[key]) for key in IN_ORDER if dates[key]]
    for (earlier, first), (later, second) in zip(given, given[1:], strict=False):
        if first > second:
            message = f"`{later}` {second} of `{event.name}` is before its `{earlier}` {first}; put them in order"
            yield error(event, "dates_out_of_order", message, later)
    for key, fitting in TOO_FAR.get(event.status, {}).items():
        if dates[key]:
            fix = "write `planned_for`" if key == "live_from" else f"remove `{key}`"
            message = f"`{event.name}` is {event.status} but has `{key}` {dates[key]}; {fix}, or set `status: {fitting}`"
            yield error(event, "date_contradicts_status", message, key)
    if event.status == "deprecated" and not event.deprecated_from:
        message = f"`{event.name}` is deprecated without a date; write `deprecated_from`, the day from which it should be gone"
        yield warning(event, "no_deprecation_date", message, "status")
    if event.status == "removed" and not event.removed_from:
        message = f"`{event.name}` is removed without a date; write `removed_from`"
        yield warning(event, "no_removal_date", message, "status")
    if today:
        yield from _of_today(event, today)


def _of_today(event: EventPlan, today: date) -> Iterator[Finding]:
    if event.status == "planned" and event.planned_for and event.planned_for < today:
        message = f"`{event.name}` was planned for {event.planned_for}; set `status: live`, or move the date"
        yield warning(event, "plan_date_passed", message, "planned_for")
    if event.status == "live":
        if event.live_from and event.live_from > today:
            message = f"`{event.name}` is live only from {event.live_from}; set `status: planned` and `planned_for` until then"
            yield warning(event, "live_too_early", message, "live_from")
        for key, status in (("deprecated_from", "deprecated"), ("removed_from", "removed")):
            when = getattr(event, key)
            if when and when <= today:
                message = f"`{event.name}` is live, but its `{key}` {when} has passed; set `status: {status}`"
                yield warning(event, "status_too_late", message, key)
    if event.status == "deprecated" and event.removed_from and event.removed_from <= today:
        message = f"`{event.name}` was to be removed by {event.removed_from}; set `status: removed`, or move the date"
        yield warning(event, "status_too_late", message, "removed_from")
    if event.status == "removed" and event.removed_from and event.removed_from > today:
        message = f"`{event.name}` is removed only from {event.removed_from}; set `status: deprecated` until then"
        yield warning(event, "removed_too_early", message, "removed_from")
    if event.review_by and event.review_by < today:
        message = (
            f"`{event.name}` was to be reviewed by {event.review_by}; review it and move the date"
        )
        yield warning(event, "review_overdue", message, "review_by")
