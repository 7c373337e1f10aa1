"""A status update and release notes are sentences by rules, each with its records."""

from __future__ import annotations

import pytest

from dashboards.answer import BadParameter
from dashboards.ask import ask
from dashboards.published import open_version

KPIS = """
select * replace (cast(value as double) as value) from (values
    ('K1', 'within_15m', 'month', date '2024-04-01', 0.8, 'share', 0.9, 'off_target', true),
    ('K1', 'within_15m', 'month', date '2024-05-01', 0.95, 'share', 0.9, 'on_target', true),
    ('K1', 'within_15m', 'month', date '2024-06-01', 0.5, 'share', 0.9, 'pending', true),
    ('K1', 'within_15m', 'quarter', date '2024-01-01', 0.5, 'share', 0.9, 'off_target', true),
    ('K1', 'self_serve', 'month', date '2024-05-01', 0.7, 'share', null, 'none', true),
    ('K4', 'change:calendar', 'month', date '2024-05-01', -0.25, 'ratio', -0.3, 'on_target', true),
    ('K5', 'first_ship', 'month', date '2024-05-01', 30, 'days', 90, 'on_target', false),
    ('K6', 'planned_and_valid:growth', 'month', date '2024-05-01', 0.99, 'share', null, 'none', true),
    ('K6', 'planned_and_valid:core', 'month', date '2024-05-01', 0.5, 'share', null, 'none', true)
) as k (kpi, variant, period, period_start, value, unit, target, status, reportable)
"""


@pytest.fixture(scope="module")
def version(tmp_path_factory, publish_world):
    def feature(key: str, title: str, area: str | None, release: str, day: str) -> dict:
        return {"item_id": f"jira|p|{key}", "item_key": key, "source": "jira", "project": "p", "title_redacted": title, "area": area, "release_id": f"github|p|{release}", "release": release, "released_on": day, "released_at": f"{day}T10:00:00"}  # fmt: skip

    def release(tag: str, day: str | None, planned: str | None, items: int = 0, done: int = 0) -> dict:  # fmt: skip
        return {"release_id": f"github|p|{tag}", "source": "github", "project": "p", "release": tag, "release_key": tag.removeprefix("v"), "checklist_items": items, "checklist_items_done": done, "planned_on": planned, "released_on": day, "released_at": day and f"{day}T10:00:00"}  # fmt: skip

    def item(key: str, area: str, end: str) -> dict:
        return {"roadmap_item_id": key, "item_id": key, "source": "roadmap", "project": "p", "title_redacted": f"Item {key}", "stage": "planned", "area": area, "end_on": end, "is_reach_stated": False, "is_reach_counted": False, "feedback_links": 0, "experiment_links": 0, "known_experiment_links": 0, "metric_links": 0}  # fmt: skip

    experiment = {"project": "p", "type": "ab", "area": "growth"}
    folder = publish_world(
        tmp_path_factory.mktemp("update"),
        events=[("u1", "view", "2024-06-14T10:00:00")],
        tables={
            "fct_feature_releases": [
                feature("APP-1", "Shared filters", "growth", "v2.0", "2024-05-20"),
                feature("APP-2", "Goals", "core", "v2.0", "2024-05-20"),
                feature("APP-3", "Old", "growth", "v1.0", "2024-01-02"),
            ],
            "fct_releases": [
                release("v2.0", "2024-05-20", "2024-05-18", 2, 1),
                release("v1.0", "2024-01-02", "2024-01-02"),
                release("v3.0", None, "2024-07-01"),
            ],
            "dim_experiments": [
                {**experiment, "experiment_id": "e1", "name": "Colour", "status": "running", "start_date": "2024-06-01"},
                {**experiment, "experiment_id": "e2", "name": "Copy", "status": "decided", "start_date": "2024-04-01", "decision": "ship", "decided_on": "2024-05-01"},
                {**experiment, "experiment_id": "e3", "name": "Rest", "status": "running", "start_date": "2023-06-01"},
            ],
            "dim_roadmap_items": [item("R-1", "growth", "2024-06-13"), item("R-2", "growth", "2024-06-30"), item("R-3", "growth", "2024-09-30")],
        },
        data_through="2024-06-15",
        definitions={"models": {"kpi_all": {"compiled_sql": KPIS}}},
    )  # fmt: skip
    with open_version(folder) as opened:
        yield opened


def told(answer) -> list[tuple[str, str, list[str]]]:
    return [(row["section"], row["sentence"], row["records"]) for row in answer.rows]


def test_a_status_update_tells_what_came_out_ran_is_late_and_is_next(version):
    answer = ask(version, "status_update", {"area": "growth"})
    assert told(answer) == [
        ("shipped", "Shared filters went out with v2.0 on 20 May 2024.", ["APP-1", "github|p|v2.0"]),
        ("experiments", "The experiment Copy was decided on 1 May 2024: ship.", ["e2"]),
        ("experiments", "The experiment Colour started on 1 Jun 2024.", ["e1"]),
        ("kpis", "K6 Planned and valid: growth was 99.0% in May 2024.", ["K6 planned_and_valid:growth 2024-05"]),
        ("late", "Item R-1 was planned for 13 Jun 2024 and is 2 days late.", ["R-1"]),
        ("next", "Item R-2 is planned for 30 Jun 2024.", ["R-2"]),
        ("kpis", "K1 Within 15 minutes was 95.0% in May 2024, on target; 80.0% in Apr 2024.", ["K1 within_15m 2024-05"]),
        ("kpis", "K4 Change in hours: calendar was −25.0% in May 2024, on target.", ["K4 change:calendar 2024-05"]),
    ]  # fmt: skip
    assert answer.summary == {"sentences": 8, "records": 9}


def test_release_notes_are_of_one_release_by_any_spelling(version):
    notes = told(ask(version, "status_update", {"release": "V2.0"}))
    assert sorted(notes) == [
        ("release", "1 of 2 items of its launch checklist were done by then.", ["github|p|v2.0"]),
        ("release", "v2.0 came out on 20 May 2024, 2 days after its planned day.", ["github|p|v2.0"]),
        ("shipped", "Goals.", ["APP-2"]),
        ("shipped", "Shared filters.", ["APP-1"]),
    ]  # fmt: skip
    assert len(ask(version, "status_update", {"release": "2.0", "area": "core"}).rows) == 3
    with pytest.raises(BadParameter, match=r"no release `v3\.0` is out; the nearest is"):
        ask(version, "status_update", {"release": "v3.0"})


def test_an_update_of_a_day_gone_by_knows_nothing_of_later(version):
    before = told(ask(version, "status_update", {"area": "growth"}, "2024-05-20T09:00:00"))
    assert [section for section, *_ in before] == ["experiments", "next", "kpis"]
    assert before[-1][1] == "K1 Within 15 minutes was 80.0% in Apr 2024, off target."
