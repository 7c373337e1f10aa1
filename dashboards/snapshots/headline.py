"""One KPI in numbers and in words, ready to be placed.

Knows what a headline holds. Must not know which questions there are or how a page looks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from dashboards import wording
from dashboards.answer import Answer

AskFor = Callable[[str, dict[str, Any]], Answer]


@dataclass(frozen=True)
class Headline:
    """One KPI in numbers and in words; `question` and `params` are its source."""

    id: str
    label: str
    question: str
    params: dict[str, Any]
    value: float | None = None
    text: str = wording.NONE
    before: float | None = None
    before_text: str = ""
    change_text: str = ""
    compared_with: str = ""
    interval_text: str = ""
    n_text: str = ""
    target: float | None = None
    target_text: str = ""
    status: str = ""
    state: str = "quiet"
    trend: tuple[float, ...] = ()
    is_withheld: bool = False
    is_clear_change: bool = False
    reason: str = ""
    evidence: str = ""
    period_text: str = ""
    restated: str = ""  # what its period was before, where it was restated lately
    answers: tuple[Answer, ...] = field(default=(), repr=False, compare=False)

    @property
    def note(self) -> str:
        """Target, n and interval in one line; the reason where the value is withheld."""
        if self.is_withheld:
            return self.reason
        parts = [f"Target {self.target_text}" if self.target_text else "No target", self.n_text]
        parts.append(self.interval_text)
        return " · ".join(part for part in parts if part)

    @property
    def direction(self) -> int:
        """1 up, -1 down, 0 the same or not comparable."""
        if self.value is None or self.before is None or self.value == self.before:
            return 0
        return 1 if self.value > self.before else -1


def withheld(
    blank: Headline, reason: str, status: str = "Coverage too low", state: str = "quiet"
) -> Headline:
    return filled(blank, None, is_withheld=True, reason=reason, status=status, state=state)


def filled(blank: Headline, answer: Answer | None, **values: Any) -> Headline:
    return replace(blank, answers=(answer,) if answer else (), **values)
