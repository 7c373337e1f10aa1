"""One remark about a plan, with its place.

Knows: file, line, severity, rule, words. Must not know: how anything is judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ingestion.tracking_plan.model import EventPlan


@dataclass(frozen=True)
class Finding:
    """One remark about the plan; `severity` is error or warning."""

    file: Path
    line: int
    severity: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity}: {self.message}"


def error(event: EventPlan, rule: str, message: str, *keys: str) -> Finding:
    """What must be put right before a build, at the line of `keys` inside the event."""
    return Finding(event.file, event.line_of(*keys), "error", rule, message)


def warning(event: EventPlan, rule: str, message: str, *keys: str) -> Finding:
    """What a reviewer would ask about."""
    return Finding(event.file, event.line_of(*keys), "warning", rule, message)
