"""What is said about the headlines: by rules, so the same numbers always give the same words.

Knows a few sentence forms. Must not hold a number of its own: every figure in a sentence is a text of a headline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.snapshots.headlines import Headline


@dataclass(frozen=True)
class Sentence:
    """One statement: signed size, the words, and a line of evidence. `headline` is where its numbers stand."""

    size: str
    text: str
    evidence: str
    state: str
    headline: Headline | None = None


def changed(headlines: Sequence[Headline]) -> list[Sentence]:
    """What changed beyond chance or range, one line each, then one line for what did not."""
    moved = [h for h in headlines if not h.is_withheld and h.is_clear_change and h.direction]
    found = [_moved(h) for h in moved]
    steady = [h for h in headlines if not h.is_withheld and h not in moved and h.before is not None]
    if steady:
        names = _join([f"{h.label} ({h.text})" for h in steady])
        found.append(
            Sentence(
                "● none",
                f"No clear change: {names}.",
                "None moved by more than chance or its usual range explains",
                "quiet",
            )
        )
    if not found:
        found.append(
            Sentence("● none", "There is no earlier period to compare with yet.", "", "quiet")
        )
    return found


def summary(headlines: Sequence[Headline]) -> list[str]:
    """Two or three sentences for the top of the page."""
    by_id = {h.id: h for h in headlines if not h.is_withheld}
    parts = []
    if wau := by_id.get("wau"):
        parts.append(f"{wau.text} people were active in the week {wau.period_text}{_versus(wau)}.")
    if retention := by_id.get("retention"):
        parts.append(f"Month-1 retention is {retention.text}{_versus(retention)}.")
    if k1 := by_id.get("k1"):
        goal = f"; the target is {k1.target_text}" if k1.target_text else ""
        parts.append(
            f"PMs got {k1.text} of their answers within 15 minutes in {k1.period_text}{goal}."
        )
    return parts or ["No headline number can be reported yet; the table says why for each."]


def certainty(headlines: Sequence[Headline]) -> list[str]:
    """How far the numbers carry."""
    withheld = [h for h in headlines if h.is_withheld]
    clear = [h for h in headlines if h.is_clear_change and not h.is_withheld]
    parts = []
    if clear:
        parts.append(f"Beyond chance or range: {_join([h.label for h in clear])}.")
    else:
        parts.append("No number moved by more than chance or its usual range explains.")
    if withheld:
        parts.append(f"Not shown: {_join([f'{h.label} ({h.reason})' for h in withheld])}.")
    return parts


def to_do(headlines: Sequence[Headline]) -> list[str]:
    """Which numbers wait for somebody: those under their target."""
    late = [
        h for h in headlines if not h.is_withheld and h.status in ("Under target", "Near target")
    ]
    return [
        f"{h.label} is {h.status.lower()}: {h.text}, target {h.target_text}." for h in late
    ] or ["No number is under its target."]


def _moved(h: Headline) -> Sentence:
    verb = "rose" if h.direction > 0 else "fell"
    arrow = "▲" if h.direction > 0 else "▼"
    return Sentence(
        size=f"{arrow} {h.change_text.lstrip('+−')}",
        text=f"{h.label} {verb} to {h.text} from {h.before_text} ({h.period_text}).",
        evidence=h.evidence,
        # Of every headline that is held against chance more is better. A fall that still meets its target is a fall.
        state="good" if h.direction > 0 else "warn",
        headline=h,
    )


def _versus(h: Headline) -> str:
    if not h.before_text:
        return ""
    if not h.is_clear_change:
        return f", no clear change from {h.before_text}"
    return f", {'up' if h.direction > 0 else 'down'} from {h.before_text}"


def _join(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
