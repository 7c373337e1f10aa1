"""Reads a company folder into a Company, or says everything that is wrong with it at once.

Knows: which files exist. Must not know: the data folder, SQL.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from ingestion.company import forms, references
from ingestion.company.model import (
    ACCOUNT_GROUPS,
    SHARED_DEVICE_USERS,
    Area,
    Company,
    Exclusion,
    Person,
    Release,
    Routing,
    Settings,
    Target,
    Tool,
    Usage,
)
from ingestion.declarations import CompanyError, Document, Problem, check, read
from ingestion.tracking_plan.finding import Finding
from ingestion.tracking_plan.lint import errors, lint
from ingestion.tracking_plan.model import Plan
from ingestion.tracking_plan.reading import read_plan

_NO_DOCUMENT = Document(Path("-"), None)


def load(company_dir: Path) -> Company:
    """The company of a folder. Raises CompanyError with every problem found, each with file, line and fix."""
    company, documents = _read(company_dir)
    problems = list(references.problems(company, documents))
    problems += [
        Problem(finding.file, finding.line, finding.message)
        for finding in errors(plan_findings(company))
    ]
    if problems:
        raise CompanyError(sorted(problems, key=_place))
    return company


def inspect(company_dir: Path, today: date) -> list[Finding]:
    """Everything there is to say about a folder, warnings too, in the order of files and lines."""
    try:
        company, documents = _read(company_dir)
    except CompanyError as error:
        return [_as_finding(problem) for problem in error.problems]
    found = [_as_finding(problem) for problem in references.problems(company, documents)]
    found += references.not_out_yet(company, documents, today)
    return sorted([*found, *plan_findings(company, today)], key=_place)


def warnings(company_dir: Path, today: date) -> list[str]:
    """What a run should say of declarations that can be used: `file:line: …`."""
    company, documents = _read(company_dir)
    return [
        f"{finding.file}:{finding.line}: {finding.message}"
        for finding in references.not_out_yet(company, documents, today)
    ]


def plan_findings(company: Company, today: date | None = None) -> list[Finding]:
    """The lint of the tracking plan with all that the company knows; `today` adds what the calendar says."""
    return lint(
        company.plan,
        people=company.owners,
        areas={area.area for area in company.areas},
        sources=references.known_sources(),
        today=today,
        left={
            known: person.end_date
            for person in company.people
            if person.end_date
            for known in (person.person_id, person.email)
        },
    )


def _place(of: Problem | Finding) -> tuple[str, int]:
    return str(of.file), of.line


def _as_finding(problem: Problem) -> Finding:
    return Finding(problem.file, problem.line, "error", "declaration", problem.message)


def _read(company_dir: Path) -> tuple[Company, dict[str, Document]]:
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
    return _company(company_dir, documents, plan), documents


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
        releases=tuple(
            Release(
                _text(r["id"]),
                r["date"],
                _text(r.get("feature")),
                r.get("planned"),
                r.get("checklist_complete"),
            )
            for r in value("releases.yml").get("releases") or []
        ),
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

    identity = written.get("identity") or {}
    return Settings(
        company=_text(written["company"]),
        timezone=_text(given("timezone", "UTC")),
        week_start=forms.WEEKDAYS.index(str(given("week_start", "monday")).lower()) + 1,
        session_timeout_minutes=given("session_timeout_minutes", 30),
        minimum_group_size=given("minimum_group_size", 5),
        identity_scope=_text(identity.get("scope") or "company"),
        account_groups=tuple(
            _text(kind) for kind in identity.get("account_groups") or ACCOUNT_GROUPS
        ),
        shared_device_users=identity.get("shared_device_users") or SHARED_DEVICE_USERS,
        unplanned_counts_as_active=given("unplanned_events_count_as_active", plan.is_empty),
        unplanned_names_per_source=given("unplanned_names_per_source", 2000),
        unplanned_keys_per_source=given("unplanned_keys_per_source", 500),
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
        costs=tuple(entry.get("costs") or ()),
        saves=tuple(_text(category) for category in entry.get("saves") or ()),
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


def _text(value: Any) -> str:
    return "" if value is None else str(value)
