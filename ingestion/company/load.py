"""Reads a company folder into a Company, or says everything that is wrong with it at once.

Knows: which files exist and how they refer to each other. Must not know: the data folder, SQL.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ingestion.company import forms
from ingestion.company.model import (
    Area,
    Company,
    Exclusion,
    Person,
    Routing,
    Settings,
    Target,
    Tool,
    Usage,
)
from ingestion.contract import SOURCES_DIR
from ingestion.declarations import CompanyError, Document, Problem, check, nearest, read
from ingestion.tracking_plan.lint import errors, lint
from ingestion.tracking_plan.model import Plan
from ingestion.tracking_plan.reading import read_plan

_NO_DOCUMENT = Document(Path("-"), None)


def load(company_dir: Path) -> Company:
    """The company of a folder. Raises CompanyError with every problem found, each with file, line and fix."""
    company_dir = Path(company_dir)
    if not (company_dir / "settings.yml").is_file():
        message = "is missing; `productops init` writes one"
        raise CompanyError([Problem(company_dir / "settings.yml", 1, message)])
    documents, problems = _documents(company_dir)
    plan = Plan()
    try:
        plan = read_plan(company_dir / "tracking_plan")
    except CompanyError as error:
        problems.extend(error.problems)
    if problems:
        raise CompanyError(problems)
    company = _company(company_dir, documents, plan)
    problems.extend(_cross_check(company, documents))
    if problems:
        raise CompanyError(sorted(problems, key=lambda problem: (str(problem.file), problem.line)))
    return company


def known_sources() -> frozenset[str]:
    """Every source that has a contract, but for the company's own files."""
    return frozenset(path.parent.name for path in SOURCES_DIR.glob("*/contract.yml")) - {"company"}


def _documents(company_dir: Path) -> tuple[dict[str, Document], list[Problem]]:
    documents: dict[str, Document] = {}
    problems: list[Problem] = []
    for path in sorted(company_dir.glob("*.y*ml")):
        if path.name not in forms.FILES:
            close = difflib.get_close_matches(path.name, forms.FILES, n=1, cutoff=0.75)
            if close:
                message = f"is not a file that is read; did you mean `{close[0]}`?"
                problems.append(Problem(path, 1, message))
            continue
        try:
            document = read(path)
        except CompanyError as error:
            problems.extend(error.problems)
            continue
        if document.value is None and path.name != "settings.yml":
            continue
        problems.extend(check(document, forms.FILES[path.name]))
        documents[path.name] = document
    return documents, problems


def _company(company_dir: Path, documents: dict[str, Document], plan: Plan) -> Company:
    def value(name: str) -> dict[str, Any]:
        return documents.get(name, _NO_DOCUMENT).value or {}

    written = value("settings.yml")
    return Company(
        folder=company_dir,
        settings=_settings(written, plan),
        plan=plan,
        areas=tuple(
            Area(_text(a["id"]), _text(a.get("name") or a["id"]), _text(a.get("owner")))
            for a in value("areas.yml").get("areas") or []
        ),
        people=tuple(_person(p) for p in value("people.yml").get("people") or []),
        tools=(
            *(_tool(t, "tool") for t in value("tools.yml").get("tools") or []),
            *(_tool(t, "process") for t in value("tools.yml").get("processes") or []),
        ),
        targets=tuple(
            Target(kpi, variant, t.get("at_least"), t.get("at_most"), _text(t.get("per")))
            for kpi, variants in (value("kpis.yml").get("targets") or {}).items()
            for variant, t in variants.items()
        ),
        routing=tuple(_routing(value("routing.yml"))),
        exclusions=tuple(
            Exclusion(kind, _text(entry))
            for key, kind in forms.EXCLUSION_KEYS.items()
            for entry in (written.get("exclude") or {}).get(key) or []
        ),
        baselines=value("kpis.yml").get("baselines") or {},
        data_access=value("data_access.yml"),
        delivery=value("delivery.yml"),
        time_categories=value("time_categories.yml"),
        decision_rules=value("decision_rules.yml"),
        access=value("access.yml"),
    )


def _settings(written: dict[str, Any], plan: Plan) -> Settings:
    def given(key: str, default: Any) -> Any:
        return default if written.get(key) is None else written[key]

    return Settings(
        company=_text(written["company"]),
        timezone=_text(given("timezone", "UTC")),
        week_start=forms.WEEKDAYS.index(str(given("week_start", "monday")).lower()) + 1,
        session_timeout_minutes=given("session_timeout_minutes", 30),
        minimum_group_size=given("minimum_group_size", 5),
        identity_scope=_text((written.get("identity") or {}).get("scope") or "company"),
        unplanned_counts_as_active=given("unplanned_events_count_as_active", plan.is_empty),
        pm_titles=tuple(_text(title) for title in written.get("pm_titles") or []),
        sources=written.get("sources") or {},
    )


def _person(entry: dict[str, Any]) -> Person:
    return Person(
        person_id=_text(entry["person_id"]),
        name=_text(entry.get("name")),
        email=_text(entry.get("email")),
        role=_text(entry.get("role")),
        area=_text(entry.get("area")),
        start_date=entry.get("start_date"),
        end_date=entry.get("end_date"),
        github_login=_text(entry.get("github_login")),
    )


def _tool(entry: dict[str, Any], kind: str) -> Tool:
    rollout = entry.get("rollout") or {}
    return Tool(
        tool=_text(entry["id"]),
        name=_text(entry.get("name") or entry["id"]),
        kind=kind,
        category=_text(entry.get("category")),
        is_core=bool(entry.get("core")),
        owner=_text(entry.get("owner")),
        rollout_on=rollout.get("date"),
        eligible=rollout.get("eligible") or "all",
        usage=tuple(
            Usage(**{key: _text(value) for key, value in usage.items()})
            for usage in entry.get("usage") or []
        ),
    )


def _routing(written: dict[str, Any]) -> Iterator[Routing]:
    position = 0
    for rule in written.get("rules") or []:
        for key in forms.ROUTING_KEYS:
            values = rule.get(key)
            for value in values if isinstance(values, list) else [values]:
                if value is not None:
                    position += 1
                    yield Routing(
                        position,
                        _text(rule["id"]),
                        key,
                        _text(value),
                        _text(rule.get("area")),
                        _text(rule.get("owner")),
                    )
    fallback = written.get("fallback")
    if fallback:
        area, owner = _text(fallback.get("area")), _text(fallback["owner"])
        yield Routing(position + 1, "fallback", "fallback", "", area, owner)


def _cross_check(company: Company, documents: dict[str, Document]) -> Iterator[Problem]:
    """References between files, and values that only this company can have wrong."""
    yield from _zones(company, documents)
    people = {person.person_id for person in company.people}
    owners = people | {person.email for person in company.people if person.email}
    areas = {area.area for area in company.areas}
    for finding in errors(lint(company.plan, owners, areas, known_sources())):
        yield Problem(finding.file, finding.line, finding.message)
    yield from _unique(documents, "people.yml", ("people",), "person_id")
    yield from _unique(documents, "areas.yml", ("areas",), "id")
    yield from _unique(documents, "tools.yml", ("tools", "processes"), "id")
    yield from _unique(documents, "routing.yml", ("rules",), "id")
    references: list[tuple[str, tuple[str, ...], str, set[str], str]] = [
        ("areas.yml", ("areas",), "owner", owners, "people.yml"),
        ("tools.yml", ("tools", "processes"), "owner", owners, "people.yml"),
        ("routing.yml", ("rules",), "owner", owners, "people.yml"),
        ("routing.yml", ("rules",), "area", areas, "areas.yml"),
        ("people.yml", ("people",), "area", areas, "areas.yml"),
    ]
    for file, lists, key, known, where in references:
        if known and file in documents:
            yield from _known(documents[file], lists, key, known, where)


def _zones(company: Company, documents: dict[str, Document]) -> Iterator[Problem]:
    settings = documents["settings.yml"]
    if not _is_zone(company.settings.timezone):
        yield settings.problem(("timezone",), _zone_message(company.settings.timezone))
    for source, entry in company.settings.sources.items():
        for project, keys in ((entry or {}).get("projects") or {}).items():
            zone = (keys or {}).get("timezone")
            if zone is not None and not _is_zone(str(zone)):
                place = ("sources", source, "projects", project, "timezone")
                yield settings.problem(place, _zone_message(str(zone)))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _zone_message(name: str) -> str:
    return f"`timezone` `{name}` is not an IANA zone; write one like Europe/Berlin or UTC"


def _unique(
    documents: dict[str, Document], file: str, lists: tuple[str, ...], key: str
) -> Iterator[Problem]:
    def seen(document: Document, place: tuple[str | int, ...], first: int) -> Problem:
        message = f"`{key}` is already used on line {first}; ids must differ"
        return document.problem((*place, key), message)

    yield from _each(documents.get(file, _NO_DOCUMENT), lists, key, seen)


def _each(
    document: Document,
    lists: tuple[str, ...],
    key: str,
    report: Callable[[Document, tuple[str | int, ...], int], Problem],
) -> Iterator[Problem]:
    lines: dict[str, int] = {}
    for name in lists:
        for n, entry in enumerate((document.value or {}).get(name) or []):
            place = (name, n)
            written = _text(entry.get(key))
            if written in lines:
                yield report(document, place, lines[written])
            else:
                lines[written] = document.line((*place, key))


def _known(
    document: Document, lists: tuple[str, ...], key: str, known: set[str], where: str
) -> Iterator[Problem]:
    for name in lists:
        for n, entry in enumerate((document.value or {}).get(name) or []):
            written = _text(entry.get(key))
            if written and written not in known:
                message = f"`{key}` `{written}` is not in {where}; {nearest(written, known)}"
                yield document.problem((name, n, key), message)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
