"""Whether an event can be trusted: one word and the sentence that says why.

Knows the limits of each verdict. Must not know SQL, pages or the plan's files; facts come in, words go out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from dashboards import wording

BAD_SHARE = 0.01  # from here on a share of events that break the plan is said to spoil numbers
DENSE = 20  # events on a typical day; below it a day without any says nothing
GAP_DAYS = 3  # days in a row without a dense event; two are a weekend

VERDICTS = ("yes", "with_care", "no", "not_planned", "not_live", "never_seen")


@dataclass(frozen=True)
class Broken:
    """One rule that events break, with their share of the event's own events and of those of its worst part."""

    rule: str
    property: str | None
    events: int
    share: float
    worst_part: str = ""
    worst_share: float = 0.0


@dataclass(frozen=True)
class Facts:
    """What is known of one event in the asked days; `bad_since` begins the latest run of days over the limit."""

    event: str
    status: str
    events: int
    violating: int
    first_on: date | None = None
    last_on: date | None = None
    bad_since: date | None = None
    bad_until: date | None = None
    asked_from: date | None = None
    through: date | None = None
    gap_from: date | None = None
    gap_to: date | None = None
    typical: float = 0.0
    live_from: date | None = None
    ended_on: date | None = None
    replacement: str | None = None
    owner: str | None = None
    broken: Sequence[Broken] = field(default=())
    affects: Sequence[str] = field(default=())


@dataclass(frozen=True)
class Verdict:
    """One of VERDICTS, the sentence, and the day from which it holds."""

    word: str
    why: str
    since: date | None


def verdict(facts: Facts) -> Verdict:
    """The verdict on one event."""
    if facts.status == "system":
        return Verdict(
            "not_planned",
            "It is a vendor's own event: it is in no number, so nobody plans it.",
            None,
        )
    if facts.status == "unplanned":
        return Verdict(
            "not_planned",
            "Nobody has written what it means or who answers for it.",
            facts.first_on,
        )
    if not facts.events:
        return Verdict("never_seen", _never(facts), None)
    if facts.status in ("deprecated", "removed"):
        return Verdict("not_live", _ended(facts), facts.ended_on)
    if facts.status == "planned":
        return Verdict(
            "not_live",
            f"Not yet: it is only planned, and {_events(facts.events)} of it arrived all the same.",
            facts.first_on,
        )
    share = facts.violating / facts.events
    start = _start(facts)
    if facts.bad_since and not _is_over(facts):
        return Verdict("no", _bad_now(facts, share), facts.bad_since)
    if silent := _silent(facts):
        return Verdict("no", silent, facts.last_on)
    if facts.bad_since and facts.bad_until:
        return Verdict("with_care", _bad_before(facts), facts.bad_until)
    if facts.violating:
        return Verdict(
            "with_care",
            f"Yes, with care since {wording.day(start)}: {wording.share(share)} of {_events(facts.events)} "
            f"break a rule{_named(facts.broken[:1])}.",
            start,
        )
    if facts.gap_from and facts.gap_to:
        return Verdict("with_care", _gap(facts), facts.gap_to)
    return Verdict(
        "yes",
        f"You can trust it since {wording.day(start)}: {_events(facts.events)}, none breaks a rule.",
        start,
    )


def _start(facts: Facts) -> date | None:
    """From where the asked days are looked at; the first event says it where nobody asked for a day."""
    known = [day for day in (facts.asked_from, facts.first_on) if day]
    return max(known) if known else None


def _never(facts: Facts) -> str:
    if facts.status == "planned":
        return "It is planned, and no event has arrived yet."
    if facts.status in ("deprecated", "removed"):
        return f"Nothing arrives any more; it is {facts.status}{_instead(facts)}."
    asked = f" since {wording.day(facts.asked_from)}" if facts.asked_from else ""
    return f"The plan calls it live, and no event arrived{asked}."


def _ended(facts: Facts) -> str:
    since = f" since {wording.day(facts.ended_on)}" if facts.ended_on else ""
    return (
        f"No longer: it is {facts.status}{since}, and {_events(facts.events)} arrived all the same"
        f"{_instead(facts)}."
    )


def _instead(facts: Facts) -> str:
    return f"; use {facts.replacement} instead" if facts.replacement else ""


def _bad_now(facts: Facts, share: float) -> str:
    since = facts.bad_since or _start(facts)
    what = [_part(item) for item in facts.broken[:2]] or [f"{wording.share(share)} break a rule"]
    affects = f"; affects {_listed(facts.affects)}" if facts.affects else ""
    return f"Not since {wording.day(since)}: {' and '.join(what)}{affects}."


def _bad_before(facts: Facts) -> str:
    return (
        f"Yes again after {wording.day(facts.bad_until)}; from {wording.day(facts.bad_since)} on it was not: "
        f"{' and '.join(_part(item) for item in facts.broken[:2]) or 'events broke the plan'}."
    )


def _silent(facts: Facts) -> str:
    if not (facts.last_on and facts.through) or facts.typical < DENSE:
        return ""
    if (facts.through - facts.last_on).days <= GAP_DAYS:
        return ""
    return (
        f"Not since {wording.day(facts.last_on)}: no event has arrived after it, and a usual day has "
        f"{wording.count(facts.typical)}."
    )


def _gap(facts: Facts) -> str:
    return (
        f"Yes, but nothing arrived from {wording.day(facts.gap_from)} to {wording.day(facts.gap_to)}; "
        f"a usual day has {wording.count(facts.typical)}."
    )


def _is_over(facts: Facts) -> bool:
    """Whether the bad days are followed by clean ones up to now."""
    return bool(facts.bad_until and facts.last_on and (facts.last_on - facts.bad_until).days > 7)


def _part(item: Broken) -> str:
    text = f"{wording.share(item.share)} {rule_words(item.rule, item.property)}"
    if item.worst_part and item.worst_share > item.share:
        text += f" ({item.worst_part} {wording.share(item.worst_share)})"
    return text


def _named(broken: Sequence[Broken]) -> str:
    return "".join(f", most {rule_words(item.rule, item.property)}" for item in broken)


def _events(count: int) -> str:
    return f"{wording.count(count)} event{'' if count == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    shown = [str(name).replace("_", " ") for name in names[:4]]
    return ", ".join(shown) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def rule_words(rule: str, property_name: str | None) -> str:
    """What events do that break a rule: "lack order_id"."""
    short = wording.short(property_name or "a property")
    return {
        "unplanned_event": "are not planned",
        "unplanned_property": f"carry {short}, which no event declares",
        "additional_property": f"carry {short}, which is not declared here",
        "required_missing": f"lack {short}",
        "type_mismatch": f"have {short} of the wrong type",
        "value_not_allowed": f"have a value of {short} that is not allowed",
        "deprecated_event_seen": "arrive after the end of the event",
        "planned_event_not_seen": "are planned and did not arrive",
        "version_out_of_date": "were written for an older version",
        "name_convention": f"break the naming rules{f' with {short}' if property_name else ''}",
        "near_duplicate_name": "have a name nearly like a known one",
        "pii_in_free_text": f"may hold personal data in {short}",
        "unknown": "could not be judged",
    }.get(rule, f"break {rule.replace('_', ' ')}")


def what_to_do(rule: str, property_name: str | None, owner: str | None) -> str:
    """The next step for whoever owns the event."""
    short = wording.short(property_name or "the property")
    who = owner or "whoever sends it"
    return {
        "unplanned_event": f"Plan it with meaning and owner, or ask {who} to stop it.",
        "unplanned_property": f"Declare {short} on the event, or ask {who} to drop it.",
        "additional_property": f"Declare {short} on this event too, or ask {who} to drop it.",
        "required_missing": f"Ask {who} to send {short}, or make it optional in the plan.",
        "type_mismatch": f"Ask {who} to fix the type of {short}, or declare `cast: true`.",
        "value_not_allowed": f"Add the value of {short} to the plan, or ask {who} to fix it.",
        "deprecated_event_seen": f"Ask {who} to stop sending it, or move its end.",
        "planned_event_not_seen": f"Ask {who} whether it has been shipped, or move its date.",
        "version_out_of_date": f"Ask {who} to update the code that sends it.",
        "name_convention": f"Ask {who} to rename it, and keep the old name under `seen_as`.",
        "near_duplicate_name": "Add the spelling under `seen_as` of the known event, if they are one.",
        "pii_in_free_text": f"Ask {who} to stop sending personal data in {short}, and erase it.",
        "unknown": f"Look at an example with {who}.",
    }.get(rule, f"Ask {who}.")
