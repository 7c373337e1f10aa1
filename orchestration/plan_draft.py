"""Drafts plan entries for what arrives unplanned: reads a published version, asks the inference, puts both together.

Knows: which names the plan claims, and the order of the steps. Must not know: SQL, YAML, how anything is inferred.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingestion.tracking_plan import Plan
from ingestion.tracking_plan.draft import DraftEvent
from ingestion.tracking_plan.forms import ANY_SOURCE
from ingestion.tracking_plan.infer import properties
from ingestion.tracking_plan.renames import Candidate, evidence, renames
from ingestion.tracking_plan.spellings import Group, Seen, groups
from orchestration import observed_events

if TYPE_CHECKING:
    from dashboards.published import Session

EVENTS = 1000  # that are drafted; the rest is counted


@dataclass(frozen=True)
class Draft:
    """What is proposed: new entries, spellings for entries that there are, and renames, confirmed ones too."""

    events: tuple[DraftEvent, ...]
    aliases: tuple[Group, ...]
    renames: tuple[Candidate, ...]
    left_out: int = 0

    def alias_lines(self, plan: Plan) -> list[str]:
        """One line for each source of each alias, with the place of the entry."""
        places = {event.name: f"{event.file.name}:{event.line}" for event in plan.events}
        lines = []
        for group in self.aliases:
            by_source: dict[str, list[str]] = defaultdict(list)
            for one in group.seen:
                by_source[one.source].append(f"`{one.name}` ({one.events} events)")
            lines += [
                f"{group.name} ({places[group.name]}), seen_as {source}: {', '.join(spelled)}"
                for source, spelled in sorted(by_source.items())
            ]
        return lines + [f"renamed: {evidence(one)}" for one in self.renames if not one.is_confirmed]


class Claims:
    """Which event of the plan an arrived name means: a spelling of its source, of any source, or the name itself."""

    def __init__(self, plan: Plan) -> None:
        self._names = {event.name for event in plan.events}
        self._aliases = {
            (source, name): event.name
            for event in plan.events
            for source, names in event.seen_as.items()
            for name in names
        }

    def event(self, source: str, name: str) -> str | None:
        for key in ((source, name), (ANY_SOURCE, name)):
            if key in self._aliases:
                return self._aliases[key]
        return name if name in self._names else None


def draft(
    session: Session, plan: Plan, source: str | None = None, event: str | None = None
) -> Draft:
    """The proposals for everything that the plan does not claim, or for one event or spelling of it."""
    found, followed = _grouped(session, plan, source)
    if event is not None:
        found = [group for group in found if event in (group.name, *group.spellings)]
    new = [group for group in found if not group.is_planned]
    return Draft(
        tuple(_drafted(session, new[:EVENTS], followed)),
        tuple(group for group in found if group.is_planned),
        tuple(one for one in followed if source in (None, one.source)),
        max(0, len(new) - EVENTS),
    )


def spellings_of_planned(session: Session, plan: Plan) -> tuple[list[Group], list[Candidate]]:
    """Arrived names that are probably spellings of planned events, and the renames among all names."""
    found, followed = _grouped(session, plan, None)
    return [group for group in found if group.is_planned], followed


def _grouped(
    session: Session, plan: Plan, source: str | None
) -> tuple[list[Group], list[Candidate]]:
    claims = Claims(plan)
    arrived = [one.seen for one in observed_events.names(session, source)]
    wanted = [one for one in arrived if claims.event(one.source, one.name) is None]
    followed = proposed_renames(session, claims)
    planned = {
        entry.name: [name for names in entry.seen_as.values() for name in names]
        for entry in plan.events
    }
    return groups(wanted, planned, _follows(followed, wanted)), followed


def proposed_renames(session: Session, claims: Claims) -> list[Candidate]:
    """Renames, judged by the plan as it is now; the version may have been built with an older one."""
    return renames(
        replace(
            one,
            old_event=claims.event(one.source, one.old) or one.old,
            new_event=claims.event(one.source, one.new) or one.new,
        )
        for one in observed_events.follow_ups(session)
    )


def _follows(found: Sequence[Candidate], wanted: Sequence[Seen]) -> Mapping[str, str]:
    """Each name that nobody claims with the other name of its rename."""
    names = {(one.source, one.name) for one in wanted}
    tied = {}
    for one in found:
        if (one.source, one.new) in names:
            tied[one.new] = one.old
        elif (one.source, one.old) in names:
            tied[one.old] = one.new
    return tied


def _drafted(
    session: Session, new: Sequence[Group], followed: Sequence[Candidate]
) -> list[DraftEvent]:
    notes = {one.new: f"renamed? {evidence(one)}" for one in followed}
    carried = observed_events.keys(session, [group.seen for group in new])
    return [
        DraftEvent(
            group,
            properties(keys.keys, keys.patterns, keys.events, keys.distinct_keys),
            tuple(notes[name] for name in group.spellings if name in notes),
        )
        for group, keys in zip(new, carried, strict=True)
    ]
