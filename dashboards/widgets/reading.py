"""The headline of an answer: what it holds and how it is drawn.

Knows the form. Must not know any question.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dashboards.widgets import html, marks
from dashboards.widgets.html import Mark


@dataclass(frozen=True)
class Reading:
    """The headline of an answer in words; `plain` is the same without markup, for alternative texts."""

    label: str
    value: str
    sentence: Mark
    evidence: str = ""
    badges: Sequence[Mark] = field(default=())
    cards: Sequence[tuple[str, str, str]] = field(default=())
    change: str = ""
    compared_with: str = ""

    @property
    def plain(self) -> str:
        """The takeaway without markup."""
        return f"{self.label}: {self.value}. {self.sentence.striptags()}"


def say(template: str, *values: object) -> Mark:
    """A sentence with its numbers in bold; values are escaped."""
    return Mark(template).format(*(html.strong(value) for value in values))


def mark(reading: Reading) -> Mark:
    """The headline as drawn."""
    return marks.headline(
        reading.label,
        reading.value,
        reading.sentence,
        reading.evidence,
        reading.badges,
        reading.change,
        reading.compared_with,
    )


def side_numbers(reading: Reading) -> Mark:
    """The cards below the headline."""
    return marks.cards(reading.cards)
