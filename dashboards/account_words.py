"""Which accounts a sentence is about: "enterprise customers", "on the pro plan", "not on the free plan".

Knows how people name the plan or the segment of accounts. Must not know questions; what is not clear, or compares accounts
with each other, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

COLUMNS = ("plan", "segment")
_WHO = r"account|customer|client|compan(?:y|ie)|team|workspace|user|people|person|organi[sz]ation"
_COMPARES = re.compile(
    r"\b(?:better|best|worse|worst|than|versus|vs|between|differ\w*|gap|compare\w*)\b"
)


@dataclass(frozen=True)
class Accounts:
    """A property of accounts with the value that the sentence names, or names as the one that is not meant."""

    column: str
    value: str
    is_without: bool = False

    @property
    def condition(self) -> dict[str, str]:
        """The same as a condition of `where`."""
        op = "ne" if self.is_without else "eq"
        return {"property": self.column, "op": op, "value": self.value, "of": "account"}


def asked_accounts(
    sentence: str, known: Mapping[str, Mapping[str, str]]
) -> tuple[Accounts | None, str]:
    """The accounts that a cleaned sentence is about, and the sentence without their name.

    `known` holds the values of each column by how they are written when cleaned.
    """
    named = [
        (column, written)
        for column in COLUMNS
        for written in known.get(column, {})
        if f" {written} " in f" {sentence} "
    ]
    if not named or _COMPARES.search(sentence):
        return None, sentence
    found = [
        (column, written, match)
        for column, written in named
        if (match := _phrase(column, written).search(sentence))
    ]
    if len(found) != 1 or len({written for _, written in named}) != 1:
        return None, sentence
    column, written, match = found[0]
    rest = f"{sentence[: match.start()]} {sentence[match.end() :]}"
    accounts = Accounts(column, known[column][written], match["no"] is not None)
    return accounts, " ".join(rest.split())


def _phrase(column: str, written: str) -> re.Pattern[str]:
    """The value beside a word that says what it is of; beside the word of the other column it is not this one."""
    value = re.escape(written)
    beside = rf"{column} {value}|{value} (?:{column}|tier)s?|{value}(?= (?:{_WHO})s?\b)"
    return re.compile(
        rf"\b(?:(?P<no>non|not|except|excluding|without) )?(?:(?:(?:on|in|of) )?(?:the )?(?:{beside})|on (?:the )?{value})\b"
    )
