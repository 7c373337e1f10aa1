"""A funnel of one unit by trying every choice: slow, plain, and shares no code with the engine.

Events are (time, steps as a set, exclusions as a set). Times are whole numbers.
"""

from __future__ import annotations

from itertools import combinations, permutations


class Asked:
    """What is asked; the names are those of the question's parameters."""

    def __init__(self, steps, window, low, high, **more):
        self.steps, self.window, self.low, self.high = steps, window, low, high
        self.order = more.get("order", "sequential")
        self.totals = more.get("totals", False)
        self.entry = more.get("entry", "best")
        self.mode = more.get("mode", "any_clean")
        self.exclusions = more.get(
            "exclusions", ()
        )  # after which step each one counts, None for any
        self.anchored = more.get("anchored", ())
        self.tie = more.get("tie", 0)


def paths(events, first, asked):
    """Every way to put distinct events on steps, from an entry on: {how many: the times}.

    In sequence the earliest event of each step counts; in any order the k-th time is the soonest at which k steps are met.
    """
    start = events[first][0]
    inside = [n for n, (at, *_) in enumerate(events) if at <= start + asked.window and n != first]
    found, soonest = {}, {}

    def keep(times):
        size = len(times)
        if size not in found or times < found[size]:
            found[size] = times

    if asked.order == "any":
        for size in range(1, asked.steps + 1):
            for chosen in combinations(inside, size - 1):
                for order in permutations((first, *chosen)):
                    for places in combinations(range(asked.steps), size):
                        if fits_blocks(events, order, places, asked, start):
                            last = max(events[n][0] for n in order)
                            soonest[size] = min(last, soonest.get(size, last))
        return {size: tuple(soonest[k] for k in range(1, size + 1)) for size in soonest}
    for size in range(1, asked.steps + 1):
        for rest in permutations(inside, size - 1):
            times = [start]
            for step, n in enumerate(rest, 1):
                at, steps, _ = events[n]
                if step not in steps or at < times[-1] - asked.tie:
                    break
                times.append(max(at, times[-1]))
            else:
                keep(tuple(times))
    return found


def fits_blocks(events, order, places, asked, start):
    """F8: event order[i] takes step places[i]; free steps between two anchors form a block, blocks follow each other."""
    if any(place not in events[n][1] or events[n][0] < start for n, place in zip(order, places, strict=True)):  # fmt: skip
        return False
    block, of = 0, {}
    for place in range(asked.steps):
        if place + 1 in asked.anchored:
            block += 1
            of[place] = block
            block += 1
        else:
            of[place] = block
    names = sorted(set(of.values()))
    used = {name: [n for n, p in zip(order, places, strict=True) if of[p] == name] for name in names}  # fmt: skip
    size = {name: sum(of[p] == name for p in range(asked.steps)) for name in names}
    for before, after in zip(names, names[1:], strict=False):
        if used[after] and len(used[before]) < size[before]:
            return False
        if used[after] and used[before]:
            done = max(events[n][0] for n in used[before])
            if any(events[n][0] < done for n in used[after]):
                return False
    return True


def strict(events, first, asked):
    """F7: the very next event is the next step; only for events at distinct times."""
    times = [events[first][0]]
    for step in range(1, asked.steps):
        n = first + step
        if n >= len(events) or events[n][0] > times[0] + asked.window or step not in events[n][1]:
            break
        times.append(events[n][0])
    return {len(times): tuple(times)}


def attempt(events, first, asked):
    """(times reached, when an exclusion ended it, whether a next step would have come) of one entry."""
    found = strict(events, first, asked) if asked.order == "strict" else paths(events, first, asked)
    deepest = found[max(found)]
    end = deepest[0] + asked.window
    for reached in range(1, min(len(deepest), asked.steps - 1) + 1):
        until = deepest[reached] if reached < len(deepest) else end + 1
        if asked.order == "strict" and reached == len(deepest):
            after = [e[0] for e in events if deepest[reached - 1] < e[0] <= end]
            until = min(after) + 1 if after else deepest[reached - 1]
        for at, _, excluded in events:
            if deepest[reached - 1] < at < until and any(
                asked.exclusions[x] in (None, reached) for x in excluded
            ):
                return deepest[:reached], at, reached < len(deepest)
    return deepest, None, False


def counted(events, asked):
    """The attempts that count: times of each."""
    free = set(range(asked.steps)) if not asked.anchored else first_block(asked)
    opening = free if asked.order == "any" else {0}
    entries = [
        n for n, (at, steps, _) in enumerate(events) if steps & opening and asked.low <= at < asked.high
    ]  # fmt: skip
    tried = {n: attempt(events, n, asked) for n in entries}
    if asked.totals:
        chosen, closed = [], -1
        for n in entries:
            if events[n][0] <= closed:
                continue
            times, excluded, _ = tried[n]
            chosen.append(n)
            if len(times) == asked.steps:
                closed = times[-1] if asked.steps > 1 else events[n][0]
            else:
                closed = excluded if excluded is not None else times[0] + asked.window
    elif asked.entry == "first":
        chosen = entries[:1]
    else:
        # Where an exclusion takes entries out, the best is one of those that are left.
        left = [n for n in entries if asked.mode != "remove_actor" or tried[n][1] is None]
        best = max((len(tried[n][0]) for n in left), default=0)
        chosen = [n for n in left if len(tried[n][0]) == best][:1]
        if asked.entry == "optimized" and chosen and best < asked.steps:
            chosen = entries[:1]
    looked_at = chosen if asked.totals or asked.entry == "first" else entries
    if asked.mode == "remove_actor":
        if any(tried[n][2] for n in looked_at):
            return []
        chosen = [n for n in chosen if tried[n][1] is None]
    return [tried[n][0] for n in chosen]


def first_block(asked):
    """The steps that an entry may begin with."""
    if 1 in asked.anchored:
        return {0}
    return set(range(min(asked.anchored) - 1))
