"""Typed functions for the events of a plan, in the language of whoever sends them.

`LANGUAGES` gives each language's writer: a pure function from chosen events to the text of one file.
"""

from __future__ import annotations

from collections.abc import Callable

from ingestion.tracking_plan.wrappers import python, typescript
from ingestion.tracking_plan.wrappers.chosen import Chosen, choose
from ingestion.tracking_plan.wrappers.identifiers import NameCollision

LANGUAGES: dict[str, Callable[[Chosen], str]] = {
    "python": python.write,
    "typescript": typescript.write,
}

__all__ = ["LANGUAGES", "Chosen", "NameCollision", "choose"]
