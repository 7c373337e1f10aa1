"""The tracking plan as values: events, their properties, and the names that tools give them.

Knows: the form of `tracking_plan/*.yml`. Must not know: what the events did (dbt) or whether the plan is wise (lint).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ingestion.declarations import (
    ANY,
    BOOLEAN,
    DATE,
    NUMBER,
    TEXT,
    CompanyError,
    Document,
    Form,
    ListOf,
    MapOf,
    Problem,
    check,
    choice,
    read,
)

STATUSES = ("planned", "live", "deprecated", "removed")
TYPES = ("string", "integer", "number", "boolean", "timestamp", "list", "object", "any")
PII_CLASSES = ("none", "pseudonym", "personal", "sensitive", "free_text")

PROPERTY_FORM = Form(
    {
        "type": choice(*TYPES),
        "required": BOOLEAN,
        "allowed": ListOf(ANY),
        "pattern": TEXT,
        "minimum": NUMBER,
        "maximum": NUMBER,
        "pii": choice(*PII_CLASSES),
        "description": TEXT,
    },
    required=("type",),
)
EVENT_FORM = Form(
    {
        "description": TEXT,
        "question": TEXT,
        "owner": TEXT,
        "area": TEXT,
        "feature": TEXT,
        "status": choice(*STATUSES, "draft"),
        "review_by": DATE,
        "counts_as_active": BOOLEAN,
        "value_event": BOOLEAN,
        "version": ANY,
        "properties": MapOf(PROPERTY_FORM),
        "seen_as": MapOf(ListOf(TEXT, or_single=True)),
        "replacement": TEXT,
    }
)
FEATURE_FORM = Form(
    {"name": TEXT, "area": TEXT, "owner": TEXT, "description": TEXT}, required=("name",)
)
# A file of the plan maps event names to events; the reserved key `features` declares features.
FEATURES_KEY = "features"


@dataclass(frozen=True)
class PropertyPlan:
    name: str
    type: str
    required: bool = False
    allowed: tuple[Any, ...] = ()
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    pii: str = "none"


@dataclass(frozen=True)
class EventPlan:
    """One event, with the place where it is declared."""

    name: str
    file: Path
    line: int
    description: str = ""
    question: str = ""
    owner: str = ""
    area: str = ""
    feature: str = ""
    status: str = "live"
    review_by: date | None = None
    counts_as_active: bool = True
    value_event: bool = False
    version: str = "1"
    replacement: str = ""
    properties: tuple[PropertyPlan, ...] = ()
    seen_as: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class FeaturePlan:
    feature: str
    name: str
    file: Path
    line: int
    area: str = ""
    owner: str = ""
    description: str = ""


@dataclass(frozen=True)
class Plan:
    events: tuple[EventPlan, ...] = ()
    features: tuple[FeaturePlan, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.events


def read_plan(folder: Path) -> Plan:
    """Every event and feature of the plan. Raises CompanyError for anything that does not fit the form."""
    events: list[EventPlan] = []
    features: list[FeaturePlan] = []
    problems: list[Problem] = []
    for path in sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]):
        try:
            document = read(path)
        except CompanyError as error:
            problems.extend(error.problems)
            continue
        if document.value is None:
            continue
        found = _check_file(document)
        if found:
            problems.extend(found)
            continue
        for name, body in document.value.items():
            if name == FEATURES_KEY:
                features.extend(_feature(document, key, entry) for key, entry in body.items())
            else:
                events.append(_event(document, name, body or {}))
    if problems:
        raise CompanyError(problems)
    return Plan(tuple(events), tuple(features))


def _check_file(document: Document) -> list[Problem]:
    if not isinstance(document.value, dict):
        return [document.problem((), "must map event names to events, e.g. `report_published:`")]
    problems = []
    for name, body in document.value.items():
        if name == FEATURES_KEY:
            problems.extend(check(document, MapOf(FEATURE_FORM), (name,)))
        elif body is not None:
            problems.extend(check(document, EVENT_FORM, (name,)))
    return problems


def _feature(document: Document, key: str, entry: dict[str, Any]) -> FeaturePlan:
    return FeaturePlan(
        feature=key,
        name=str(entry["name"]),
        file=document.file,
        line=document.line((FEATURES_KEY, key)),
        area=str(entry.get("area") or ""),
        owner=str(entry.get("owner") or ""),
        description=str(entry.get("description") or ""),
    )


def _event(document: Document, name: str, body: dict[str, Any]) -> EventPlan:
    status = str(body.get("status") or "live")
    active = body.get("counts_as_active")
    return EventPlan(
        name=name,
        file=document.file,
        line=document.line((name,)),
        description=str(body.get("description") or "").strip(),
        question=str(body.get("question") or "").strip(),
        owner=str(body.get("owner") or ""),
        area=str(body.get("area") or ""),
        feature=str(body.get("feature") or ""),
        status="planned" if status == "draft" else status,
        review_by=body.get("review_by"),
        counts_as_active=True if active is None else bool(active),
        value_event=bool(body.get("value_event")),
        version=str(body.get("version") or "1"),
        replacement=str(body.get("replacement") or ""),
        properties=tuple(
            _property(key, entry) for key, entry in (body.get("properties") or {}).items()
        ),
        seen_as={
            source: tuple(str(n) for n in (names if isinstance(names, list) else [names]))
            for source, names in (body.get("seen_as") or {}).items()
        },
    )


def _property(name: str, entry: dict[str, Any]) -> PropertyPlan:
    pattern = entry.get("pattern")
    return PropertyPlan(
        name=name,
        type=str(entry["type"]),
        required=bool(entry.get("required")),
        allowed=tuple(entry.get("allowed") or ()),
        pattern=None if pattern is None else str(pattern),
        minimum=entry.get("minimum"),
        maximum=entry.get("maximum"),
        pii=str(entry.get("pii") or "none"),
    )
