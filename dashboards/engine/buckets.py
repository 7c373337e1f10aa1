"""The stretches of time over which a metric is measured: calendar periods, or the given ones.

Knows calendars and how a bucket is told from an event in SQL. Must not know metrics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboards.engine.conditions import Fragment
from dashboards.engine.periods import PERIOD_INDEX, Calendar, Period
from dashboards.engine.scope import Scope


@dataclass(frozen=True)
class Buckets:
    """Periods that follow each other without a gap; `number` gives the index of the one that holds an event."""

    periods: tuple[Period, ...]
    number: Fragment
    unit: str | None = None  # the calendar's unit that they are

    @property
    def start_at(self) -> datetime:
        """Where the first begins."""
        return self.periods[0].start_at

    @property
    def end_at(self) -> datetime:
        """Where the last ends."""
        return self.periods[-1].end_at


def calendar_buckets(scope: Scope, unit: str, periods: Sequence[Period]) -> Buckets:
    """Days, weeks or months of the reporting zone, numbered as the calendar numbers them."""
    use_period_index(scope)
    return Buckets(tuple(periods), period_number(scope.calendar, unit), unit)


def period_number(calendar: Calendar, unit: str) -> Fragment:
    """The number of the period of the reporting zone that holds an event; `use_period_index` must have run."""
    return Fragment(
        f"period_index('{unit}', fct_events.local_at, fct_events.occurred_at, {calendar.shift})"
    )


def use_period_index(scope: Scope) -> None:
    """Make the macro `period_index` known to this answer."""
    scope.run(PERIOD_INDEX)


def one_bucket(scope: Scope, start_at: datetime, end_at: datetime) -> Buckets:
    """A single stretch of time."""
    return Buckets((_stretch(scope, 0, start_at, end_at),), Fragment("0"))


def two_buckets(scope: Scope) -> Buckets:
    """The range of the answer, and the stretch of the same length before it."""
    assert scope.from_at is not None and scope.to_at is not None
    earlier = _same_length_before(scope.calendar, scope.from_at, scope.to_at)
    return Buckets(
        (
            _stretch(scope, 0, earlier, scope.from_at),
            _stretch(scope, 1, scope.from_at, scope.to_at),
        ),
        Fragment("case when fct_events.occurred_at >= ? then 1 else 0 end", (scope.from_at,)),
    )


def _stretch(scope: Scope, index: int, start_at: datetime, end_at: datetime) -> Period:
    label = scope.calendar.to_local(start_at).date().isoformat()
    return Period(index, label, start_at, end_at, end_at <= scope.as_of)


def _same_length_before(calendar: Calendar, start_at: datetime, end_at: datetime) -> datetime:
    """As many days back where both ends are midnights, so that a change of the clock moves nothing; else as many seconds."""
    first, last = calendar.to_local(start_at), calendar.to_local(end_at)
    if first.time() == last.time():
        return calendar.to_utc(first - timedelta(days=(last.date() - first.date()).days))
    return start_at - (end_at - start_at)
