"""Paths inside the session (D5), by hand."""

from __future__ import annotations

import pytest

from dashboards.ask import ask
from dashboards.published import open_version

# u1 has two sessions; u5's B and A share an instant and B has the smaller id; u6's X is before the range.
EVENTS = [
    ("u1", "X", "2024-05-01T10:00"), ("u1", "A", "2024-05-01T10:01"), ("u1", "A", "2024-05-01T10:02"),
    ("u1", "B", "2024-05-01T10:32"),
    ("u1", "A", "2024-05-01T15:00"), ("u1", "X", "2024-05-01T15:01"), ("u1", "A", "2024-05-01T15:02"),
    ("u2", "X", "2024-05-01T10:00"), ("u2", "X", "2024-05-01T10:01"), ("u2", "A", "2024-05-01T10:02"),
    ("u2", "C", "2024-05-01T10:03"),
    ("u3", "X", "2024-05-01T23:59"), ("u3", "B", "2024-05-02T00:01"),
    ("u4", "X", "2024-05-01T10:00"),
    ("u5", "X", "2024-05-01T10:00"), ("u5", "A", "2024-05-01T10:01", {}, {"event_id": "z2"}),
    ("u5", "B", "2024-05-01T10:01", {}, {"event_id": "z1"}),
    ("u6", "X", "2024-04-30T23:50"), ("u6", "C", "2024-05-01T00:05"),
]  # fmt: skip
DAY = {"from": "2024-05-01", "to": "2024-05-02"}


@pytest.fixture(scope="module")
def asks(tmp_path_factory, publish_world):
    with open_version(publish_world(tmp_path_factory.mktemp("paths"), events=EVENTS)) as version:
        yield lambda as_of="2024-05-03", **params: ask(version, "paths", {**DAY, **params}, as_of)


def told(answer):
    return {r["path"]: (r["sessions"], r["actors"]) for r in answer.rows}


def test_rule_D5_next_events_with_repeats_collapsed_and_ties_by_event_id(asks):
    answer = asks(event="X", depth=2)
    assert told(answer) == {
        "X": (6, 5),
        "X → A": (3, 2),
        "X → A → B": (1, 1),
        "X → A → C": (1, 1),
        "X → A → (session ended)": (1, 1),
        "X → B": (2, 2),
        "X → B → A": (1, 1),
        "X → B → (session ended)": (1, 1),
        "X → (session ended)": (1, 1),
    }
    a = answer.rows[1]
    assert (a["share"], a["share_of_all"], a["actor_share"]) == (0.5, 0.5, 0.4)
    assert a["ci_low"] == pytest.approx(0.1176, abs=1e-4)  # Wilson, 2 of 5 people
    assert answer.summary["most_common"] == "A" and answer.summary["ended_share"] == 1 / 6


def test_rule_D5_previous_events_before_the_first_in_the_session(asks):
    assert told(asks(event="X", direction="previous", depth=1)) == {
        "X": (6, 5),
        "X → A": (1, 1),
        "X → (session began)": (5, 5),
    }


def test_the_rarest_events_are_one_row_that_goes_no_further(asks):
    found = told(asks(event="X", top=1, depth=3))
    assert found["X → (other events)"] == (2, 2)
    assert not any(path.startswith("X → (other events) →") for path in found)


def test_rule_A5_without_an_event_it_is_the_session_that_begins_in_the_range(asks):
    found = told(asks(depth=1))
    assert found == {
        "(start of the session)": (6, 5),
        "(start of the session) → X": (5, 5),
        "(start of the session) → A": (1, 1),
    }
    assert told(asks(depth=1, direction="previous"))["(end of the session) → A"] == (2, 2)


def test_events_can_be_left_out_before_repeats_are_collapsed(asks):
    found = told(asks(event="X", without="A", depth=1))
    assert found == {"X": (6, 5), "X → B": (3, 3), "X → C": (1, 1), "X → (session ended)": (2, 2)}


def test_a_session_that_may_go_on_is_pending_and_in_no_share(asks):
    # at 10:30 u4's last event is 30 minutes old: an event at that instant would still continue the session
    for as_of, pending in (("2024-05-01T10:30", 1), ("2024-05-01T10:30:01", 0)):
        rows = asks(as_of=as_of, event="X", depth=1).rows
        assert sum(r["sessions"] for r in rows if r["kind"] == "open") == pending
        assert sum(r["share"] or 0 for r in rows) == pytest.approx(1)


def test_an_event_that_is_left_out_keeps_its_session_open(asks):
    # u2's last event is C at 10:03: just before 10:33 the session may go on, whether C is shown or not; u5's is over, u1 did B
    rows = asks(as_of="2024-05-01T10:32:30", event="A", without="C", depth=1).rows
    assert {r["kind"]: r["sessions"] for r in rows if r["step"]} == {
        "event": 1,
        "ended": 1,
        "open": 1,
    }


def test_rule_A5_conditions_cut_sessions_again(world):
    events = [
        ("u", n, f"2024-05-01T10:{m}", {"kind": n})
        for n, m in (("X", "00"), ("Y", "25"), ("A", "50"))
    ]
    with world(events) as asks:
        assert "X → Y → A" in told(asks("paths", "2024-05-03", event="X", **DAY))
        where = [{"property": "kind", "op": "ne", "value": "Y"}]
        found = told(asks("paths", "2024-05-03", event="X", where=where, **DAY))
        assert found == {"X": (1, 1), "X → (session ended)": (1, 1)}


def test_no_session_is_no_data_with_the_reason(asks):
    answer = asks(event={"event": "X", "where": [{"property": "p", "op": "set"}]})
    assert answer.rows == [] and answer.summary["most_common_share"] is None
    assert any(
        "No session of the range" in c or "no session of the range" in c for c in answer.caveats
    )
