"""The metrics that segments, changes and sensitivity are asked about, each defined once: who is in the base, what counts.

Knows the names of metrics and dimensions and what each needs. Must not know SQL of any metric nor what is done with it. Every
metric is the sum of an amount over people divided by the number of people in its base.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import Selector
from dashboards.engine.periods import Period
from dashboards.engine.scope import Scope

ACTIVATION = timedelta(days=7)  # the default of the question `activation`
AUTOMATIC = ("platform", "country", "source", "project")
LOOKED_AT = 100_000


@dataclass(frozen=True)
class Metric:
    """One metric. `kind` is share (of the base), mean (per person of the base) or count (of people; the base could have been counted)."""

    id: str
    kind: str
    base: str
    counted: str
    interval: tuple[str, int] | None = None

    @property
    def is_share(self) -> bool:
        """Whether a person counts or does not."""
        return self.kind != "mean"


METRICS = {
    metric.id: metric
    for metric in (
        Metric(
            "active_users",
            "count",
            "people active in the period or the 28 days before it",
            "were active",
        ),
        Metric("feature_usage", "share", "active people", "used it"),
        Metric("retention_day_1", "share", "new people", "came back on day 1", ("day", 1)),
        Metric("retention_day_7", "share", "new people", "came back on day 7", ("day", 7)),
        Metric("retention_day_30", "share", "new people", "came back on day 30", ("day", 30)),
        Metric("retention_week_1", "share", "new people", "came back in week 1", ("week", 1)),
        Metric("retention_week_4", "share", "new people", "came back in week 4", ("week", 4)),
        Metric("activation", "share", "new people", "were activated within 7 days"),
        Metric("conversion", "share", "people who began", "reached the last step"),
        Metric("events_per_actor", "mean", "active people", "events"),
    )
}


@dataclass(frozen=True)
class Measure:
    """A metric with what it needs: a named event, a feature, or steps and their window in seconds."""

    metric: Metric
    event: Selector | None
    feature: str | None
    steps: tuple[Selector, ...]
    window: timedelta

    def over_at(self, scope: Scope, period: Period) -> datetime:
        """When nobody of a period is pending any more."""
        if self.metric.interval is not None:
            unit, interval = self.metric.interval
            last = scope.calendar.index(unit, period.end_at - timedelta(microseconds=1))
            return scope.calendar.start(unit, last + interval + 1)
        if self.metric.id in ("activation", "conversion"):
            return period.end_at + (ACTIVATION if self.metric.id == "activation" else self.window)
        return period.end_at


@dataclass(frozen=True)
class Dimension:
    """What splits people: a property of the event that brings a person into the base, or of the person on that event."""

    name: str
    of: str = "event"


def read_measure(scope: Scope) -> Measure:
    """The metric that the parameters name, with all that it needs and nothing that it does not read."""
    p = scope.params
    metric = METRICS[p["metric"]]
    if metric.id == "feature_usage" and (p["feature"] is None) == (p["event"] is None):
        raise BadParameter("`metric=feature_usage` needs exactly one of `feature` and `event`")
    if metric.id != "feature_usage" and p["feature"] is not None:
        raise BadParameter("`feature` belongs to `metric=feature_usage`")
    steps = p["steps"] or ()
    if (metric.id == "conversion") != bool(steps):
        raise BadParameter(
            "`steps` belongs to `metric=conversion`, which needs two or more of them"
        )
    names = [name for step in steps for name in step.names]
    if steps and (
        len(steps) < 2 or len(names) != len(set(names)) or not all(s.names for s in steps)
    ):
        raise BadParameter(
            "`metric=conversion` takes two or more `steps` with different events; the nearest question is `funnel`"
        )
    if metric.id == "conversion" and p["event"] is not None:
        raise BadParameter("`event` is not read by `metric=conversion`; name it in `steps`")
    return Measure(metric, p["event"], p["feature"], steps, timedelta(seconds=p["window"]))


def read_dimension(scope: Scope, tells: Callable[[Dimension], bool] | None = None) -> Dimension:
    """The asked dimension; without one the first of platform, country, source and project that has two values in the range.

    `tells` may turn one down, and the next is taken; where it turns down all, the first.
    """
    name = scope.params["dimension"]
    if name is not None:
        return Dimension(name, scope.params["dimension_of"])
    varied = []
    for column in AUTOMATIC:
        if _varies(scope, column):
            varied.append(column)
            if tells is None or tells(Dimension(column)):
                break
    else:
        varied = varied[:1] or [AUTOMATIC[0]]
    chosen = varied[-1]
    scope.caveat(f"No dimension was named, so people are split by {chosen}.")
    return Dimension(chosen)


def _varies(scope: Scope, column: str) -> bool:
    """Whether the events of the range have two values of a column: a look at some of them nearly always tells."""
    events = f"""
        select {column}
        from marts.fct_events
        where left_out_because is null and occurred_at >= $from_at and occurred_at < $to_at
            and ($project is null or project = $project) and ($source is null or source = $source)
    """  # noqa: S608
    params = {name: scope.params[name] for name in ("project", "source")}
    params |= {"from_at": scope.from_at, "to_at": scope.to_at}
    return any(
        scope.run(
            f"select coalesce(min({column}) < max({column}), false) as varies from ({events}{limit})",  # noqa: S608
            params,
        )[0]["varies"]
        for limit in (f"limit {LOOKED_AT}", "")
    )
