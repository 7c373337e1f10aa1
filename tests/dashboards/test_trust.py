"""Data health and event trust: what arrived, what it means, whether it can be trusted."""

from __future__ import annotations


def load(source, project, **more):
    counts = {
        "records_seen": 10,
        "loaded": 10,
        "duplicate": 0,
        "superseded": 0,
        "quarantined": 0,
        "filtered": 0,
    }
    return {
        "source": source,
        "project": project,
        "state": "live",
        "committed_at": "2024-05-20",
        "last_event_at": "2024-05-20",
        **counts,
        **more,
    }


def test_data_health_adds_loads_up_and_names_what_is_partial_or_late(world):
    loads = [
        load("events", "default"),
        load("events", "default", records_seen=5, loaded=2, quarantined=3),
        load("events", "old", last_event_at="2024-05-01"),
        load("exposures", "default", last_event_at="2024-05-01"),
        load("delighted", "default", last_event_at="2024-05-16"),
        load("events", "bad", state="rejected", records_seen=0, loaded=0, last_event_at=None),
    ]
    events = [
        ("a", "open", "2024-05-20T10:00"),
        ("a", "open", "2024-05-01T10:00", {}, {"project": "old"}),
    ]
    with world(events, tables={"fct_loads": loads}) as asks:
        answer = asks("data_health")
        rows = {
            (r["source"], r["project"]): (
                r["records_seen"],
                r["loaded"],
                r["quarantined"],
                r["status"],
            )
            for r in answer.rows
        }
        assert rows == {
            ("events", "default"): (15, 12, 3, "partial"),
            ("events", "old"): (10, 10, 0, "late"),
            ("exposures", "default"): (10, 10, 0, "ok"),
            ("delighted", "default"): (10, 10, 0, "late"),
            ("events", "bad"): (0, 0, 0, "rejected"),
        }
        assert all(
            r["records_seen"]
            == sum(r[k] for k in ("loaded", "duplicate", "superseded", "quarantined", "filtered"))
            for r in answer.rows
        )
        assert [r["project"] for r in asks("data_health", project="old").rows] == ["old"]


def test_event_trust_lists_planned_and_unplanned_events_with_their_violations(world):
    events = [
        ("a", "open", "2024-05-20T10:00"),
        ("a", "open", "2024-05-21T10:00", {}, {"violations": "type"}),
        ("a", "mystery", "2024-05-21T10:00"),
    ]
    plan = [
        {"event_name": "open", "status": "live", "owner": "pm-01", "description": "App opened"},
        {"event_name": "later", "status": "planned"},
    ]
    with world(events, tables={"dim_events": plan}) as asks:
        answer = asks("event_trust")
        rows = {
            r["event"]: (r["status"], r["owner"], r["events"], r["violations"]) for r in answer.rows
        }
        assert rows == {
            "open": ("live", "pm-01", 2, 1),
            "mystery": ("unplanned", None, 1, 0),
            "later": ("planned", None, 0, 0),
        }
        assert answer.summary["unplanned"] == 1
        assert [r["event"] for r in asks("event_trust", event="open").rows] == ["open"]
        assert asks("event_trust", "2024-05-21", event="open").rows[0]["events"] == 1


def test_an_answer_says_how_much_of_its_input_breaks_the_plan(world):
    events = [
        ("a", "open", "2024-05-20T10:00"),
        ("a", "open", "2024-05-20T11:00", {}, {"violations": "type"}),
    ]
    with world(events, tables={"fct_loads": [load("events", "default")]}) as asks:
        answer = asks("active_users", "2024-05-21", from_="2024-05-20", to="2024-05-21")
        assert (answer.quality["input_events"], answer.quality["violation_share"]) == (2, 0.5)
        assert [(f["source"], f["project"]) for f in answer.freshness] == [("events", "default")]
