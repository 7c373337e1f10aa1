"""What a plan says of sources: names per source, and which source counts.

Knows: the known sources. Must not know: data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from ingestion.declarations import nearest
from ingestion.tracking_plan.finding import Finding, error
from ingestion.tracking_plan.forms import ANY_SOURCE
from ingestion.tracking_plan.model import CountedFrom, Plan, SourcePeriod


def findings(plan: Plan, sources: Collection[str]) -> Iterator[Finding]:
    """What the plan gets wrong about sources. `sources` are the known ones (empty: not checked)."""
    for event in plan.events:
        for source in event.seen_as:
            if sources and source not in (*sources, ANY_SOURCE):
                known = [*sources, ANY_SOURCE]
                message = f"`seen_as` of `{event.name}` names `{source}`, which is not a source; {nearest(source, known)}"
                yield error(event, "unknown_source", message, "seen_as", source)
        if event.counted_from:
            declared = {prop.name for prop in event.properties}
            yield from _counted_from(event.counted_from, f"`{event.name}`", declared, sources)
    if plan.counted_from:
        declared = {
            prop.name
            for event in plan.events
            if event.counted_from is None
            for prop in event.properties
        }
        yield from _counted_from(plan.counted_from, "any event", declared, sources)


def _counted_from(
    counted: CountedFrom, of: str, declared: set[str], sources: Collection[str]
) -> Iterator[Finding]:
    def found(severity: str, rule: str, message: str) -> Finding:
        return Finding(counted.file, counted.line, severity, rule, message)

    for period in counted.periods:
        if sources and period.source not in sources:
            message = f"`counted_from` names `{period.source}`, which is not a source; {nearest(period.source, sources)}"
            yield found("error", "unknown_source", message)
    if counted.kind == "match":
        if counted.property not in declared:
            fix = nearest(counted.property, declared) if declared else "declare it"
            message = f"`match` names `{counted.property}`, which is no property of {of}; {fix}"
            yield found("error", "unknown_match_property", message)
        names = [period.source for period in counted.periods]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield found("error", "source_twice", f"`prefer` names `{name}` twice; keep the first")
        return
    for period in counted.periods:
        if period.from_date and period.to_date and period.from_date >= period.to_date:
            message = f"the period of `{period.source}` has no day: `to` {period.to_date} is exclusive and must be after `from` {period.from_date}"
            yield found("error", "empty_period", message)
    ordered = sorted(counted.periods, key=_start)
    for earlier, later in zip(ordered, ordered[1:], strict=False):
        if _end(earlier) > _start(later):
            message = f"`{earlier.source}` and `{later.source}` both count from {later.from_date or 'the start'}; end the first with `to: {later.from_date or '<date>'}`, or its events count twice"
            yield found("error", "overlapping_periods", message)
        elif _end(earlier) < _start(later):
            message = f"no source counts from {earlier.to_date} to {later.from_date}; join the periods of `{earlier.source}` and `{later.source}`, or the days stay empty"
            yield found("warning", "gap_in_periods", message)


def _start(period: SourcePeriod) -> date:
    return period.from_date or date.min


def _end(period: SourcePeriod) -> date:
    return period.to_date or date.max
