"""Compares two plans and says of each event whether its version moved as far as its changes demand.

Knows: semantic versions of events. Must not know: where the two plans come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.tracking_plan import semver
from ingestion.tracking_plan.changes import (
    MAJOR,
    MINOR,
    PATCH,
    Change,
    changes,
    counted_from,
)
from ingestion.tracking_plan.model import EventPlan, Plan

LEVELS = (PATCH, MINOR, MAJOR)


@dataclass(frozen=True)
class EventDiff:
    """What became of one event. `fix` is empty where its version moved enough.

    `event` is empty for what is said once for the whole plan, which has no version of its own.
    """

    event: str
    file: Path
    line: int
    before: str | None
    after: str | None
    changes: tuple[Change, ...]
    fix: str = ""

    @property
    def demanded(self) -> str:
        """The largest step that any of the changes demands."""
        return max((change.demands for change in self.changes), key=LEVELS.index)

    @property
    def is_breaking(self) -> bool:
        """Whether a change breaks others and the version does not say so."""
        return bool(self.fix) and self.demanded == MAJOR


def compare(before: Plan, after: Plan) -> list[EventDiff]:
    """One entry per event that differs, in the order of the files."""
    was = {event.name: event for event in before.events}
    now = {event.name: event for event in after.events}
    renamed = dict(_renamed(was, now))
    found = list(_whole_plan(before, after))
    for name, event in now.items():
        if name in was:
            found.extend(_changed(was[name], event))
        else:
            old = next((old for old, new in renamed.items() if new == name), None)
            found.append(_renamed_to(was[old], event) if old else _added(event))
    found.extend(_gone(was[name]) for name in was.keys() - now.keys() - renamed.keys())
    return sorted(found, key=lambda diff: (str(diff.file), diff.line, diff.event))


def breaking(diffs: Iterable[EventDiff]) -> list[EventDiff]:
    """Those whose version does not say that they break others."""
    return [diff for diff in diffs if diff.is_breaking]


def step(version: str, level: str) -> str:
    """The version one step further: 1.4.2 by a minor step is 1.5.0."""
    major, minor, patch = semver.parse(version)
    return {
        MAJOR: f"{major + 1}.0.0",
        MINOR: f"{major}.{minor + 1}.0",
        PATCH: f"{major}.{minor}.{patch + 1}",
    }[level]


def moved(before: str, after: str) -> str | None:
    """The step between two versions; None where it did not go up."""
    was, now = semver.parse(before), semver.parse(after)
    if now <= was:
        return None
    return (MAJOR, MINOR, PATCH)[next(n for n in range(3) if was[n] != now[n])]


def _changed(was: EventPlan, now: EventPlan) -> Iterator[EventDiff]:
    found = changes(was, now)
    if was.status == "planned":
        # Nobody sends a planned event yet, so nobody is broken.
        found = [_lowered(change) for change in found]
    line = now.line_of("version")
    demanded = max((change.demands for change in found), key=LEVELS.index, default=None)
    step_taken = moved(was.version, now.version)
    enough = demanded is None or (
        step_taken is not None and LEVELS.index(step_taken) >= LEVELS.index(demanded)
    )
    if semver.parse(now.version) < semver.parse(was.version):
        what = f"its version went back from {was.version}"
        found.append(Change("version_lowered", MAJOR, what, now.file, line))
        enough = False
    if not found:
        return
    fix = ""
    if not enough:
        fix = f"write `version: {step(was.version, demanded) if demanded else was.version}`"
    yield EventDiff(now.name, now.file, line, was.version, now.version, tuple(found), fix)


def _lowered(change: Change) -> Change:
    if change.demands != MAJOR:
        return change
    return Change(change.kind, MINOR, change.what, change.file, change.line, change.property)


def _added(event: EventPlan) -> EventDiff:
    change = Change("event_added", MINOR, "is new", event.file, event.line)
    return EventDiff(event.name, event.file, event.line, None, event.version, (change,))


def _gone(event: EventPlan) -> EventDiff:
    """An entry that is no longer there: its version can say nothing, so a live one must not just go."""
    demands = PATCH if event.status in ("planned", "removed") else MAJOR
    what = "is no longer in the plan"
    change = Change("event_removed", demands, what, event.file, event.line)
    fix = ""
    if demands == MAJOR:
        version = step(event.version, MAJOR)
        fix = f"keep the entry with `status: removed`, `removed_from` and `version: {version}`, until nobody asks for it"
    return EventDiff(event.name, event.file, event.line, event.version, None, (change,), fix)


def _renamed_to(was: EventPlan, now: EventPlan) -> EventDiff:
    found = [
        Change("event_renamed", MAJOR, f"was `{was.name}`", now.file, now.line),
        *changes(was, now),
    ]
    fix = ""
    if was.status != "planned" and moved(was.version, now.version) != MAJOR:
        fix = f"write `version: {step(was.version, MAJOR)}`, or keep `{was.name}` as deprecated with `replacement: {now.name}`"
    return EventDiff(now.name, now.file, now.line, was.version, now.version, tuple(found), fix)


def _renamed(was: dict[str, EventPlan], now: dict[str, EventPlan]) -> Iterator[tuple[str, str]]:
    """Old and new name, where the new entry says that it is seen under the old name."""
    gone = was.keys() - now.keys()
    taken: set[str] = set()
    for name, event in now.items():
        if name in was:
            continue
        for alias in (alias for names in event.seen_as.values() for alias in names):
            if alias in gone and alias not in taken:
                taken.add(alias)
                yield alias, name
                break


def _whole_plan(before: Plan, after: Plan) -> Iterator[EventDiff]:
    found = []
    where = after.events[0].file.parent if after.events else Path(".")
    if before.version_property != after.version_property:
        what = f"events say their version in `{after.version_property}` and did in `{before.version_property}`"
        found.append(Change("version_property", MINOR, what, where, 1))
    if counted_from(before.counted_from) != counted_from(after.counted_from):
        file, line = where, 1
        if after.counted_from:
            file, line = after.counted_from.file, after.counted_from.line
        what = "another source counts for events that say nothing of their own"
        found.append(Change("counted_from", MINOR, what, file, line))
    if before.rules != after.rules:
        found.append(Change("rules", MINOR, "the default modes of rules changed", where, 1))
    if found:
        yield EventDiff("", found[0].file, found[0].line, None, None, tuple(found))
