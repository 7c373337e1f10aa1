"""Writes what the product organisation ships: features in Jira, releases on GitHub, and the roadmap.

Knows: who is planted to ship what and when, and which item lacks what. Must not know: how K5, K8 and K9 are computed.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from ingestion.company.model import Person

FUNCTIONS = {"Discovery": "product", "Design": "design", "In Progress": "engineering", "Review": "engineering", "Launch prep": "go_to_market"}  # fmt: skip
_STRAIGHT = ("Backlog", "Discovery", "Design", "In Progress", "Review", "Launch prep", "Done")
_BACK = ("Backlog", "Discovery", "Design", "In Progress", "Design", "Review", "Launch prep", "Done")


@dataclass(frozen=True)
class Shipment:
    """A release with its tag, its day (none: a draft) and the day for which the roadmap planned it."""

    tag: str
    on: date | None
    planned_on: date | None = None


@dataclass(frozen=True)
class Feature:
    """A feature item: whose it is, the version that it is fixed for, and the statuses that it went through."""

    key: str
    owner: str
    version: str
    title: str
    way: tuple[str, ...] = _STRAIGHT


@dataclass(frozen=True)
class RoadmapItem:
    """An item of the roadmap as its list has it."""

    id: str
    title: str
    area: str
    status: str = "Planned"
    end: date | None = None
    release: str = ""
    reach: float | None = None
    reach_metric: str = ""
    impact: float | None = None
    confidence: str = ""
    effort: float | None = None
    feedback: str = ""
    experiments: str = ""
    metrics: str = ""
    updated: date = date(2025, 12, 22)


SHIPMENTS = (
    Shipment("v4.9.1", date(2025, 7, 21)),
    # Day 7 of the one who joined on 11 August: somebody else's work.
    Shipment("v5.0.1", date(2025, 8, 18)),
    Shipment("v5.0.2", date(2025, 9, 19), planned_on=date(2025, 9, 19)),
    Shipment("v5.1.1", date(2025, 10, 6), planned_on=date(2025, 9, 30)),
    Shipment("v5.1.2", date(2025, 10, 27), planned_on=date(2025, 11, 3)),
    Shipment("v5.2.1", date(2025, 12, 1), planned_on=date(2025, 11, 24)),
    Shipment("v5.3.0", None, planned_on=date(2025, 12, 15)),
)
FEATURES = (
    Feature("APP-101", "pm-02", "4.9.1", "Filter chips"),
    Feature("APP-102", "pm-17", "5.0.1", "Empty state for teams"),
    Feature("APP-103", "pm-17", "5.0.2", "Scheduled exports"),
    Feature("APP-104", "pm-15", "5.1.1", "Shared filters", _BACK),
    Feature("APP-105", "pm-19", "5.1.2", "Mentions in comments"),
    Feature("APP-106", "pm-20", "5.3.0", "Goals on dashboards"),
    Feature("APP-107", "pm-21", "5.2.1", "Invoices by e-mail", _BACK),
    # Out only after its owner had left.
    Feature("APP-108", "pm-22", "5.2.1", "Offline reading"),
)
ROADMAP = (
    RoadmapItem("RM-1", "Exports that repair umlauts", "reporting", "In progress", date(2025, 12, 15), "v5.3.0", None, "feature:export", 2, "80%", 2, feedback="48003;48011"),
    RoadmapItem("RM-2", "A gallery of templates", "activation", "Planned", date(2026, 2, 27), "", None, "event:template_used", 1, "50%", 1, experiments="exp-22"),
    # Nothing stands behind it, and its reach is a guess.
    RoadmapItem("RM-3", "Dark mode", "mobile", "Planned", date(2026, 3, 31), "", 5000, "", 0.5, "80%", 3),
    # An impact that is no step of RICE, and an experiment that nobody registered.
    RoadmapItem("RM-4", "Seats in the header", "monetisation", "Planned", None, "", 300, "", 4, "80%", 1, experiments="exp-99"),
    RoadmapItem("RM-5", "Alerts when it happens", "data", "Planned", date(2026, 1, 30), "", None, "event:alert_created", 1, "100%", 1, experiments="exp-19", updated=date(2025, 10, 1)),
    *(RoadmapItem(f"RM-{n}", f"What {s.tag} brought", "reporting", "Done", s.planned_on, s.tag, updated=date(2025, 9, 1)) for n, s in enumerate(SHIPMENTS, 11) if s.planned_on and s.on),
)  # fmt: skip


def write_shipping(landing: Path, people: Sequence[Person]) -> None:
    """A page of Jira's search with the change logs, GitHub's list of releases, and the roadmap as CSV."""
    emails = {person.person_id: person.email for person in people}
    issues = [_issue(n, feature, emails[feature.owner]) for n, feature in enumerate(FEATURES)]
    page = {"startAt": 0, "maxResults": 100, "total": len(issues), "issues": issues}
    _write(landing / "jira" / "delivery" / "search_2026-01-05.json", json.dumps(page, indent=1))
    releases = [_release(n, shipment) for n, shipment in enumerate(SHIPMENTS)]
    _write(landing / "github" / "app" / "releases.json", json.dumps(releases, indent=1))
    path = landing / "roadmap" / "default" / "roadmap.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("item_id", "title", "area", "status", "end_date", "release", "reach", "reach_metric", "impact", "confidence", "effort", "feedback", "experiments", "metrics", "updated_at"))  # fmt: skip
        for item in ROADMAP:
            values = (item.id, item.title, item.area, item.status, item.end, item.release, item.reach, item.reach_metric, item.impact, item.confidence, item.effort, item.feedback, item.experiments, item.metrics, f"{item.updated}T09:00:00Z")  # fmt: skip
            writer.writerow("" if value is None else value for value in values)


def done_on(feature: Feature) -> date:
    """The day on which a feature item is done: that of its release, or a day in December where that is a draft."""
    released = next(s.on for s in SHIPMENTS if s.tag == f"v{feature.version}")
    return released or date(2025, 12, 10)


def moved_on(feature: Feature) -> list[date]:
    """The day of each move from one status to the next: one a week, the last on the day it is done."""
    moves = len(feature.way) - 1
    return [done_on(feature) - timedelta(weeks=moves - 1 - n) for n in range(moves)]


def _issue(n: int, feature: Feature, email: str) -> dict[str, Any]:
    days = moved_on(feature)
    histories = [
        {
            "id": f"{n:02d}{place:02d}",
            "created": _noon(day),
            "author": {"accountId": feature.owner},
            "items": [{"field": "status", "fieldId": "status", "fromString": old, "toString": new}],
        }
        for place, (day, old, new) in enumerate(
            zip(days, feature.way[:-1], feature.way[1:], strict=True)
        )
    ]
    person = {"accountId": feature.owner, "displayName": feature.owner, "emailAddress": email}
    return {
        "id": str(20_000 + n),
        "key": feature.key,
        "fields": {
            "project": {"key": "APP", "name": "Application"},
            "issuetype": {"name": "Feature"},
            "summary": feature.title,
            "status": {"name": "Done", "statusCategory": {"key": "done"}},
            "assignee": person,
            "reporter": person,
            "created": _noon(days[0] - timedelta(weeks=1)),
            "updated": _noon(days[-1]),
            "resolutiondate": _noon(days[-1]),
            "labels": [],
            "fixVersions": [{"id": str(n), "name": feature.version}],
        },
        "changelog": {"total": len(histories), "histories": histories},
    }


def _release(n: int, shipment: Shipment) -> dict[str, Any]:
    made = _noon(shipment.on or date(2025, 12, 20)).replace("+0000", "Z").replace(".000", "")
    return {
        "id": 9_000 + n,
        "tag_name": shipment.tag,
        "name": shipment.tag,
        "body": None,
        "draft": shipment.on is None,
        "prerelease": False,
        "created_at": made,
        "published_at": made if shipment.on else None,
        "target_commitish": "main",
        "author": {"login": "eng01"},
        "assets": [],
        "html_url": f"https://github.example/northwind/app/releases/tag/{shipment.tag}",
    }


def _noon(day: date) -> str:
    return f"{datetime.combine(day, time(12), UTC):%Y-%m-%dT%H:%M:%S}.000+0000"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")
