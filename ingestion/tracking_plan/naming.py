"""Judges names of events, with reasons, and folds names that mean the same into one.

Knows: the convention object_verb_past and what a name may not carry. Must not know: a plan, data.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# object_verb_past, in lower case with underscores: report_published, teammate_invited
NAME_PATTERN = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)+$")


@dataclass(frozen=True)
class Reason:
    """Why a name breaks the convention: a short code, and words that say how to put it right."""

    code: str
    message: str


def audit(name: str) -> list[Reason]:
    """What is wrong with the name of an event; empty when nothing is."""
    if not NAME_PATTERN.match(name):
        return [Reason("case", "is not `object_verb_past` in lower case, like report_published")]
    return []


def fold(name: str) -> str:
    """The name without case and separators: two names that fold alike are nearly the same."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in plain if letter.isalnum())
