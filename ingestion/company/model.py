"""The company as values, after its files were read and checked.

Knows: what can be declared. Must not know: YAML, files of the data folder, SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ingestion.tracking_plan.model import Plan

# Group types that hold a customer account, the first that an event has.
ACCOUNT_GROUPS = ("organization", "org", "company", "account")
# A device of more known users than this is a placeholder that everybody shares: it says nothing about who somebody is.
SHARED_DEVICE_USERS = 500


@dataclass(frozen=True)
class Settings:
    """`settings.yml`. `week_start` is 1 (monday) to 7 (sunday)."""

    company: str
    timezone: str = "UTC"
    week_start: int = 1
    session_timeout_minutes: int = 30
    minimum_group_size: int = 5
    identity_scope: str = "company"
    account_groups: tuple[str, ...] = ACCOUNT_GROUPS
    shared_device_users: int = SHARED_DEVICE_USERS
    unplanned_counts_as_active: bool = True
    unplanned_names_per_source: int = 2000
    unplanned_keys_per_source: int = 500
    pm_titles: tuple[str, ...] = ()
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def vendor_sessions(self) -> tuple[tuple[str, str], ...]:
        """The sources and projects that take the vendor's own sessions (`sessions: vendor`)."""
        return tuple(
            (source, project)
            for source, entry in self.sources.items()
            for project, declared in ((entry or {}).get("projects") or {}).items()
            if (declared or {}).get("sessions") == "vendor"
        )

    def project(self, source: str, project: str) -> Mapping[str, Any]:
        """What is declared for one project of one source; empty when nothing is."""
        projects = (self.sources.get(source) or {}).get("projects") or {}
        return projects.get(project) or {}


@dataclass(frozen=True)
class Exclusion:
    """An internal, test or bot actor; `kind` is user_id, email_domain, device_id, user_agent or bot_property."""

    kind: str
    value: str


@dataclass(frozen=True)
class Area:
    area: str
    name: str
    owner: str


@dataclass(frozen=True)
class Release:
    """A release that no connected tool knows, the feature that it brought, and what was planned for it."""

    release: str
    released_on: date
    feature: str = ""
    planned_on: date | None = None
    is_checklist_complete: bool | None = None


@dataclass(frozen=True)
class Person:
    person_id: str
    name: str
    email: str
    role: str
    area: str
    start_date: date | None
    end_date: date | None
    github_login: str


@dataclass(frozen=True)
class Usage:
    """Where the use of a tool can be seen."""

    source: str
    app_id: str = ""
    label: str = ""
    person: str = ""
    at: str = ""
    event: str = ""
    project: str = ""


@dataclass(frozen=True)
class Tool:
    """A tool or, with kind `process`, a way of working; both are measured as K3."""

    tool: str
    name: str
    kind: str
    category: str = ""
    is_core: bool = False
    owner: str = ""
    rollout_on: date | None = None
    eligible: Any = "all"
    usage: tuple[Usage, ...] = ()
    # Of a process: rules that find the time it costs, and categories whose time it is there to save.
    costs: tuple[Mapping[str, str], ...] = ()
    saves: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    kpi: str
    variant: str
    at_least: float | None = None
    at_most: float | None = None
    per: str = ""


@dataclass(frozen=True)
class Routing:
    """One routing rule, in the order of the file; the last row of all is the fallback."""

    position: int
    rule: str
    match_on: str
    value: str
    area: str
    owner: str


@dataclass(frozen=True)
class Company:
    """Everything that the company declares."""

    folder: Path
    settings: Settings
    plan: Plan = field(default_factory=Plan)
    areas: tuple[Area, ...] = ()
    people: tuple[Person, ...] = ()
    releases: tuple[Release, ...] = ()
    tools: tuple[Tool, ...] = ()
    targets: tuple[Target, ...] = ()
    routing: tuple[Routing, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    # Declared now, used by later parts of the product; kept as written.
    baselines: Mapping[str, Any] = field(default_factory=dict)
    data_access: Mapping[str, Any] = field(default_factory=dict)
    delivery: Mapping[str, Any] = field(default_factory=dict)
    time_categories: Mapping[str, Any] = field(default_factory=dict)
    decision_rules: Mapping[str, Any] = field(default_factory=dict)
    access: Mapping[str, Any] = field(default_factory=dict)

    @property
    def owners(self) -> frozenset[str]:
        """Who may own something: people by id or by address."""
        ids = {person.person_id for person in self.people}
        return frozenset(ids | {person.email for person in self.people if person.email})
