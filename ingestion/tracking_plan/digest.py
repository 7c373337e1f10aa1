"""The daily letter to who answers for an event: what is new among the violations, and what would end each.

Knows: rules, owners, words. Must not know: where violations are counted, or how a letter gets anywhere. It holds names
and ids of events, never values.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ingestion.tracking_plan.model import EventPlan, Plan
from ingestion.tracking_plan.naming import suggest

FALLBACK_OWNER = "product_ops"
SHOWN = 200  # of one owner are written out; the rest is counted
EXAMPLES = 3


@dataclass(frozen=True)
class Violation:
    """One rule that one event, or one property of it, breaks in one project of a source."""

    event: str
    property: str | None
    rule: str
    source: str
    project: str
    events: int = 0
    first_seen: str | None = None
    last_seen: str | None = None
    mode: str = "warn"
    detail: str | None = None
    examples: tuple[str, ...] = ()

    def key(self) -> tuple[str, str, str, str, str]:
        """What is the same violation in two versions."""
        return (self.event, self.property or "", self.rule, self.source, self.project)


@dataclass(frozen=True)
class Item:
    """A new violation with whom it concerns and what would end it."""

    violation: Violation
    owner: str
    fix: str


@dataclass(frozen=True)
class Digest:
    """What is new in a version, against the one before or since a day."""

    version: str
    since: str
    items: tuple[Item, ...]
    known: int

    @property
    def owners(self) -> dict[str, list[Item]]:
        """The items of each owner, the most frequent violations first."""
        found: dict[str, list[Item]] = defaultdict(list)
        for item in sorted(
            self.items, key=lambda item: (-item.violation.events, item.violation.key())
        ):
            found[item.owner].append(item)
        return dict(sorted(found.items()))

    def as_dict(self, owner: str | None = None) -> dict[str, Any]:
        """The document of one owner, or of all."""
        owners = self.owners
        return {
            "version": self.version,
            "since": self.since,
            "known_before": self.known,
            "owners": {
                name: [{**asdict(item.violation), "fix": item.fix} for item in owners[name][:SHOWN]]
                for name in owners
                if owner in (None, name)
            },
            "counts": {name: len(items) for name, items in owners.items() if owner in (None, name)},
        }


def digest(
    version: str,
    since: str,
    new: Iterable[Violation],
    known: int,
    plan: Plan,
    area_owners: Mapping[str, str],
    aliases: Mapping[tuple[str, str], tuple[str, str]],
) -> Digest:
    """Who hears of what. `aliases` says of which planned event an arrived name is probably a spelling, and why."""
    events = {event.name: event for event in plan.events}
    items = []
    for violation in new:
        alias = aliases.get((violation.source, violation.event))
        event = events.get(alias[0] if alias else violation.event)
        items.append(
            Item(violation, _owner(event, area_owners), proposed_fix(violation, event, alias))
        )
    return Digest(version, since, tuple(items), known)


def _owner(event: EventPlan | None, area_owners: Mapping[str, str]) -> str:
    if event is None:
        return FALLBACK_OWNER
    return event.owner or area_owners.get(event.area, "") or FALLBACK_OWNER


def proposed_fix(
    violation: Violation, event: EventPlan | None, alias: tuple[str, str] | None = None
) -> str:
    """The edit of the plan or the request to the sender that ends a violation."""
    name, key, rule = violation.event, violation.property, violation.rule
    if alias is not None and rule in ("unplanned_event", "near_duplicate_name", "name_convention"):
        place = f" ({event.file.name}:{event.line})" if event else ""
        return f"add {code(name)} to seen_as of {code(alias[0])}{place} under {violation.source}: {alias[1]}"
    declared = event.version if event else "of the plan"
    replacement = (
        f"; {code(event.replacement)} takes its place" if event and event.replacement else ""
    )
    fixes = {
        "unplanned_event": f"declare it: productops taxonomy infer --event {code(name)} drafts the entry",
        "unplanned_property": f"declare {code(key)} in the plan, or stop sending it",
        "additional_property": f"declare {code(key)} for this event too, or stop sending it with it",
        "required_missing": f"send {code(key)} again, or take `required` from it (a new minor version)",
        "type_mismatch": f"correct the sender, or declare another type or `cast: true` for {code(key)}",
        "value_not_allowed": f"correct the sender, or add the value to what {code(key)} allows (a new minor version)",
        "deprecated_event_seen": f"stop sending it{replacement}",
        "planned_event_not_seen": "ship it, move `planned_for`, or remove it from the plan",
        "version_out_of_date": f"update the sender to version {declared}",
        "name_convention": f"name it {code(suggest(name))} where it is sent, or keep it as an alias of that name",
        "near_duplicate_name": f"add it to seen_as of the event that it means{_means(violation)}",
        "pii_in_free_text": f"stop sending personal data in {code(key or name)}, or declare its class",
        "unknown": "send the properties as an object of names and values",
    }
    return fixes.get(rule, "look at the event's page")


def _means(violation: Violation) -> str:
    return f", probably {code(violation.detail)}" if violation.detail else ""


def markdown(found: Digest, owner: str | None = None) -> str:
    """The letter to one owner, or the overview of all."""
    title = f"Tracking plan: news in {found.version} since {found.since}"
    lines = [f"# {title}", ""]
    owners = {name: items for name, items in found.owners.items() if owner in (None, name)}
    if not owners:
        return "\n".join([*lines, f"Nothing new; {found.known} violations were known before.", ""])
    for name, items in owners.items():
        lines += [f"## {code(name)}: {len(items)} new", ""]
        for item in items[:SHOWN]:
            lines += _told(item)
        if len(items) > SHOWN:
            lines.append(f"- and {len(items) - SHOWN} more, each on fewer events")
        lines.append("")
    return "\n".join([*lines, f"{found.known} violations were known before.", ""])


def _told(item: Item) -> list[str]:
    one = item.violation
    what = f"{code(one.event)}" + (f", property {code(one.property)}" if one.property else "")
    where = "" if one.source == "*" else f" from {code(f'{one.source}/{one.project}')}"
    times = f", first seen {one.first_seen[:16]}" if one.first_seen else ""
    mode = " Kept out of all numbers." if one.mode == "quarantine" else ""
    lines = [
        f"- **{one.rule}**: {what}{where}: {one.events} events{times}.{mode}",
        f"  - Do: {item.fix}.",
    ]
    if one.examples:
        lines.append(f"  - E.g. events {', '.join(code(key) for key in one.examples[:EXAMPLES])}.")
    return lines


def code(text: str | None) -> str:
    """Text of strangers as a code span: on one line, and nothing in it means anything."""
    seen = "".join(
        letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in str(text)
    )
    seen = seen if len(seen) <= 200 else f"{seen[:200]}…"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", seen)), default=0))
    pad = " " if seen.startswith("`") or seen.endswith("`") else ""
    return f"{fence}{pad}{seen}{pad}{fence}"


def file_names(owners: Iterable[str]) -> dict[str, str]:
    """A file name for each owner, without an ending: no two the same, none that leaves its folder."""
    found: dict[str, str] = {}
    for owner in owners:
        plain = re.sub(r"[^A-Za-z0-9@.-]", "-", owner).strip(".-")[:80] or "owner"
        number, name = 2, plain
        while name.casefold() in {taken.casefold() for taken in found.values()}:
            name, number = f"{plain}-{number}", number + 1
        found[owner] = name
    return found
