"""What is answered from the mart of active days is what the single events give, on any range of days."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import duckdb
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dashboards.ask import ask
from dashboards.published import open_version

START = datetime(2024, 2, 26)
instants = st.integers(0, 160).map(lambda n: START + timedelta(hours=6 * n))
histories = st.lists(
    st.tuples(st.sampled_from("pqrstu"), st.sampled_from("AB$"), instants), min_size=1, max_size=60
)
# No event has the property, so the condition takes all of them, one by one.
A_OR_B = {"any_of": ["A", "B"]}
EVERY_EVENT = [{"property": "nobody_sends_this", "op": "not_set"}]
ASKED = [
    *product(
        ("active_users", "lifecycle"), ({"period": "day"}, {"period": "week"}, {"period": "month"})
    ),
    ("active_users", {"mau_days": 3, "project": "default", "source": "events"}),
    *product(("stickiness",), ({}, {"unit": "week", "period": "month"}, {"period": "week"})),
    *product(("sessions",), ({}, {"period": "week"})),
    ("feature_usage", {"event": "A"}),
    # of events by their names
    *product(("active_users", "lifecycle"), ({"event": "A"}, {"event": "B", "period": "month"})),
    *product(("stickiness", "churn_risk", "power_users"), ({"event": "A"}, {"event": A_OR_B})),
    *product(("feature_adoption",), ({"event": "A"}, {"event": "$"}, {"feature": "f"})),
    ("retention", {"start_event": "A", "return_event": "B"}),
    ("retention", {"horizon": 9}),
    ("retention", {"unit": "week"}),
    ("retention", {"unit": "month"}),
    # from the beginning of a period weeks and months are counted already, but for the last
    *product(
        ("active_users", "lifecycle"),
        ({"period": "week", "from": "2024-02-25"}, {"period": "month", "from": "2024-02-01"}),
    ),
    ("retention", {"unit": "week", "from": "2024-02-25"}),
    ("retention", {"unit": "month", "from": "2024-02-01"}),
    ("retention", {"unit": "month", "mode": "on_or_after"}),
    ("retention", {"unit": "week", "cohort": "recurring", "mode": "streak", "horizon": 4}),
    ("activation", {"criteria": "B", "days": 3}),
    ("power_users", {}),
    ("churn_risk", {}),
    ("active_users", {"breakdown": "country", "period": "week"}),
    ("feature_usage", {"event": "A", "breakdown": "country"}),
    ("segments", {"metric": "active_users", "dimension": "plan"}),
    ("why_moved", {"metric": "active_users", "dimension": "country"}),
]


PLAN = {
    "dim_features": [{"feature": "f", "name": "F"}],
    "dim_events": [{"event_name": name, "status": "live", "feature": "f", "value_event": True} for name in "B$"],
}  # fmt: skip
cuts = st.tuples(instants, instants, st.none() | instants)


@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.generate],  # shrinking would ask thousands of questions
)
@given(histories, st.lists(cuts, min_size=len(ASKED), max_size=len(ASKED)))
def test_active_days_give_what_events_give(tmp_path_factory, publish_world, drawn, cut):
    events = [
        (
            who,
            name,
            at.isoformat(),
            {"plan": f"{name}{n % 3}"} | ({"country": "FR"} if n % 5 == 0 else {}),
            {
                "is_active_event": name != "$",
                "is_value_event": name != "A",
                "feature": None if name == "A" else "f",
                "is_internal": who == "u",
                "country": "DE" if n % 2 else None,
            },
        )
        for n, (who, name, at) in enumerate(
            [("p", "A", START), ("q", "B", START + timedelta(days=9)), *drawn]
        )
    ]
    folder = publish_world(
        tmp_path_factory.mktemp("days"),
        events=events,
        settings={"timezone": "America/Sao_Paulo", "week_start": 7},
        tables=PLAN,
    )
    with open_version(folder) as version:
        for (question, params), (one, other, as_of) in zip(ASKED, cut, strict=True):
            # Whole days, for only these are counted from the mart.
            bounds = {
                "from": min(one, other).date().isoformat(),
                "to": (max(one, other) + timedelta(days=1)).date().isoformat(),
            }
            of_mart, of_events = (
                ask(
                    version,
                    question,
                    bounds | params | {"where": where},
                    as_of and as_of.date().isoformat(),
                )
                for where in (None, EVERY_EVENT)
            )
            assert of_mart.rows == of_events.rows, (question, params, bounds, as_of)
            assert of_mart.summary == of_events.summary, (question, params, bounds, as_of)


def test_a_version_from_before_the_day_before_answers_from_what_it_has(tmp_path, publish_world):
    events = [
        (who, name, (START + timedelta(days=day)).isoformat())
        for who, name, day in [("p", "A", 0), ("p", "B", 1), ("q", "A", 1), ("p", "A", 9), ("q", "$", 9), ("q", "B", 31)]
    ]  # fmt: skip
    folder = publish_world(tmp_path, events=events, tables=PLAN)
    publish_world(tmp_path, version="v0", events=events, tables=PLAN)
    with duckdb.connect(str(folder / "v0" / "warehouse.duckdb")) as old:
        old.execute("alter table marts.fct_person_days drop column first_date")
        old.execute("alter table marts.fct_person_days drop column previous_date")
        old.execute("alter table marts.fct_sessions drop column counted_from_at")
        old.execute("drop table marts.dim_kept_properties")
        old.execute("drop table marts.fct_person_event_days")
    span = {"from": "2024-02-26", "to": "2024-04-08"}
    with open_version(folder, "v0") as before, open_version(folder, "v1") as now:
        for question, params in ASKED:
            old_answer, answer = (ask(v, question, params | span) for v in (before, now))
            assert old_answer.rows == answer.rows, (question, params)
            assert old_answer.summary == answer.summary, (question, params)
