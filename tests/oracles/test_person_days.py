"""What is answered from the mart of active days is what the single events give, on any range of days."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

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
EVERY_EVENT = [{"property": "nobody_sends_this", "op": "not_set"}]
ASKED = [
    *product(
        ("active_users", "lifecycle"), ({"period": "day"}, {"period": "week"}, {"period": "month"})
    ),
    ("active_users", {"mau_days": 3}),
    ("retention", {"horizon": 9}),
    ("retention", {"unit": "month", "mode": "on_or_after"}),
    ("retention", {"unit": "week", "cohort": "recurring", "mode": "streak", "horizon": 4}),
]


cuts = st.tuples(instants, instants, st.none() | instants)


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.generate],  # shrinking would ask thousands of questions
)
@given(histories, st.lists(cuts, min_size=len(ASKED), max_size=len(ASKED)))
def test_active_days_give_what_events_give(tmp_path_factory, publish_world, drawn, cut):
    events = [
        (who, name, at.isoformat(), {}, {"is_active_event": name != "$", "is_internal": who == "u"})
        for who, name, at in drawn
    ]
    folder = publish_world(
        tmp_path_factory.mktemp("days"), events=events, settings={"timezone": "America/Sao_Paulo"}
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
                    params | bounds | {"where": where},
                    as_of and as_of.date().isoformat(),
                )
                for where in (None, EVERY_EVENT)
            )
            assert of_mart.rows == of_events.rows, (question, params, bounds, as_of)
            assert of_mart.summary == of_events.summary, (question, params, bounds, as_of)
