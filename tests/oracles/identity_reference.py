"""Who is one person, worked out in plain Python from the rules, event by event; shares no code with the models.

Knows the declared rules of identity. Must not know any table or SQL.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass


class Union:
    """Union-find without ranks: small and obviously right."""

    def __init__(self) -> None:
        self.above: dict[Hashable, Hashable] = {}

    def find(self, node: Hashable) -> Hashable:
        while self.above.get(node, node) != node:
            node = self.above[node]
        return node

    def join(self, left: Hashable, right: Hashable) -> None:
        self.above[self.find(left)] = self.find(right)


class Owners:
    """Who was seen on a device or under a number, and whose an anonymous event there is."""

    def __init__(self) -> None:
        self.seen: dict[Hashable, list[tuple[int, Hashable]]] = defaultdict(list)

    def saw(self, key: Hashable, at: int, person: Hashable) -> None:
        self.seen[key].append((at, person))

    def owner(self, key: Hashable, at: int, rule: str = "before_else_after") -> Hashable | None:
        seen = sorted(self.seen.get(key, ()), key=lambda moment: moment[0])
        before = [person for when, person in seen if when <= at]
        if before:
            return before[-1]
        return seen[0][1] if seen and rule == "before_else_after" else None

    def people(self, key: Hashable) -> set[Hashable]:
        return {person for _, person in self.seen.get(key, ())}


@dataclass(frozen=True)
class Act:
    """One event as its source tells it; `at` is unique in its world."""

    at: int
    user: str | None = None
    device: str | None = None
    number: str | None = None


@dataclass(frozen=True)
class Link:
    """A vendor's statement that two ids are one: identify (anonymous, user), alias or merge."""

    at: int
    kind: str
    left: str
    right: str


Persons = dict[int, Hashable]


def amplitude(
    acts: Iterable[Act], merges: Iterable[tuple[str, str]], rule: str = "before_else_after"
) -> Persons:
    """Merged numbers are one; users never are. A merged number tells before the device, a bare one after it."""
    acts, numbers, merged = list(acts), Union(), set()
    for away, into in merges:
        numbers.join(away, into)
        merged |= {away, into}
    owners = Owners()
    for act in acts:
        if act.user:
            if act.device:
                owners.saw(("device", act.device), act.at, act.user)
            if act.number:
                owners.saw(("number", numbers.find(act.number)), act.at, act.user)
    found: Persons = {}
    for act in acts:
        if act.user:
            found[act.at] = act.user
            continue
        device, number = ("device", act.device), ("number", numbers.find(act.number))
        is_merged = act.number in merged
        if is_merged and owners.people(number):
            owner = owners.owner(number, act.at, rule)
        elif act.device and owners.people(device):
            owner = owners.owner(device, act.at, rule)
        elif act.number and len(owners.people(number)) == 1:
            owner = owners.owner(number, act.at, rule)
        else:
            owner = None
        found[act.at] = owner or (
            number if is_merged else device if act.device else number if act.number else "nobody"
        )
    return found


def visitors(
    acts: Iterable[Act], links: Iterable[Link], rule: str = "before_else_after"
) -> Persons:
    """Mixpanel and PostHog: `user` is the id that an event carries, which may be a cookie's; `device` stands beside it.

    An id is a cookie where it is a device's or was called anonymous, unless somebody was ever identified as it.
    """
    acts, links = list(acts), list(links)
    identified = {link.right for link in links if link.kind == "identify"}
    cookies = {act.device for act in acts if act.device}
    cookies |= {link.left for link in links if link.kind == "identify"}
    cookies -= identified
    ids = Union()
    for link in links:
        both = (link.left in cookies) == (link.right in cookies)
        if link.kind == "merge" or (link.kind == "alias" and both):
            ids.join(link.left, link.right)
    users_of: dict[Hashable, set[str]] = defaultdict(set)
    everybody = {act.user for act in acts} | {i for link in links for i in (link.left, link.right)}
    for name in everybody - cookies - {None}:
        users_of[ids.find(name)].add(str(name))
    owners = Owners()
    for act in acts:
        if act.user and act.user not in cookies and act.device:
            owners.saw(ids.find(act.device), act.at, ids.find(act.user))
    for link in links:
        left, right = link.left in cookies, link.right in cookies
        if link.kind in ("identify", "alias") and left != right:
            cookie, user = (link.left, link.right) if left else (link.right, link.left)
            owners.saw(ids.find(cookie), link.at, ids.find(user))
    found: Persons = {}
    for act in acts:
        if act.user and act.user not in cookies:
            found[act.at] = ids.find(act.user)
            continue
        keys = [ids.find(i) for i in (act.user, act.device) if i]
        joined = [key for key in keys if users_of.get(key)]
        owned = [key for key in keys if owners.people(key)]
        if joined:
            seen = [at for key in keys for at, who in owners.seen.get(key, ()) if who == joined[0]]
            is_before = rule == "before_only" and seen and act.at < min(seen)
            found[act.at] = ("itself", act.user or act.device) if is_before else joined[0]
        elif owned:
            found[act.at] = owners.owner(owned[0], act.at, rule) or keys[0]
        else:
            found[act.at] = keys[0] if keys else "nobody"
    return found


def groups(persons: Persons) -> set[frozenset[int]]:
    """The same partition, whatever the persons are called."""
    found: dict[Hashable, set[int]] = defaultdict(set)
    for at, person in persons.items():
        found[person].add(at)
    return {frozenset(events) for events in found.values()}
