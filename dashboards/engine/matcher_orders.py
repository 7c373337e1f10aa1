"""Follow one entry of a funnel in sequence (F6, F9-F11), in strict order (F7) and in any order (F8).

Pure: events and rules in, an attempt out. Must not know which entry counts, nor SQL, people or answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dashboards.engine.matcher_types import Attempt, Event, Rules


def follow_sequence(events: Sequence[Event], entry: int, rules: Rules) -> Attempt:
    """F1, F2, F6, F9, F11: the earliest fitting event for each step, none used twice."""

    def find(near: int, now: int, end: int, step: int, used: set[int]) -> tuple[int | None, int]:
        hit = _earliest(events, near, now - rules.tie, end, step, used, rules.steps)
        return hit, events[hit].at if hit is not None else end + 1

    return _step_by_step(events, entry, rules, find)


def follow_strict(events: Sequence[Event], entry: int, rules: Rules) -> Attempt:
    """F7: the very next event must be the next step; at one instant steps come first, in their order.

    Events within the tie of either of two steps are simultaneous with it and do not stand between them (F11).
    """
    start = events[entry].at

    def find(near: int, now: int, end: int, step: int, used: set[int]) -> tuple[int | None, int]:
        hit = _next_strict(events, near, now, end, step, used, rules.tie, is_entry=now == start)
        return hit, events[hit].at if hit is not None else _instant_after(
            events, near, now, end
        ) + 1

    return _step_by_step(events, entry, rules, find)


# From the first event that is not older than the tie, the instant of the step before, the end of the window, the step and the
# events that are used: the event of the step, and the instant up to which an exclusion counts.
Find = Callable[[int, int, int, int, set[int]], tuple[int | None, int]]


def _step_by_step(events: Sequence[Event], entry: int, rules: Rules, find: Find) -> Attempt:
    """One step after the other, until one is not found or an exclusion comes between (F10)."""
    start = events[entry].at
    end = start + rules.window
    used, times, values = {entry}, [start], [events[entry].value]
    now, near = start, entry
    for step in range(1, rules.steps):
        while near > 0 and events[near - 1].at >= now - rules.tie:
            near -= 1
        hit, until = find(near, now, end, step, used)
        excluded = rules.exclusion_between(events, near, now, until, step)
        if excluded is not None:
            return Attempt(start, tuple(times), tuple(values), excluded, hit is not None)
        if hit is None:
            break
        used.add(hit)
        now = max(now, events[hit].at)
        times.append(now)
        values.append(events[hit].value)
        near = hit
    return Attempt(start, tuple(times), tuple(values))


def _earliest(
    events: Sequence[Event],
    near: int,
    since: int,
    end: int,
    step: int,
    used: set[int],
    steps: int,
) -> int | None:
    """The earliest unused event of a step; of several at one instant the one that later steps need least."""
    best: int | None = None
    later = ((1 << steps) - 1) & ~((1 << (step + 1)) - 1)
    for n in range(near, len(events)):
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


def _next_strict(
    events: Sequence[Event],
    near: int,
    now: int,
    end: int,
    step: int,
    used: set[int],
    tie: int,
    is_entry: bool,
) -> int | None:
    """The event of a step with nothing between it and `now`; nothing from `near` on is older than the tie."""
    barrier: int | None = None  # the first event that is clearly after `now`
    waiting = False  # another event at the instant of the step before
    for n in range(near, len(events)):
        event = events[n]
        if event.at > end or (barrier is not None and event.at - barrier > tie):
            return None
        if n in used:
            continue
        if barrier is None and event.at - now > tie:
            if waiting:
                return None
            barrier = event.at
        if event.steps >> step & 1:
            return n
        # What shares the entry's own instant may have come before it; later it stands between.
        waiting = waiting or (not tie and not is_entry and event.at == now)
    return None


def _instant_after(events: Sequence[Event], near: int, now: int, end: int) -> int:
    """The next instant with an event inside the window; `now` when there is none."""
    after = next((events[n].at for n in range(near, len(events)) if events[n].at > now), now)
    return after if after <= end else now


def follow_any(events: Sequence[Event], entry: int, rules: Rules) -> Attempt:
    """F8, F9: how many different steps are met from the entry on, in any order but for the anchored ones."""
    start = events[entry].at
    end = start + rules.window
    times: list[int] = []
    values: list[str | None] = []
    used: set[int] = set()
    since = start
    for place, block in enumerate(rules.blocks):
        taken: dict[int, int] = {}  # step -> event
        order = [n for n, e in enumerate(events) if since <= e.at <= end and n not in used]
        if place == 0:
            order = [entry, *(n for n in order if n != entry)]
        for n in order:
            if len(taken) == block.bit_count():
                break
            if events[n].steps & block and _augment(events, n, taken, block, set()):
                times.append(max(events[n].at, times[-1] if times else start))
                values.append(events[n].value)
        if len(taken) < block.bit_count():
            break
        used |= set(taken.values())
        since = times[-1] - rules.tie
    return _until_excluded(events, start, times, values, rules)


def _until_excluded(
    events: Sequence[Event],
    start: int,
    times: list[int],
    values: list[str | None],
    rules: Rules,
) -> Attempt:
    """F10: the attempt up to the first exclusion between two of its steps, or after the last it reached."""
    for reached in range(1, min(len(times), rules.steps - 1) + 1):
        until = times[reached] if reached < len(times) else start + rules.window + 1
        excluded = rules.exclusion_between(events, 0, times[reached - 1], until, reached)
        if excluded is not None:
            is_between = reached < len(times)
            return Attempt(
                start, tuple(times[:reached]), tuple(values[:reached]), excluded, is_between
            )
    return Attempt(start, tuple(times), tuple(values))


def _augment(
    events: Sequence[Event], n: int, taken: dict[int, int], block: int, seen: set[int]
) -> bool:
    """Give event n a step of its own, moving others if that helps (F9)."""
    for step in range(block.bit_length()):
        if not (events[n].steps & block) >> step & 1 or step in seen:
            continue
        seen.add(step)
        if step not in taken or _augment(events, taken[step], taken, block, seen):
            taken[step] = n
            return True
    return False
