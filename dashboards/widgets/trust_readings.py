"""The first thing a reader sees of an answer about events: the verdict, what is broken, who uses it, what it reaches.

Knows what rows and summary of these questions mean. Must not draw and must not compute a metric.
"""

from __future__ import annotations

from collections.abc import Callable

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.widgets import event_words
from dashboards.widgets.html import Mark
from dashboards.widgets.reading import Reading, say


def _trust(answer: Answer) -> Reading:
    if len(answer.rows) != 1:
        broken = answer.summary["verdicts"].get("no", 0)
        return Reading(
            label="Events known",
            value=formats.count(len(answer.rows)),
            sentence=say("{} of them are not to be trusted.", formats.count(broken)),
        )
    row = answer.rows[0]
    return Reading(
        label=formats.short(row["event"]),
        value=event_words.VERDICT.get(row["verdict"], (str(row["verdict"]), ""))[0],
        sentence=Mark("{}").format(row["why"]),
        evidence=f"{formats.count(row['events'])} events, {formats.count(row['violations'])} break a rule",
    )


def _violations(answer: Answer) -> Reading:
    found = answer.summary
    return Reading(
        label="Rules broken",
        value=formats.count(found["rules_broken"]),
        sentence=say(
            "{} events break {} rules, {} of them new.",
            formats.count(found["event_names"]),
            formats.count(found["rules_broken"]),
            formats.count(found["new"]),
        ),
    )


def _uses(answer: Answer) -> Reading:
    parts = [f"{formats.count(n)} {kind}s" for kind, n in answer.summary["uses"].items()]
    return Reading(
        label="Used by",
        value=formats.count(len(answer.rows)),
        sentence=say("It ends up in {}.", ", ".join(parts) or "nothing"),
    )


def _blast(answer: Answer) -> Reading:
    found = answer.summary
    return Reading(
        label="Largest possible error",
        value=formats.share(found["largest_possible_error"]),
        sentence=say(
            "{} of {} events of {} are affected.",
            formats.count(found["affected_events"]),
            formats.count(found["events"]),
            formats.short(found["event"]),
        ),
    )


READERS: dict[str, Callable[[Answer], Reading]] = {
    "event_trust": _trust,
    "event_violations": _violations,
    "event_uses": _uses,
    "blast_radius": _blast,
}
