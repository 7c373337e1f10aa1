"""Match one unit's events against the steps of a funnel (metrics.md, section 2).

Pure: lists in, attempts out. Knows which entries count (F4, F5, F12); how steps follow one entry, by order, is in
`matcher_orders`. Must not know SQL, people or answers. Times are integer microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dashboards.engine.matcher_orders import follow_any, follow_sequence, follow_strict
from dashboards.engine.matcher_types import Attempt, Event, Rules

__all__ = ["Attempt", "Event", "Rules", "match"]


def match(events: Sequence[Event], rules: Rules) -> list[Attempt]:
    """The attempts of one unit that count; `events` are sorted by time.

    At most one for actors, all for totals; with `by_segment` all in turn, of which the first of each segment counts.
    """
    entries = _entries(events, rules)
    if rules.totals and rules.entry == "optimized":
        return _every_entry(events, entries, rules)
    if rules.totals or rules.by_segment:
        return _left(_in_turn(events, entries, rules), rules)
    if rules.entry == "first":
        entries = entries[:1]
    attempts = []
    for index in entries:
        attempt = _follow(events, index, rules)
        attempts.append(attempt)
        if attempt.reached == rules.steps and rules.exclusion_mode != "remove_actor":
            break  # F4: nothing can have more steps, and ties go to the earliest
    attempts = _left(attempts, rules)
    if not attempts:
        return []
    best = max(attempts, key=lambda a: (a.reached, -a.entry_at))
    if rules.entry == "optimized":
        best = _latest_start(events, best, rules) if best.reached == rules.steps else attempts[0]
    return [best]


def _left(attempts: list[Attempt], rules: Rules) -> list[Attempt]:
    """F10: what `remove_actor` leaves: nothing of an actor with an exclusion between two steps.

    An exclusion before a next step that never came lies between no two steps: only its entry is gone.
    """
    if rules.exclusion_mode != "remove_actor":
        return attempts
    if any(attempt.is_between for attempt in attempts):
        return []
    return [attempt for attempt in attempts if attempt.excluded_at is None]


def _entries(events: Sequence[Event], rules: Rules) -> list[int]:
    """The events that can open an attempt (F3, F8)."""
    wanted = rules.blocks[0] if rules.order == "any" else 1
    return [
        n for n, e in enumerate(events) if e.steps & wanted and rules.from_at <= e.at < rules.to_at
    ]


def _in_turn(events: Sequence[Event], entries: Sequence[int], rules: Rules) -> list[Attempt]:
    """F12: one open attempt at a time, until it converts, times out or meets an exclusion."""
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
            # The event that ended the attempt does not open the next one.
            free_at = attempt.excluded_at
            used_until = max(n for n, e in enumerate(events) if e.at == free_at and e.exclusions)
        else:
            free_at, used_until = attempt.entry_at + rules.window + 1, index
    return attempts


def _every_entry(events: Sequence[Event], entries: Sequence[int], rules: Rules) -> list[Attempt]:
    """F5 with totals: every first step is an attempt; one that a later first step overtakes before step 2 stops there."""
    attempts = []
    for place, index in enumerate(entries):
        attempt = _follow(events, index, rules)
        later = entries[place + 1] if place + 1 < len(entries) else None
        if later is not None and attempt.reached > 1 and events[later].at <= attempt.times[1]:
            attempt = replace(attempt, times=attempt.times[:1], values=attempt.values[:1])
        attempts.append(attempt)
    return attempts


def _follow(events: Sequence[Event], entry: int, rules: Rules) -> Attempt:
    if rules.holds_entry:
        # F13 as Mixpanel has it: the value of the entry's own first step is held.
        held = events[entry].held
        entry = sum(event.held == held for event in events[:entry])
        events = [event for event in events if event.held == held]
    if rules.order == "any":
        return follow_any(events, entry, rules)
    if rules.order == "strict":
        return follow_strict(events, entry, rules)
    return follow_sequence(events, entry, rules)


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
