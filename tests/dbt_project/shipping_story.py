"""The part of the story about shipping: who joined in summer 2024, what went out, what was planned and who handed it on.

Knows raw tables only. Must not know any model. Everything happens before the rest of the story, and those who joined have
left before it, so that its other parts do not see them.
"""

from __future__ import annotations

from datetime import date, datetime


def tell(warehouse) -> None:
    """Writes the part into a warehouse that holds the story."""
    _joined(warehouse)
    _releases(warehouse)
    _features(warehouse)
    _experiments(warehouse)
    _work(warehouse)
    _roadmap(warehouse)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _joined(warehouse) -> None:
    def person(n: int, start: str, end: str = "2024-12-31") -> dict:
        return {
            "person_id": f"ob-{n}", "name": f"Onb {n}", "email": f"ob{n}@acme.test", "role": "pm", "area": "growth",
            "start_date": date.fromisoformat(start), "end_date": date.fromisoformat(end),
        }  # fmt: skip

    warehouse.load(
        "people",
        "people",
        [
            person(1, "2024-07-01"), person(2, "2024-07-01"), person(3, "2024-08-01", "2024-08-31"),
            person(4, "2024-08-01"), person(5, "2024-09-01"), person(6, "2024-09-10"),
        ],
        project="joined",
    )  # fmt: skip


def _releases(warehouse) -> None:
    def release(tag: str, published: str | None, draft: bool = False) -> dict:
        return {"release_id": tag, "tag": tag, "is_draft": draft, "is_prerelease": False, "published_at": published and at(published)}  # fmt: skip

    warehouse.declare("delivery_releases", [{"source": "github"}, {"source": "jira"}])
    warehouse.load(
        "github",
        "releases",
        [
            release("v2.0", "2024-07-08 10:00"),  # day 7 of ob-1
            release("v2.1", "2024-07-08 22:30"),  # Berlin: the 9th, day 8
            release("v2.2", None, draft=True),
            release("v3.0", "2024-09-15 10:00"),
            release("v3.1", "2024-09-29 22:30"),  # Berlin: the 30th, day 60 of ob-4
            release("v3.2", "2024-10-10 10:00"),
        ],
    )
    warehouse.load(
        "jira",
        "versions",
        [
            # known to the repository as well, and one that only Jira knows; one that is planned
            {"version_id": "1", "name": "2.1", "is_released": True, "release_on": date(2024, 7, 12)},
            {"version_id": "2", "name": "1.9", "is_released": True, "release_on": date(2024, 7, 2)},
            {"version_id": "3", "name": "6.0", "is_released": False, "release_on": date(2024, 12, 24)},
        ],
    )  # fmt: skip
    warehouse.declare(
        "releases",
        [{"release": "spring", "released_on": date(2024, 8, 15), "planned_on": date(2024, 8, 20), "is_checklist_complete": True}],
    )  # fmt: skip


def _features(warehouse) -> None:
    warehouse.declare("delivery_features", [{"source": "jira", "project_key": "APP", "issue_type": "Feature", "owner": "assignee", "release": "fix_version"}])  # fmt: skip

    def issue(n: int, versions: list[str], type_: str = "Feature", **more) -> dict:
        return {
            "issue_id": str(n), "issue_key": f"APP-{n}", "project_key": "APP", "issue_type": type_, "summary": f"Feature {n}",
            "fix_versions": versions, "changelog_is_complete": False, "created_at": at("2024-06-01"), "updated_at": at("2024-06-02"), **more,
        }  # fmt: skip

    warehouse.load(
        "jira",
        "issues",
        [
            issue(1, ["2.0"], assignee_email="ob1@acme.test"),
            issue(2, ["2.1"], assignee_email="OB1@acme.test"),
            issue(3, ["2.2"], assignee_email="ob2@acme.test"),  # a draft only
            issue(4, ["3.0"], assignee_email="ob3@acme.test"),  # after the last day
            issue(5, ["3.1"], assignee_email="ob4@acme.test"),
            issue(6, ["3.2", "9.9"], assignee="Onb 6"),  # by name, as a CSV has it
            issue(7, ["2.1"], "Bug", assignee_email="ob5@acme.test"),  # no feature
            issue(8, ["3.0"], assignee="Nobody Known"),
        ],
        project="delivery",
    )


def _experiments(warehouse) -> None:
    warehouse.load(
        "experiments",
        "experiments",
        [{"experiment_id": "ob-exp", "name": "ob-exp", "area": "joined", "owner": "OB2@acme.test", "status": "running", "variants": [], "start_date": at("2024-07-05")}],
        project="joined",
    )  # fmt: skip
    warehouse.load(
        "exposures",
        "exposures",
        [
            {"experiment_id": "ob-exp", "user_id": "OB-2", "variant": "a", "exposed_at": at("2024-07-06 10:00")},  # oneself
            {"experiment_id": "ob-exp", "user_id": "x9", "variant": "a", "exposed_at": at("2024-07-20 22:30")},  # day 20
        ],
        project="joined",
    )  # fmt: skip


def _work(warehouse) -> None:
    statuses = {
        "product": ["Discovery"], "design": ["Design"], "engineering": ["In Progress", "Review"], "go_to_market": ["Launch prep"],
    }  # fmt: skip
    warehouse.declare("delivery_functions", [{"source": "jira", "project_key": "WRK", "status": status, "function": function} for function, named in statuses.items() for status in named])  # fmt: skip
    warehouse.declare("delivery_checklists", [{"source": "jira", "label": "launch-checklist"}])

    def item(
        n: int, created: str, done: str, changes: list[tuple[str, str, str]] | None, **more
    ) -> dict:
        log = [
            {"id": str(k), "at": f"2024-08-{day}T00:00:00", "items": [{"field": "status", "from_name": old, "to_name": new}]}
            for k, (day, old, new) in enumerate(changes or [])
        ]  # fmt: skip
        return {
            "issue_id": f"9{n}", "issue_key": f"WRK-{n}", "project_key": "WRK", "issue_type": "Task", "status": "Done", "status_category": "done",
            "created_at": at(created), "updated_at": at(done), "resolved_at": at(done), "changelog": None if changes is None else log,
            "changelog_is_complete": changes is not None, **more,
        }  # fmt: skip

    way = ["Backlog", "Discovery", "Design", "In Progress", "Review", "Design", "In Progress", "Waiting", "Launch prep", "Done"]  # fmt: skip
    days = ["02", "04", "08", "10", "11", "12", "14", "15", "16"]
    warehouse.load(
        "jira",
        "issues",
        [
            item(1, "2024-08-01", "2024-08-16", list(zip(days, way[:-1], way[1:], strict=True))),
            item(2, "2024-08-05", "2024-08-20", [("20", "In Progress", "Done")]),
            item(3, "2024-08-05", "2024-08-21", None),
            # launch checklists: of 3.0 one item was done after the release
            item(4, "2024-07-01", "2024-07-05", None, project_key="OPS", labels=["launch-checklist"], fix_versions=["2.1"]),
            item(5, "2024-09-01", "2024-09-14", None, project_key="OPS", labels=["launch-checklist"], fix_versions=["3.0"]),
            item(6, "2024-09-01", "2024-09-16", None, project_key="OPS", labels=["launch-checklist"], fix_versions=["3.0"]),
        ],
        project="work",
    )  # fmt: skip


def _roadmap(warehouse) -> None:
    warehouse.load(
        "roadmap",
        "items",
        [
            # in order: evidence, a reach that the product counts, updated exactly thirty days before 20 December
            {"item_id": "R-1", "title": "Export for all, ask eve@example.com", "area": "growth", "status": "Planned", "reach": 40, "reach_metric": "feature:export", "impact": 2, "confidence": 0.8, "effort_months": 2, "feedback_ids": ["t1"], "release": "2.1", "end_on": date(2024, 7, 9), "updated_at": at("2024-11-20 00:00")},
            # a moment too old; stated as counted; a known experiment
            {"item_id": "R-2", "title": "Filters", "area": "growth", "status": "In progress", "reach": 100, "reach_is_measured": True, "impact": 1, "confidence": 1.0, "effort_months": 1, "experiment_ids": ["exp-1"], "release": "v3.0", "end_on": date(2024, 9, 10), "updated_at": at("2024-11-19 23:59:59")},
            # an experiment that nobody knows is no evidence; an impact that is no step
            {"item_id": "R-3", "title": "Goals", "area": "core", "reach": 10, "reach_is_measured": True, "impact": 5, "confidence": 0.7, "effort_months": 1, "experiment_ids": ["exp-99"], "release": "4.0", "end_on": date(2024, 10, 31), "updated_at": at("2024-12-01")},
            # a metric that never arrived is not counted
            {"item_id": "R-4", "title": "Alerts", "area": "core", "reach": 10, "reach_metric": "event:nothing_sent", "impact": 0.25, "confidence": 0.5, "effort_months": 0.5, "metric_ids": ["kr-1"], "release": "5.0", "end_on": date(2025, 2, 1), "updated_at": at("2024-12-10")},
            {"item_id": "R-5", "title": "Old", "area": "core", "status": "Shipped", "updated_at": at("2020-01-01")},
            {"item_id": "R-6", "title": "Never", "area": "core", "status": "cancelled"},
        ],
    )  # fmt: skip
