"""Where the time of product managers goes: the diagnosis questions, and what they never tell of fewer people than a group."""

from __future__ import annotations

import duckdb
import pytest

from dashboards.ask import ask
from dashboards.kpi_advice import sinks
from dashboards.published import open_version
from tests.dashboards.conftest import World, publish

MARTS = """
insert into marts.dim_people select 'pm-' || n, 'pm', case when n <= 5 then 'growth' else 'core' end from range(1, 9) as r (n);
insert into marts.dim_people values ('eng-1', 'engineer', 'core');
insert into marts.dim_tools values
    ('board', 'Board', 'tool', 'roadmap', true, '2024-03-01', 1), ('notes', 'Notes', 'tool', 'roadmap', true, null, 1),
    ('chat', 'Chat', 'tool', null, true, null, 1), ('later', 'Later', 'tool', 'roadmap', true, '2025-01-01', 1), ('rite', 'Rite', 'process', null, false, '2024-03-01', 0);
insert into marts.fct_time_entries
    select 'calendar', 'pm-' || n, 'Weekly status', null, 'status_updates', 3600, timestamp '2024-03-05 10:00' from range(1, 6) as r (n);
insert into marts.fct_time_entries
    select 'calendar', 'pm-' || n, 'Secret talk', null, null, 7200, timestamp '2024-03-05 12:00' from range(1, 5) as r (n);
insert into marts.fct_time_entries
    select 'time_tracking', 'pm-' || n, 'Set up board', null, null, 1800, timestamp '2024-03-06 12:00' from range(1, 7) as r (n);
insert into marts.fct_time_entries values
    ('calendar', 'eng-1', 'Weekly status', null, 'status_updates', 3600, '2024-03-05 10:00'),
    ('calendar', 'pm-1', 'Weekly status', null, 'status_updates', 3600, '2024-03-13 10:00');
insert into marts.fct_question_episodes
    select 'retention', 'pm', 'pm-' || n, false, timestamp '2024-03-05 10:00', case when n > 1 then timestamp '2024-03-05 10:30' end from range(1, 6) as r (n);
insert into marts.fct_function_spans values ('product', 'engineering', true, 2.5, '2024-03-06'), ('product', 'design', false, null, '2024-03-06');
insert into marts.fct_tool_use_days select 'board', 'pm-' || n, date '2024-03-05' from range(1, 4) as r (n);
insert into marts.fct_tool_use_days select 'notes', 'pm-' || n, date '2024-03-06' from range(3, 7) as r (n);
insert into marts.fct_rollout_people select 'board', person_id, area, date '2024-03-01', null from marts.dim_people where role = 'pm';
"""  # fmt: skip


RANGE = {"from": "2024-03-04", "to": "2024-03-13"}
LEDGER = """
select * from (values
    ('net:calendar:rite', 'quarter', date '2023-10-01', 'none', 5, -0.2, -0.3, -0.1, null),
    ('saved:calendar:rite', 'quarter', date '2023-10-01', 'none', 5, 0.1, 0.0, 0.2, null),
    ('costs:calendar:rite', 'quarter', date '2023-10-01', 'none', 5, 0.3, 0.3, 0.3, null),
    ('net:calendar:rite', 'quarter', date '2024-01-01', 'pending', 5, 9.0, 9.0, 9.0, null),
    ('net:time_tracking:rite', 'quarter', date '2023-10-01', 'none', 4, null, null, null, 'fewer than 5 (4)')
) as k (variant, period, period_start, status, n, value, ci_low, ci_high, reason)
"""


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    """A company whose group that may be shown is five people."""
    folder = tmp_path_factory.mktemp("diagnosis")
    published = publish(folder, World(settings={"minimum_group_size": 5}, data_through="2024-03-13", definitions={"models": {"kpi_impact_ledger": {"compiled_sql": LEDGER}}}))  # fmt: skip
    with duckdb.connect(str(published / "v1" / "warehouse.duckdb")) as con:
        con.execute(MARTS)
    with open_version(published) as version:
        yield lambda question, **params: ask(version, question, {**RANGE, **params})  # fmt: skip


def told(answer, *columns: str) -> list[tuple]:
    return [tuple(row[column] for column in columns) for row in answer.rows]


def test_time_sinks_are_ranked_by_hours_with_the_evidence_behind_each(answer):
    rows = told(answer("time_sinks"), "kind", "name", "evidence", "people", "hours", "waited_hours")
    assert rows == [
        ("meeting", "weekly status", "calendar", 5, 5.0, None),
        ("task", "set up board", "time_tracking", 6, 3.0, None),
        ("tool", "Board", "time_tracking", 6, 3.0, None),
        # the unanswered one waits until as-of: 7 days and 14 hours
        ("question", "retention", "question_log", 5, None, 184.0),
        ("handoff", "product to engineering", "work_items", None, None, 60.0),
        ("meeting", "things of fewer people than may be shown", "calendar", 4, None, None),
    ]


def test_process_work_is_told_apart_from_work_that_no_category_takes_in(answer):
    rows = answer("time_sinks").rows
    hours = {(row["kind"], row["name"]): row["process_hours"] for row in rows}
    assert hours == {
        ("meeting", "weekly status"): 5.0,
        ("task", "set up board"): None,
        ("tool", "Board"): None,
        ("question", "retention"): None,
        ("handoff", "product to engineering"): None,
        ("meeting", "things of fewer people than may be shown"): None,
    }
    more = [{**rows[1], "hours": 99.0}, *rows]
    assert [one.heading for one in sinks(more)] == [
        "Look first at “weekly status”",
        "Shorten the wait: retention",
    ]


def test_time_sinks_of_one_kind(answer):
    assert told(answer("time_sinks", kind="handoff"), "kind") == [("handoff",)]


def test_what_four_people_do_is_not_named_in_the_review_list(answer):
    found = answer("unclassified_time")
    assert told(found, "title", "people", "hours") == [("set up board", 6, 3.0)]
    assert found.summary == {"unclassified_hours": 11.0, "unclassified_share": 11 / 16, "titles_not_shown": 1}  # fmt: skip


def test_tool_overlap_counts_core_tools_and_who_uses_two_of_a_kind(answer):
    found = answer("tool_overlap")
    assert told(found, "category", "tools", "names", "is_overlap", "users", "users_of_several") == [
        ("roadmap", 2, "Board, Notes", True, 6, 1),
        ("without a category", 1, "Chat", False, None, None),
    ]
    assert found.summary == {"core_tools": 3, "is_within_four_to_six": False, "overlapping_categories": 1}  # fmt: skip


def test_rollout_followup_tells_small_areas_together(answer):
    # core has three people; together with growth they are eight, for three alone would be what is missing to the whole
    rows = told(answer("rollout_followup"), "tool", "area", "eligible", "used", "not_yet", "is_open")  # fmt: skip
    assert rows == [("board", "smaller areas together", 8, 3, 5, True)]


def test_a_process_whose_net_lies_under_zero_makes_people_slower(answer):
    columns = ("process", "evidence", "minutes_saved", "minutes_cost", "minutes_net", "makes_pms", "reason")  # fmt: skip
    found = answer("process_ledger", **{"from": None, "to": None})
    assert told(found, *columns) == [
        ("rite", "calendar", 6, 18, -12, "slower", None),
        ("rite", "time_tracking", None, None, None, None, "fewer than 5 (4)"),
    ]
