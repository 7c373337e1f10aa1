"""What stands behind each KPI is read from the steps of its own SQL, and never tells of fewer people than a group.

The steps here are written out by hand; that the steps of the real models are the same is held on the demo company.
"""

from __future__ import annotations

import pytest

from dashboards.ask import ask
from dashboards.catalogue import load
from dashboards.kpi_advice import advice, units
from dashboards.kpi_evidence import KPIS, after, params_of
from dashboards.kpi_words import ALL_TOGETHER, TOGETHER
from dashboards.published import open_version
from tests.dashboards.conftest import World, publish

END = """
select '{kpi}' as kpi, 'n' as name, 'v' as variant, 'month' as period, date '2024-01-01' as period_start, 1.0 as value,
    'count' as unit, 1 as n, null::double as numerator, null::double as denominator, null::double as ci_low,
    null::double as ci_high, null::double as coverage, null::double as target, 'none' as status, true as reportable,
    null::varchar as reason
from targeted
"""


def model(kpi: str, source: str, **steps: str) -> dict:
    """A KPI whose steps are these selects; it ends as the macro `kpi_rows` ends."""
    body = ",\n".join(f"{name} as (\n{sql}\n)" for name, sql in {**steps, "targeted": "select 1"}.items())  # fmt: skip
    return {"compiled_sql": f"with\n{body}\n{END.format(kpi=kpi)}", "sources": [source]}


# Seven managers: five of growth, two of core. Seconds and what became of each question; p7 asked nothing else.
EPISODES = """
select 'month' as period, date '2024-01-01' as period_start, *, 'inferred' as evidence
from (values
    ('e1', 'p1', false, true, false, true, 60), ('e2', 'p2', false, true, false, true, 61), ('e3', 'p3', false, true, false, true, 900),
    ('e4', 'p4', true, false, false, true, 901), ('e5', 'p5', false, false, false, false, 90000), ('e6', 'p6', false, true, false, true, 5),
    ('e7', 'p7', true, false, false, true, 86401), ('e8', 'p1', false, true, true, true, 5)
) as k (episode_id, person_id, has_ticket, is_in_time, is_pending, is_answered, seconds)
"""
ASKS = """
select * from (values ('e1', 'retention'), ('e2', 'retention'), ('e3', 'retention'), ('e4', 'retention'), ('e5', 'retention'),
    ('e6', 'nps'), ('e7', 'funnel'), ('e8', 'retention')) as a (episode_id, question)
"""
REGISTRY = """
select 'default|' || experiment_id as experiment_key, 'default' as project, *, date '2024-01-10' as end_date
from (values ('a', 'growth', 'ab', null, date '2024-01-02'), ('b', 'growth', 'ab', null, date '2024-01-03'),
    ('c', 'growth', 'aa', null, date '2024-01-04'), ('d', 'growth', 'ab', 'a', date '2024-01-05'),
    ('e', 'core', 'ab', null, date '2024-01-06')) as r (experiment_id, area, type, duplicate_of, start_date)
"""
STARTED = "select 'default|' || k as experiment_key, timestamp '2024-01-03' as started_local from (values ('a'), ('b')) as s (k)"  # fmt: skip
PEOPLE = """
select tool, rollout_on, 'p' || n as person_id, true as is_present_on_30, n != 2 as is_present_on_60, n <= 3 as is_adopter,
    n <= 4 as is_user_by_30, n <= 4 as is_user_by_60, n = 1 as is_habitual
from range(1, 8) as r (n)
cross join (values ('board', date '2024-01-01'), ('fresh', date '2024-03-01')) as t (tool, rollout_on)
"""
TOLD = """
select tool, reading, tool = 'fresh' and reading != 'day_30' as is_pending,
    case when tool = 'fresh' and reading = 'day_30' then 'no record of okta tells of the days' end as reason
from (values ('board'), ('fresh')) as t (tool)
cross join (values ('day_30'), ('adopted_day_60'), ('ever_used'), ('habitual')) as r (reading)
"""
COVERED = """
select 'calendar' as evidence, week_start_on, 'p' || n as person_id, n <= people as is_covered, 4.0 as all_four,
    1.0 as status_updates, 1.0 as data_requests, 1.0 as tool_configuration, 1.0 as meeting_coordination
from range(1, 7) as r (n)
cross join (values (date '2024-01-01', 5), (date '2024-01-08', 4)) as w (week_start_on, people)
"""
JOINED = """
select 'month' as period, period_start, 'first_ship' as variant, days < 100 as has_shipped, days = 100 as is_open, days
from (values (date '2024-01-01', 30), (date '2024-01-01', 31), (date '2024-01-01', 90), (date '2024-01-01', 91), (date '2024-01-01', 100),
    (date '2024-02-01', 10), (date '2024-02-01', 101), (date '2024-03-01', 12), (date '2024-03-01', 100), (date '2024-03-01', 100)) as j (period_start, days)
"""
EVENTS = """
select 'month' as period, date '2024-01-01' as period_start, * from (values ('open', 'core', 90, 80, 90, 0, 0), ('junk', null, 10, null, null, 10, 0))
    as e (event_name, area, events, valid_events, owned_events, unknown_events, sunset_events)
"""
RELEASES = """
select release as release_id, 'default' as project, *, released_on is not null as is_out from (values
    ('v1', date '2024-01-10', date '2024-01-10', 2, 2, true), ('v2', date '2024-01-20', date '2024-01-25', 2, 1, false),
    ('v3', date '2024-01-28', null, null, null, null), ('v4', date '2024-04-28', null, null, null, null), ('v5', null, date '2024-01-30', null, null, null)
) as r (release, planned_on, released_on, checklist_items, checklist_items_done, is_checklist_complete)
"""
PLANNED = "select release_id, planned_on, coalesce(released_on <= planned_on, false) as is_on_time, released_on is null and planned_on > date '2024-03-01' as is_pending from releases where planned_on is not null"  # fmt: skip
WAYS = """
select *, timestamp '2024-01-09' as finished_local, 1.0 as product_days, null::double as design_days, 2.0 as engineering_days,
    null::double as go_to_market_days
from (values ('i1', true, 2, 0, 0.5), ('i2', true, 3, 1, 4.0), ('i3', false, 0, 0, 0.0)) as w (item_id, has_history, handoffs, bounces, days_between)
"""
MODELS = {
    "kpi_data_access_time": model("K1", "question_log", pm_asks=ASKS, in_period=EPISODES),
    "kpi_experiment_velocity": model(
        "K2",
        "experiments",
        registry=REGISTRY,
        started=STARTED,
        concluded="select experiment_key, end_date from registry where experiment_id = 'a'",
        referencing="select experiment_key, experiment_key = 'default|a' as has_reference, false as has_structured_reference, false as is_undecided from started",
        eligible="select experiment_key from started",
        first_exposures="select experiment_key from started",
        exposure_source="select true as is_connected",
    ),
    "kpi_tool_adoption": model(
        "K3",
        "okta",
        people=PEOPLE,
        rolled_out="select distinct tool, rollout_on from people",
        told_readings=TOLD,
    ),
    "kpi_process_efficiency": model(
        "K4",
        "google_calendar",
        covered_weeks=COVERED,
        baseline_weeks="select 'calendar' as evidence, date '2024-01-01' as week_start_on",
        recent_weeks="select 'month' as period, date '2024-01-01' as period_start, 'calendar' as evidence, date '2024-01-08' as week_start_on",
    ),
    "kpi_onboarding_speed": model("K5", "people", in_period=JOINED),
    "kpi_taxonomy_health": model("K6", "events", in_period=EVENTS),
    "kpi_release_cadence": model("K9", "github", releases=RELEASES, planned=PLANNED, item_ways=WAYS),
}  # fmt: skip
TABLES = {
    "dim_people": [{"person_id": f"p{n}", "role": "pm", "area": "growth" if n <= 5 else "core"} for n in range(1, 8)],
    "dim_experiments": [{"experiment_id": key, "project": "default", "name": key.upper()} for key in "abcde"],
    "dim_tools": [{"tool": tool, "name": tool.title(), "kind": "tool"} for tool in ("board", "fresh")],
    "fct_rollout_people": [{"tool": tool, "person_id": f"p{n}", "area": "growth" if n <= 5 else "core"} for tool in ("board", "fresh") for n in range(1, 8)],
    "fct_work_items": [{"item_id": f"i{n}", "item_key": f"APP-{n}"} for n in range(1, 4)],
    "fct_loads": [{"source": source, "project": "default", "state": "live"} for source in ("question_log", "okta", "github")],
}  # fmt: skip


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    world = World(settings={"minimum_group_size": 5}, data_through="2024-04-15", definitions={"models": MODELS}, tables=TABLES)  # fmt: skip
    with open_version(publish(tmp_path_factory.mktemp("evidence"), world)) as opened:
        yield opened


@pytest.fixture(scope="module")
def asked(version):
    months = {question.id for question in load().questions.values() if "period" in question.params}

    def answered(question: str, **params: str):
        return ask(version, question, ({"period": "month"} if question in months else {}) | params)

    return answered


def told(answer, *columns: str) -> list[tuple]:
    return [tuple(row[column] for column in columns) for row in answer.rows]


def test_k1_questions_of_fewer_people_than_a_group_are_told_with_a_large_one(asked):
    # nps and funnel have one person each; together still two, so the large one joins them
    answer = asked("question_waits")
    columns = ("name", "people", "questions", "settled", "in_time", "late", "unanswered", "pending", "tickets")  # fmt: skip
    assert told(answer, *columns) == [(ALL_TOGETHER, 7, 8, 7, 4, 3, 1, 1, 2)]
    assert answer.rows[0]["rate"] == 4 / 7


def test_k1_an_area_alone_under_the_group_size_takes_the_next_one_with_it(asked):
    assert told(asked("question_waits", group="area"), "name", "people", "late") == [(ALL_TOGETHER, 7, 3)]  # fmt: skip


def test_k1_waits_are_cut_at_the_promise_and_pending_ones_stand_apart(asked):
    answer = asked("question_waits", group="wait")
    assert told(answer, "name", "questions", "in_time", "people") == [
        ("up to 1 min", 2, 2, None),
        ("1–5 min", 1, 1, None),
        ("5–15 min", 1, 1, None),  # 900 seconds are in time
        ("15–60 min", 1, 0, None),  # 901 are not
        ("over 1 day", 1, 0, None),
        ("no answer yet", 1, 0, None),
        ("may still change", 1, 0, None),
    ]
    assert (answer.summary["settled"], answer.summary["inferred"]) == (7, 4)
    assert units("K1", {"question_waits wait": answer}) == [
        "4 in time and inferred from 24 hours without another ask",
        "1 without an answer, censored now",
        "1 pending, in no share",
    ]


def test_k2_each_entry_counts_or_says_why_not(asked):
    answer = asked("started_experiments")
    assert told(answer, "experiment_id", "counts", "cites_a_prior", "concluded_on", "reason") == [
        ("a", True, True, answer.rows[0]["concluded_on"], None),
        ("b", True, False, None, None),
        ("c", False, None, None, "it is no test of two variants: aa"),
        ("d", False, None, None, "a duplicate of a"),
        ("e", False, None, None, "nobody was exposed to it"),
    ]
    assert answer.summary == {"started": 2, "citing": 1, "silent_with_a_prior": 1, "left_out": 3}
    first = advice("K2", [], {"started_experiments": answer}, {})[0]
    assert first.text == "b had a prior in the area and cite none."
    assert asked("started_experiments", **{"from": "2024-02-01"}).rows == []


def test_k3_areas_are_told_as_large_groups_and_days_that_are_not_over_not_at_all(asked):
    columns = ("tool", "area", "eligible", "used_by_30", "not_yet", "present_60", "adopted", "reason")  # fmt: skip
    assert told(asked("rollout_areas"), *columns) == [
        ("fresh", ALL_TOGETHER, 7, None, None, 7 - 1, None, "no record of okta tells of the days"),
        ("board", ALL_TOGETHER, 7, 4, 3, 6, 2, None),
    ]
    assert asked("rollout_areas", tool="board").rows[0]["share"] == 2 / 6


def test_k4_hours_of_four_people_are_not_told(asked):
    assert told(asked("process_weeks"), "part", "employed", "people", "hours", "reason") == [
        ("baseline", 6, 5, 4.0, None),
        ("last four", 6, 4, None, "fewer than 5 people with evidence"),
    ]


def test_k5_months_in_which_too_few_joined_are_told_together(asked):
    columns = ("joined_in", "joined", "within_30", "within_60", "within_90", "later", "waiting", "left_without")  # fmt: skip
    assert told(asked("first_shipments"), *columns) == [
        ("2024-01-01", 5, 1, 1, 1, 1, 1, 0),
        (TOGETHER, 5, 2, 0, 0, 0, 2, 1),
    ]
    # February alone has two people, and nothing to be told with
    alone = asked("first_shipments", **{"from": "2024-02-01", "to": "2024-03-01"})
    assert told(alone, "joined_in", "joined", "waiting", "reason") == [(ALL_TOGETHER, None, None, "fewer than 5 people")]  # fmt: skip


def test_k6_what_events_take_off_adds_up_to_what_is_missing(asked):
    answer = asked("unhealthy_events")
    assert told(answer, "event", "not_healthy", "without_owner", "is_unplanned") == [
        ("open", 10, 0, False),
        ("junk", 10, 10, True),
    ]
    assert sum(row["takes_off"] for row in answer.rows) == pytest.approx(1 - 80 / 100)
    said = [one.heading for one in advice("K6", [], {"unhealthy_events": answer}, {})]
    assert said == ["Mend open", "Plan junk"]


def test_k9_a_release_is_on_time_late_missed_or_not_over(asked):
    answer = asked("release_calendar")
    assert told(answer, "release", "state", "days_late") == [
        ("v4", "planned", None),
        ("v5", "without a plan", None),
        ("v3", "missed", None),
        ("v2", "late", 5),
        ("v1", "on time", 0),
    ]
    items = asked("item_handoffs")
    assert told(items, "item_key", "bounces", "handoffs") == [("APP-2", 1, 3), ("APP-1", 0, 2), ("APP-3", None, None)]  # fmt: skip
    said = [one.heading for one in advice("K9", [], {"release_calendar": answer, "item_handoffs": items}, {})]  # fmt: skip
    assert said == ["Plan again what was missed", "Ask why it was late", "Finish the launch checklists", "Agree on what has to be ready before a handoff"]  # fmt: skip


def test_a_kpi_names_its_own_sources_and_one_without_a_model_names_none(asked):
    behind = {kpi: [row["source"] for row in asked("kpis", kpi=kpi).freshness] for kpi in ("K1", "K3", "K7")}  # fmt: skip
    assert behind == {"K1": ["question_log"], "K3": ["okta"], "K7": []}
    assert {row["source"] for row in asked("kpis").freshness} == {"question_log", "okta", "github"}
    assert [row["source"] for row in asked("release_calendar").freshness] == ["github"]


def test_every_table_of_a_page_is_a_question_that_takes_what_the_page_gives(version):
    assert [kpi for kpi, known in KPIS.items() if not known.evidence] == ["K7"]
    assert KPIS["K7"].lacks
    for known in KPIS.values():
        for table in known.evidence:
            answer = ask(version, table.question, params_of(table, "month", "2024-01-01"))
            assert set(table.columns) <= {column.name for column in answer.columns}, table.question


def test_a_quarter_ends_where_the_next_begins():
    assert [after(day, "quarter").isoformat() for day in (_day("2024-01-01"), _day("2024-10-01"))] == ["2024-04-01", "2025-01-01"]  # fmt: skip
    assert after(_day("2024-12-01"), "month").isoformat() == "2025-01-01"


def _day(text: str):
    from datetime import date

    return date.fromisoformat(text)
