"""How events and their verdicts are named on pages: badges, links, names cut to a readable length.

Knows the closed words of statuses and verdicts. Must not know numbers. What arrives as a name may be ten kilobytes of
anything, so nothing here trusts one.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

from dashboards import wording
from dashboards.widgets import html
from dashboards.widgets.html import Mark

LONGEST_ADDRESS = 300  # a longer name is addressed by its fingerprint
LONGEST_ASKED = 1_500  # written as JSON six times as long at worst, and a parameter has its limit
STATUS = {
    "live": ("Live", "good"),
    "planned": ("Planned", "info"),
    "deprecated": ("Deprecated", "warn"),
    "removed": ("Removed", "bad"),
    "unplanned": ("Unplanned", "held"),
    "system": ("System", "quiet"),
}
VERDICT = {
    "yes": ("Yes", "good"),
    "with_care": ("With care", "warn"),
    "no": ("No", "bad"),
    "not_planned": ("Not planned", "held"),
    "not_live": ("Not live", "quiet"),
    "never_seen": ("Not seen", "quiet"),
}


def status(row: dict[str, Any]) -> Mark:
    """The standing in the plan."""
    words, state = STATUS.get(str(row["status"]), (str(row["status"] or "Unplanned"), "quiet"))
    return html.badge(words, state)


def verdict(row: dict[str, Any]) -> Mark:
    """The verdict in a word, for a table."""
    return html.badge(*VERDICT.get(str(row["verdict"]), (str(row["verdict"]), "quiet")))


def link(name: str, longest: int = 60) -> Mark:
    """The name as a link to the event's page."""
    return Mark('<a href="taxonomy?{}" target="_self" title="{}">{}</a>').format(
        urlencode(address(name)),
        wording.short(name, LONGEST_ADDRESS),
        html.code(wording.short(name, longest)),
    )


def address(name: str) -> dict[str, str]:
    """What names the event in an address."""
    return {"event": name} if len(name) <= LONGEST_ADDRESS else {"id": fingerprint(name)}


def fingerprint(name: str) -> str:
    """A short stand-in for a name that is too long for an address."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]
