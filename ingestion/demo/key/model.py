"""What a truth is: a sentence, the questions that show it, and what must stand in their answers.

Knows: the form of the answer key. Must not know: any truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from ingestion.company.model import Person, Release, Tool
from ingestion.demo.behaviour import People
from ingestion.demo.process import Episode, SignOn
from ingestion.demo.product import Delivered
from ingestion.demo.scene import AS_OF
from ingestion.demo.studies import Study
from ingestion.demo.work import Work


@dataclass(frozen=True)
class Check:
    """One question to ask, the row to look at, and what must stand there. `row` None reads the summary."""

    question: str
    params: dict[str, Any]
    row: dict[str, Any] | None
    fields: dict[str, Any]
    tolerance: float = 1e-9
    as_of: str | None = AS_OF


@dataclass(frozen=True)
class Truth:
    """Something that is true of the demo company. Not covered: no question of this version can show it yet."""

    id: str
    what: str
    checks: tuple[Check, ...] = ()
    is_covered: bool = True
    planted: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Planted:
    """Everything that the generator wrote down about its own company."""

    frame: pl.DataFrame
    people: People
    web: Delivered
    mobile: Delivered
    tickets: list[dict[str, Any]]
    answers: list[dict[str, Any]]
    refused_answers: int
    studies: Sequence[Study]
    exposures: dict[str, list[tuple[str, str, datetime]]]
    roster: Sequence[Person]
    tools: Sequence[Tool]
    releases: Sequence[Release]
    sign_ons: list[SignOn]
    episodes: list[Episode]
    works: list[Work]
