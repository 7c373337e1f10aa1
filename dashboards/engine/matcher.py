"""Match one unit's events against the steps of a funnel (metrics.md, section 2).

Pure: lists in, attempts out. Knows every order, exclusion and dialect. Must not know SQL, people or answers. Times are
integer microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Rules:
    """How a funnel is matched."""

    steps: int
    window: int
    from_at: int
    to_at: int
    order: str = "sequential"
    totals: bool = False
    tie: int = 0
    first_entry_only: bool = False
    optimized_reentry: bool = False
    exclusion_mode: str = "any_clean"
    exclusion_steps: tuple[int | None, ...] = ()


@dataclass(frozen=True)
class Event:
    """One event of a unit: when, which steps it matches (bit k = step k+1), which exclusions it is, and its value."""

    at: int
    steps: int
    exclusions: int = 0
    value: str | None = None


@dataclass(frozen=True)
class Attempt:
    """One entry: the times and values of the steps it reached."""

    entry_at: int
    times: tuple[int, ...]
    values: tuple[str | None, ...] = ()
    excluded_at: int | None = field(default=None)

    @property
    def reached(self) -> int:
        """How many steps."""
        return len(self.times)


def match(events: Sequence[Event], rules: Rules) -> list[Attempt]:
    """The attempts of one unit that count: at most one for actors, all for totals. `events` are sorted by time."""
    entries = _entries(events, rules)
    if rules.totals:
        return _in_turn(events, entries, rules)
    attempts = []
    for index in entries:
        attempt = _follow(events, index, rules)
        attempts.append(attempt)
        if rules.first_entry_only and not rules.optimized_reentry:
            break
        if attempt.reached == rules.steps and rules.exclusion_mode != "remove_actor":
            break  # F4: nothing can have more steps, and ties go to the earliest
    if not attempts:
        return []
    if rules.exclusion_mode == "remove_actor" and any(a.excluded_at is not None for a in attempts):
        return []
    best = max(attempts, key=lambda a: (a.reached, -a.entry_at))
    if rules.optimized_reentry:
        best = _latest_start(events, best, rules) if best.reached == rules.steps else attempts[0]
    return [best]


def _entries(events: Sequence[Event], rules: Rules) -> list[int]:
    """The events that can open an attempt (F3, F8)."""
    wanted = (1 << rules.steps) - 1 if rules.order == "any" else 1
    return [
        n for n, e in enumerate(events) if e.steps & wanted and rules.from_at <= e.at < rules.to_at
    ]


def _in_turn(events: Sequence[Event], entries: Sequence[int], rules: Rules) -> list[Attempt]:
    """F12: one open attempt at a time."""
    attempts: list[Attempt] = []
    free_at, used_until = None, -1
    for index in entries:
        if free_at is not None and (events[index].at < free_at or index <= used_until):
            continue
        attempt = _follow(events, index, rules)
        attempts.append(attempt)
        if attempt.reached == rules.steps:
            free_at = attempt.times[-1]
            # The events at the converting instant that are already used lie at or before this index.
            used_until = max(n for n, e in enumerate(events) if e.at == free_at and e.steps)
            if rules.steps == 1:
                used_until = index
        elif attempt.excluded_at is not None:
            free_at, used_until = attempt.excluded_at, index
        else:
            free_at, used_until = attempt.entry_at + rules.window + 1, index
    return attempts


def _follow(events: Sequence[Event], entry: int, rules: Rules) -> Attempt:
    if rules.order == "any":
        return _follow_any(events, entry, rules)
    if rules.order == "strict":
        return _follow_strict(events, entry, rules)
    return _follow_sequence(events, entry, rules)


def _follow_sequence(events: Sequence[Event], entry: int, rules: Rules) -> Attempt:
    """F1, F2, F6, F9, F11: the earliest fitting event for each step, none used twice."""
    start = events[entry].at
    end = start + rules.window
    used, times, values = {entry}, [start], [events[entry].value]
    now, cursor = start, entry
    for step in range(1, rules.steps):
        while cursor > 0 and events[cursor - 1].at >= now - rules.tie:
            cursor -= 1
        found = _earliest(events, cursor, now - rules.tie, end, step, used, rules.steps)
        until = events[found].at if found is not None else end + 1
        excluded = _exclusion(events, cursor, now, until, step, rules)
        if excluded is not None:
            return Attempt(start, tuple(times), tuple(values), excluded)
        if found is None:
            break
        used.add(found)
        now = max(now, events[found].at)
        times.append(now)
        values.append(events[found].value)
        cursor = found
    return Attempt(start, tuple(times), tuple(values))


def _earliest(
    events: Sequence[Event],
    cursor: int,
    since: int,
    end: int,
    step: int,
    used: set[int],
    steps: int,
) -> int | None:
    """The earliest unused event of a step; of several at one instant the one that later steps need least."""
    best: int | None = None
    later = ((1 << steps) - 1) & ~((1 << (step + 1)) - 1)
    for n in range(cursor, len(events)):
        event = events[n]
        if event.at > end or (best is not None and event.at > events[best].at):
            break
        if event.at < since or n in used or not event.steps >> step & 1:
            continue
        if (
            best is None
            or (event.steps & later).bit_count() < (events[best].steps & later).bit_count()
        ):
            best = n
    return best


def _exclusion(
    events: Sequence[Event], cursor: int, after: int, before: int, step: int, rules: Rules
) -> int | None:
    """F10: the first exclusion event strictly between the step before and this one."""
    if not rules.exclusion_steps:
        return None
    for n in range(cursor, len(events)):
        event = events[n]
        if event.at >= before:
            return None
        if event.at > after and event.exclusions:
            for bit, after_step in enumerate(rules.exclusion_steps):
                if event.exclusions >> bit & 1 and (after_step is None or after_step == step):
                    return event.at
    return None


def _follow_strict(events: Sequence[Event], entry: int, rules: Rules) -> Attempt:
    """F7: the very next event must be the next step; at one instant steps come first, in their order."""
    start = events[entry].at
    end = start + rules.window
    used, times, values = {entry}, [start], [events[entry].value]
    now = start
    for step in range(1, rules.steps):
        same = [n for n in _at(events, entry, now) if n not in used]
        hit = next((n for n in same if events[n].steps >> step & 1), None)
        if hit is None:
            # What shares the entry's own instant may have come before it; later it stands between.
            if same and now != start:
                break
            following = next((n for n in range(entry, len(events)) if events[n].at > now), None)
            if following is None or events[following].at > end:
                break
            hit = next(
                (
                    n
                    for n in _at(events, following, events[following].at)
                    if events[n].steps >> step & 1
                ),
                None,
            )
            if hit is None:
                break
        excluded = _exclusion(events, entry, now, events[hit].at, step, rules)
        if excluded is not None:
            return Attempt(start, tuple(times), tuple(values), excluded)
        used.add(hit)
        now = events[hit].at
        times.append(now)
        values.append(events[hit].value)
    return Attempt(start, tuple(times), tuple(values))


def _at(events: Sequence[Event], near: int, at: int) -> list[int]:
    """The places of all events at one instant."""
    first = near
    while first > 0 and events[first - 1].at >= at:
        first -= 1
    found = []
    for n in range(first, len(events)):
        if events[n].at > at:
            break
        if events[n].at == at:
            found.append(n)
    return found


def _follow_any(events: Sequence[Event], entry: int, rules: Rules) -> Attempt:
    """F8: how many different steps are met, in any order, from the entry on."""
    start = events[entry].at
    end = start + rules.window
    taken: dict[int, int] = {}  # step -> event
    times: list[int] = []
    values: list[str | None] = []
    order = [entry, *(n for n in range(len(events)) if n != entry and start <= events[n].at <= end)]
    for n in order:
        if len(times) == rules.steps:
            break
        if events[n].steps and _augment(events, n, taken, rules.steps, set()):
            times.append(events[n].at)
            values.append(events[n].value)
    return Attempt(start, tuple(times), tuple(values))


def _augment(
    events: Sequence[Event], n: int, taken: dict[int, int], steps: int, seen: set[int]
) -> bool:
    """Give event n a step of its own, moving others if that helps (F9)."""
    for step in range(steps):
        if not events[n].steps >> step & 1 or step in seen:
            continue
        seen.add(step)
        if step not in taken or _augment(events, taken[step], taken, steps, seen):
            taken[step] = n
            return True
    return False


def _latest_start(events: Sequence[Event], attempt: Attempt, rules: Rules) -> Attempt:
    """F5: the most recent step 1 before step 2 of a converting entry."""
    if rules.steps == 1:
        return attempt
    starts = [
        e
        for e in events
        if e.steps & 1 and attempt.entry_at <= e.at <= attempt.times[1] and e.at < rules.to_at
    ]
    last = starts[-1]
    return Attempt(last.at, (last.at, *attempt.times[1:]), (last.value, *attempt.values[1:]))
