"""Reads the files of a tracking plan into a Plan.

Knows: how files, shared properties and defaults come together. Must not know: whether the plan is wise (lint).
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from ingestion.declarations import (
    CompanyError,
    Document,
    Place,
    Problem,
    read,
)
from ingestion.tracking_plan import forms, semver
from ingestion.tracking_plan.fitting import (
    Shared,
    collect_shared,
    events_of,
    misfits,
    said_twice,
    unfit_properties,
)
from ingestion.tracking_plan.model import (
    CountedFrom,
    EventPlan,
    FeaturePlan,
    Plan,
    PropertyPlan,
    SharedProperty,
    SourcePeriod,
)

Lines = dict[tuple[str, ...], int]


def read_plan(folder: Path) -> Plan:
    """The plan of a folder. Raises CompanyError for everything that does not fit the form."""
    documents: list[Document] = []
    problems = [
        Problem(path, 1, f"is in a folder of its own and would not be read; move it to {folder}")
        for path in sorted(folder.glob("*/**/*.y*ml"))
    ]
    for path in sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]):
        try:
            document = read(path)
        except CompanyError as error:
            problems.extend(error.problems)
            continue
        if document.value is None:
            continue
        found = list(misfits(document))
        problems.extend(found)
        if not found:
            documents.append(document)
    shared: Shared = {}
    problems.extend(collect_shared(documents, shared))
    problems.extend(said_twice(documents))
    problems.extend(p for document in documents for p in unfit_properties(document, shared))
    if problems:
        raise CompanyError(problems)
    return _plan(documents, shared)


def _plan(documents: list[Document], shared: Shared) -> Plan:
    said = {
        key: (document, document.value[key])
        for document in documents
        for key in forms.ONCE
        if document.value.get(key) is not None
    }
    counted = said.get(forms.COUNTED_FROM_KEY)
    rules = said.get(forms.RULES_KEY)
    version_property = said.get(forms.VERSION_PROPERTY_KEY)
    return Plan(
        events=tuple(
            _event(document, name, body, shared, lines[name])
            for document in documents
            for lines in [_lines_by_event(document)]
            for name, body in events_of(document)
        ),
        features=tuple(
            _feature(document, key, entry)
            for document in documents
            for key, entry in (document.value.get(forms.FEATURES_KEY) or {}).items()
        ),
        shared=tuple(
            SharedProperty(
                _property(name, body, is_shared=True),
                document.file,
                document.line((forms.PROPERTIES_KEY, name)),
            )
            for name, (document, body) in shared.items()
        ),
        rules=_rules(rules[1]) if rules else {},
        counted_from=(
            _counted_from(counted[0], counted[1], (forms.COUNTED_FROM_KEY,)) if counted else None
        ),
        version_property=(
            str(version_property[1]) if version_property else forms.DEFAULT_VERSION_PROPERTY
        ),
    )


def _feature(document: Document, key: str, entry: dict[str, Any]) -> FeaturePlan:
    return FeaturePlan(
        feature=key,
        name=str(entry["name"]),
        file=document.file,
        line=document.line((forms.FEATURES_KEY, key)),
        area=_text(entry.get("area")),
        owner=_text(entry.get("owner")),
        description=_text(entry.get("description")),
    )


def _event(
    document: Document, name: str, body: dict[str, Any], shared: Shared, lines: Lines
) -> EventPlan:
    status = _text(body.get("status")).lower() or "live"
    active = body.get("counts_as_active")
    counted = body.get("counted_from")
    return EventPlan(
        name=name,
        file=document.file,
        line=document.line((name,)),
        description=_text(body.get("description")),
        trigger=_text(body.get("trigger")),
        question=_text(body.get("question")),
        owner=_text(body.get("owner")),
        area=_text(body.get("area")),
        feature=_text(body.get("feature")),
        status="planned" if status == "draft" else status,
        planned_for=body.get("planned_for"),
        live_from=body.get("live_from"),
        deprecated_from=body.get("deprecated_from"),
        removed_from=body.get("removed_from"),
        review_by=body.get("review_by"),
        counts_as_active=True if active is None else bool(active),
        value_event=bool(body.get("value_event")),
        version=semver.normal("1" if body.get("version") is None else body["version"]),
        platforms=_names(body.get("platforms")),
        replacement=_text(body.get("replacement")),
        properties=tuple(
            # What the event says of a shared property goes before what is shared.
            _property(
                key,
                {**(shared[key][1] if key in shared else {}), **(entry or {})},
                is_shared=key in shared,
            )
            for key, entry in (body.get("properties") or {}).items()
        ),
        rules=_rules(body.get("rules") or {}),
        counted_from=(
            None if counted is None else _counted_from(document, counted, (name, "counted_from"))
        ),
        seen_as={source: _names(names) for source, names in (body.get("seen_as") or {}).items()},
        lines=lines,
    )


def _property(name: str, entry: dict[str, Any], *, is_shared: bool) -> PropertyPlan:
    required = bool(entry.get("required"))
    pattern, nullable = entry.get("pattern"), entry.get("nullable")
    return PropertyPlan(
        name=name,
        type=str(entry["type"]).lower(),
        required=required,
        nullable=not required if nullable is None else bool(nullable),
        allowed=tuple(entry.get("allowed") or ()),
        pattern=None if pattern is None else str(pattern),
        minimum=entry.get("minimum"),
        maximum=entry.get("maximum"),
        unit=_text(entry.get("unit")),
        cast=bool(entry.get("cast")),
        sources=_names(entry.get("sources")),
        pii=_text(entry.get("pii")).lower() or "none",
        description=_text(entry.get("description")),
        is_shared=is_shared,
    )


def _counted_from(document: Document, body: dict[str, Any], place: Place) -> CountedFrom:
    line = document.line(place)
    if body.get("one_of") is None:
        return CountedFrom(
            kind="match",
            file=document.file,
            line=line,
            periods=tuple(SourcePeriod(source) for source in _names(body["prefer"])),
            property=str(body["match"]),
        )
    periods = tuple(
        SourcePeriod(str(entry["source"]), entry.get("from"), entry.get("to"))
        for entry in body["one_of"]
    )
    return CountedFrom("one_of", document.file, line, periods)


def _lines_by_event(document: Document) -> dict[str, Lines]:
    """The lines below each top-level name, by the keys that lead there."""
    found: dict[str, Lines] = defaultdict(dict)
    for place, line in document.lines.items():
        if len(place) > 1:
            found[str(place[0])][tuple(str(step) for step in place[1:])] = line
    return found


def _rules(body: dict[str, Any]) -> dict[str, str]:
    return {rule: str(mode).lower() for rule, mode in body.items() if mode is not None}


def _names(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(name) for name in (value if isinstance(value, list) else [value]))


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
