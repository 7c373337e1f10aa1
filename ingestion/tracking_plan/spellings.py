"""Groups names that arrived into the events that they probably are, for a person to judge.

Knows: how names fold together, and what ids inside names look like. Must not know: properties, files, how names were
counted. A group is a proposal: nothing here merges anything.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from ingestion.tracking_plan.forms import RESERVED
from ingestion.tracking_plan.naming import ID, MAX_NAME, audit, fold, suggest

# So many names that differ by a number are one event with an id in its name, and so many that differ by their last word
# are one event with a value in its name.
NAMES_WITH_ID, NAMES_WITH_VALUE = 20, 200
_ID = re.compile(f"{ID.pattern}|\\d+", re.IGNORECASE)
_LAST_WORD = re.compile(r"(?<=[\s_./:-])[^\s_./:-]+$")


@dataclass(frozen=True)
class Seen:
    """One name as a source spells it."""

    source: str
    name: str
    events: int
    first: date
    last: date


@dataclass(frozen=True)
class Group:
    """Names that are probably one event: under its proposed name, or under that of an event which is planned already."""

    name: str
    seen: tuple[Seen, ...]
    pattern: str | None = None
    is_planned: bool = False

    @property
    def events(self) -> int:
        return sum(seen.events for seen in self.seen)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Each spelling once, the most frequent first."""
        return tuple(dict.fromkeys(seen.name for seen in self.seen))


def pattern_of(name: str) -> str:
    """The name with everything that looks like an id or a number left open: `view_item_{id}`."""
    return _ID.sub("{id}", name)


def patterns(names: Iterable[str]) -> dict[str, str]:
    """Of the names that hide an id or a value: each with its pattern."""
    kept = list(dict.fromkeys(names))
    found = _shared(kept, pattern_of, NAMES_WITH_ID)
    rest = [name for name in kept if name not in found]
    return found | _shared(rest, lambda name: _LAST_WORD.sub("{value}", name), NAMES_WITH_VALUE)


def groups(
    seen: Iterable[Seen],
    planned: Mapping[str, Collection[str]],
    renamed: Mapping[str, str] | None = None,
) -> list[Group]:
    """The proposals for names that no event of the plan claims, the most frequent first.

    `planned` maps each planned event to its declared spellings, `renamed` a new name to the one that it follows.
    """
    names = sorted(seen, key=lambda one: (-one.events, one.source, one.name))
    hidden = patterns(one.name for one in names)
    of_plan = {
        key: event
        for event, spellings in planned.items()
        for name in (event, *spellings)
        for key in _keys(name)
    }
    keys = {one.name: _keys(one.name) for one in names if one.name not in hidden}
    for new, old in (renamed or {}).items():
        if new in keys:
            keys[new] += _keys(old)
    roots = _roots(keys.values())
    clusters: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for one in names:
        own = keys.get(one.name, ())
        event = next((of_plan[key] for key in own if key in of_plan), None)
        if not own:
            clusters["pattern", hidden[one.name]].append(one)
        elif event is not None:
            clusters["planned", event].append(one)
        else:
            clusters["new", roots[own[0]]].append(one)
    taken = {*planned, *RESERVED}
    found = []
    by_events = sorted(clusters.items(), key=lambda item: -sum(one.events for one in item[1]))
    for (kind, key), members in by_events:
        pattern = key if kind == "pattern" else None
        name = key if kind == "planned" else _unused(proposed_name(members, pattern), taken)
        taken.add(name)
        found.append(Group(name, tuple(members), pattern, kind == "planned"))
    return found


def proposed_name(members: Collection[Seen], pattern: str | None) -> str:
    """A spelling that keeps the convention, else what the convention would make of the most frequent one."""
    if pattern is not None:
        return suggest(re.sub(r"[\s_./:-]*\{(id|value)\}", "", pattern))[:MAX_NAME]
    kept = [one.name for one in members if not audit(one.name)]
    return kept[0] if kept else suggest(next(iter(members)).name)[:MAX_NAME]


def _keys(name: str) -> tuple[str, ...]:
    """What a name folds to as it is, and as the convention would spell it: `Publish Report` is `report_published`."""
    return tuple(
        dict.fromkeys((fold(name), fold(suggest(name)) if suggest(name) != "event" else fold(name)))
    )


def _shared(names: Iterable[str], pattern: Callable[[str], str], least: int) -> dict[str, str]:
    by_pattern: dict[str, list[str]] = defaultdict(list)
    for name in names:
        by_pattern[pattern(name)].append(name)
    return {
        name: key
        for key, members in by_pattern.items()
        if len(members) >= least
        for name in members
    }


def _unused(name: str, taken: Collection[str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free


def _roots(tied: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """Keys that one name ties together stand for one thing: each with the one that speaks for all."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent.setdefault(key, key) != key:
            key = parent[key]
        return key

    for keys in tied:
        for key in keys:
            parent[root(key)] = root(keys[0])
    return {key: root(key) for key in list(parent)}
