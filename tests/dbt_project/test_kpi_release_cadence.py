"""K9 on the told story, and the way of work items against a plain walk over random histories."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from statistics import mean, median

import pytest

AS_OF = "2024-12-20"
SUMMER, AUTUMN = "2024-07-01", "2024-10-01"


@pytest.fixture(scope="module")
def cadence(story):
    return story.kpi("kpi_release_cadence", AS_OF)


def counts(row):
    return row["numerator"], row["denominator"]


def test_k9_a_release_that_two_tools_know_is_one_and_a_draft_is_none(cadence):
    # v2.0, v2.1 (2.1 in Jira), v3.0, v3.1, 1.9 of Jira alone and spring of releases.yml; then v3.2
    assert cadence["releases", SUMMER]["value"] == 6
    assert cadence["releases", AUTUMN]["value"] == 1


def test_k9_on_time_is_on_the_planned_day_or_before(cadence):
    # 2.1 on its day and spring before it, 3.0 five days late
    assert counts(cadence["on_time", SUMMER]) == (2, 3)
    assert cadence["delay_days", SUMMER]["value"] == 0 and cadence["delay_days", SUMMER]["n"] == 3


def test_k9_a_planned_day_without_a_release_is_missed_once_it_is_over(story, cadence):
    # 4.0 was planned for 31 October; 6.0 is for Christmas Eve and waits
    assert counts(cadence["on_time", AUTUMN]) == (0, 1)
    before = story.kpi("kpi_release_cadence", "2024-10-31 22:59")["on_time", AUTUMN]
    assert counts(before) == (0, 0)
    after = story.kpi("kpi_release_cadence", "2024-10-31 23:00")["on_time", AUTUMN]
    assert counts(after) == (0, 1)


def test_k9_a_checklist_is_complete_when_all_was_done_by_the_day_of_the_release(story, cadence):
    told = story.rows(
        "select release, checklist_items, checklist_items_done, is_checklist_complete from marts.fct_releases where is_checklist_complete is not null order by 1"
    )
    assert told == [("spring", 0, 0, True), ("v2.1", 1, 1, True), ("v3.0", 2, 1, False)]
    row = cadence["checklist_complete", SUMMER]
    assert counts(row) == (2, 6) and row["reason"] == "coverage under 60 %"


def test_k9_handoffs_and_bounces_are_counted_to_the_day_the_item_was_done(cadence):
    # product, design, engineering, design, engineering, go-to-market; and one item that engineering alone had
    assert cadence["handoffs", SUMMER]["value"] == 2.5
    assert cadence["bounces", SUMMER]["value"] == 1
    assert cadence["days_in:design", SUMMER]["value"] == 5
    assert cadence["days_in:engineering", SUMMER]["value"] == 10
    assert cadence["days_between", SUMMER]["value"] == 0.5


def test_k9_items_without_a_history_lower_the_coverage(cadence):
    row = cadence["handoffs", SUMMER]
    assert row["n"] == 2 and row["coverage"] == pytest.approx(2 / 3) and row["reportable"]


OF_STATUS = {"spec": "product", "draft": "design", "mock": "design", "code": "engineering", "test": "engineering", "launch": "go_to_market"}  # fmt: skip
STATUSES = [*OF_STATUS, "waiting", "waiting"]


def drawn(rng):
    """Items as (first status, [(hours, status)]): statuses repeat, and some belong to nobody."""
    return [
        (rng.choice(STATUSES), sorted((rng.randrange(1, 400), rng.choice(STATUSES)) for _ in range(rng.randrange(9))))
        for _ in range(60)
    ]  # fmt: skip


def walked(first, changes, hours):
    """Plain Python: handoffs, bounces, hours of each function and hours between functions until an item is done."""
    times = [(0, first), *changes, (hours, None)]
    spans = []
    for (start, status), (end, _) in zip(times[:-1], times[1:], strict=True):
        function = OF_STATUS.get(status)
        if function and spans and spans[-1][0] == function and spans[-1][2] == start:
            spans[-1][2] = end
        elif function:
            spans.append([function, start, end])
    handoffs = bounces = between = 0
    spent = defaultdict(int)
    for place, (function, start, end) in enumerate(spans):
        spent[function] += end - start
        if place:
            between += start - spans[place - 1][2]
            is_handoff = spans[place - 1][0] != function
            handoffs += is_handoff
            bounces += is_handoff and function in {earlier[0] for earlier in spans[:place]}
    return handoffs, bounces, spent, between


def test_k9_agrees_with_a_plain_walk_over_random_histories(made):
    items = drawn(random.Random(5))
    start, done = datetime(2024, 2, 1), 500
    log = [
        {"item_id": str(item), "field": "status", "position": n, "from_name": before, "to_name": status, "changed_at": start + timedelta(hours=hour)}
        for item, (first, changes) in enumerate(items)
        for n, ((hour, status), before) in enumerate(zip(changes, [first, *(s for _, s in changes)], strict=False), 1)
    ]  # fmt: skip
    finished = start + timedelta(hours=done)
    shared = [{"item_id": str(n), "source": "jira", "has_history": True, "created_at": start, "finished_at": finished} for n in range(len(items))]  # fmt: skip
    made.fill(
        intermediate__int_delivery__work_items=[
            {**row, "status": first} for row, (first, _) in zip(shared, items, strict=True)
        ],
        intermediate__int_delivery__changes=log,
        staging__stg_company__delivery_functions=[
            {"source": "jira", "status": status, "function_name": function}
            for status, function in OF_STATUS.items()
        ],
        marts__fct_work_items=shared,
        marts__fct_releases=[],
        marts__dim_kpi_targets=[],
        marts__dim_kpi_baselines=[],
        marts__dim_data_through=[],
        marts__dim_settings=[{"timezone": "UTC"}],
        marts__fct_function_spans=[],
    )
    made.fill(marts__fct_function_spans=made.run("fct_function_spans"))
    rows = made.run("kpi_release_cadence", "2024-06-01")
    told = {r["variant"]: r for r in rows if r["period"] == "month" and r["period_start"] == date(2024, 2, 1)}  # fmt: skip
    expected = [walked(first, changes, done) for first, changes in items]
    assert told["handoffs"]["value"] == pytest.approx(mean(way[0] for way in expected))
    assert told["bounces"]["value"] == pytest.approx(mean(way[1] for way in expected))
    assert told["days_between"]["value"] == pytest.approx(median(way[3] for way in expected) / 24)
    for function in set(OF_STATUS.values()):
        spent = [way[2][function] for way in expected if function in way[2]]
        assert told[f"days_in:{function}"]["n"] == len(spent)
        assert told[f"days_in:{function}"]["value"] == pytest.approx(median(spent) / 24)
    # what is not there is said, and no number stands for it
    assert all(told[v]["value"] is None and told[v]["reason"].startswith("no releases") for v in ("releases", "on_time", "delay_days", "checklist_complete"))  # fmt: skip


def test_k9_histories_of_jira_and_linear_are_told_alike_and_a_cut_one_is_none(made):
    def log(*entries):
        return json.dumps([{"id": key, "at": at, "items": [{"field": field, "from_name": old, "to_name": new}]} for key, at, field, old, new in entries])  # fmt: skip

    noon = "2024-07-01T12:00:00"
    jira = {"source": "jira", "project": "p", "changelog_is_complete": True}
    made.fill(
        staging__stg_jira__issues=[
            # two changes at one instant: the tenth came after the ninth
            {**jira, "issue_id": "1", "changelog": log(("10", noon, "status", "Code", "Done"), ("9", noon, "status", "Open", "Code"), ("8", noon, "summary", "a", "b"))},
            {**jira, "issue_id": "2", "changelog": log(("1", noon, "status", "a", "b")), "changelog_is_complete": False},
        ],
        staging__stg_linear__issues=[
            {"source": "linear", "project": "p", "issue_id": "APP-1", "uuid": "u", "changelog_is_complete": True, "changelog": log(("h", noon, "assignee", "ann", None))},
        ],
    )  # fmt: skip
    told = [
        (row["item_id"], row["field"], row["position"], row["from_name"], row["to_name"])
        for row in made.run("int_delivery__changes")
    ]
    assert sorted(told, key=str) == [
        ("jira|p|1", "status", 1, "Open", "Code"),
        ("jira|p|1", "status", 2, "Code", "Done"),
        ("linear|p|u", "assignee", 1, "ann", None),
    ]
