"""Writes a drafted plan as YAML that passes `taxonomy check`, with what was observed as comments.

Knows: the form of a plan file. Must not know: how anything was inferred. Names and values are data of strangers: each is
quoted as YAML needs it, and none leaves its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from ingestion.tracking_plan.infer import DraftProperties
from ingestion.tracking_plan.naming import audit
from ingestion.tracking_plan.spellings import Group

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", "none"}
SPELLINGS = 20  # of one event that are written out; a pattern hides thousands


@dataclass(frozen=True)
class DraftEvent:
    """One proposed entry."""

    group: Group
    properties: DraftProperties
    notes: tuple[str, ...] = ()


def write(events: Sequence[DraftEvent], aliases: Sequence[str], source: str) -> str:
    """The text of the file; `aliases` are proposals for entries that other files hold, `source` says what was read."""
    head = [
        f"# Drafted by `productops taxonomy infer` from {inert(source)}. A proposal: correct it, name owners, then move it",
        "# into company/tracking_plan/. `draft` counts as planned.",
    ]
    if aliases:
        head += ["#", "# For events that are planned already; add there what is right:"]
        head += [f"# - {inert(line)}" for line in aliases]
    return "\n".join([*head, *(line for event in events for line in ("", *_event(event)))]) + "\n"


def inert(text: str) -> str:
    """Text for a comment: one line, nothing that cannot be seen."""
    return "".join(
        letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in str(text)
    )


def _event(event: DraftEvent) -> list[str]:
    group = event.group
    lines = [
        f"# {note}"
        for note in map(inert, (*_observed(group), *event.notes, *event.properties.notes))
    ]
    lines += [
        f"{scalar(group.name)}:",
        f"  description: {scalar('TODO: what happened, and when it is sent.')}",
        "  # question: TODO, owner: TODO, area: TODO",
        "  status: draft",
    ]
    if event.properties.properties:
        lines.append("  properties:")
        for prop in event.properties.properties:
            note = f"  # {inert(prop.note)}" if prop.note else ""
            lines.append(f"    {scalar(prop.name)}: {_flow(prop.entry)}{note}")
    spellings = _spellings(group)
    if spellings:
        lines.append("  seen_as:")
        lines += [f"    {scalar(source)}: {_flow(names)}" for source, names in spellings.items()]
    return lines


def _observed(group: Group) -> Iterable[str]:
    first, last = min(one.first for one in group.seen), max(one.last for one in group.seen)
    if group.pattern is not None:
        yield (
            f"{group.events} events from {first} to {last} under {len(group.spellings)} names like `{group.pattern}`: send"
            f" one name, and what differs as a property"
        )
        return
    told = [f"`{one.name}` of {one.source} {one.events}" for one in group.seen[:SPELLINGS]]
    yield f"{group.events} events from {first} to {last}: {', '.join(told)}"
    if len(group.spellings) > 1:
        yield f"{len(group.spellings)} spellings that look like one event; take out what is another one"
    for name in group.spellings[:SPELLINGS]:
        reasons = audit(name)
        if reasons:
            yield f"`{name}`: {'; '.join(reason.message for reason in reasons)}"


def _spellings(group: Group) -> dict[str, list[str]]:
    """Every spelling by source; of a pattern none, because each holds another id."""
    found: dict[str, list[str]] = {}
    if group.pattern is None:
        for one in sorted(group.seen, key=lambda one: (one.source, -one.events, one.name)):
            found.setdefault(one.source, []).append(one.name)
    return found


def scalar(value: Any) -> str:
    """One value as YAML on one line."""
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.casefold() not in _WORDS:
            return value
        written = yaml.safe_dump(value, default_style='"', allow_unicode=True, width=2**30)
        # Between double quotes YAML reads the same escapes; what cannot be seen is not left in the file.
        return inert(str(written).strip())
    return str(yaml.safe_dump(value, default_flow_style=True, width=2**30)).split("\n")[0]


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{scalar(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    return scalar(value)
