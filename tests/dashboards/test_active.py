"""Active users, stickiness, lifecycle and sessions (metrics.md, section 1)."""

from __future__ import annotations

import pytest


def test_a1_an_event_that_does_not_count_makes_nobody_active_unless_it_is_named(world):
    events = [
        ("a", "open", "2024-05-01T10:00"),
        ("b", "push_received", "2024-05-01T11:00"),
        ("a", "push_received", "2024-05-02T11:00"),
    ]
    with world(events, inactive=frozenset({"push_received"})) as asks:
        days = {"from_": "2024-05-01", "to": "2024-05-03", "as_of": "2024-05-03"}
        assert [row["active"] for row in asks("active_users", **days).rows] == [1, 0]
        named = asks("active_users", event="push_received", **days).rows
        assert [(row["active"], row["new"]) for row in named] == [(1, 1), (1, 1)]


def test_a1_new_is_the_first_period_ever_in_all_history(world):
    with world(
        [
            ("a", "open", "2024-01-01T10:00"),
            ("a", "open", "2024-05-01T10:00"),
            ("b", "open", "2024-05-01T10:00"),
        ]
    ) as asks:
        row = asks("active_users", "2024-05-02", from_="2024-05-01", to="2024-05-02").rows[0]
        assert (row["active"], row["new"]) == (2, 1)


def test_a2_wau_is_seven_days_and_mau_twenty_eight(world):
    with world(
        [
            ("a", "open", "2024-05-01T10:00"),
            ("b", "open", "2024-05-05T10:00"),
            ("b", "open", "2024-05-07T23:59:59"),
        ]
    ) as asks:
        rows = asks("active_users", "2024-06-10", from_="2024-05-01", to="2024-06-10").rows
        wau = [row["wau"] for row in rows]
        assert wau[:14] == [1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 0]
        mau = [row["mau"] for row in rows]
        assert (mau[27], mau[28], mau[33], mau[34]) == (2, 1, 1, 0)
        assert [
            row["mau"]
            for row in asks(
                "active_users", "2024-06-10", from_="2024-05-30", to="2024-06-01", mau_days=30
            ).rows
        ] == [2, 1]


def test_a2_days_follow_the_reporting_zone_and_the_half_open_range(world):
    events = [
        ("a", "open", "2024-03-09T22:30"),
        ("b", "open", "2024-03-10T22:59:59"),
        ("c", "open", "2024-03-10T23:00"),
    ]
    with world(events, settings={"timezone": "Europe/Berlin"}) as asks:
        rows = asks("active_users", "2024-03-12", from_="2024-03-09", to="2024-03-11").rows
        assert [(row["period_start"], row["active"]) for row in rows] == [
            ("2024-03-09", 1),
            ("2024-03-10", 1),
        ]
        exact = asks(
            "active_users", "2024-03-12", from_="2024-03-10T23:59:59+01:00", to="2024-03-11"
        ).rows
        assert [(row["active"], row["complete"]) for row in exact] == [(1, False)]


def test_weeks_start_where_the_company_says(world):
    events = [("a", "open", "2024-03-10T10:00")]  # a Sunday
    for start, label in ((1, "2024-03-04"), (7, "2024-03-10")):
        with world(events, settings={"week_start": start}) as asks:
            rows = asks(
                "active_users", "2024-03-20", period="week", from_=label, to="2024-03-11"
            ).rows
            assert [(r["period_start"], r["active"]) for r in rows][0] == (label, 1)


def test_a_day_of_25_hours_is_one_day_and_hours_carry_the_offset(world):
    events = [
        ("a", "open", "2024-10-27T00:30"),
        ("a", "open", "2024-10-27T01:30"),
        ("a", "open", "2024-10-27T22:59"),
    ]
    with world(events, settings={"timezone": "Europe/Berlin"}) as asks:
        day = {"from_": "2024-10-27", "to": "2024-10-28", "as_of": "2024-10-29"}
        assert [row["active"] for row in asks("active_users", **day).rows] == [1]
        hours = asks("sessions", period="hour", **day).rows
        assert len(hours) == 25
        begun = [row["period_start"] for row in hours if row["sessions"]]
        assert begun == [
            "2024-10-27T02:00:00+02:00",
            "2024-10-27T02:00:00+01:00",
            "2024-10-27T23:00:00+01:00",
        ]


def test_defaults_end_with_the_last_complete_day(world):
    with world([("a", "open", "2024-05-01T10:00"), ("a", "open", "2024-05-10T08:00")]) as asks:
        answer = asks("active_users")
        assert (answer.params["from"], answer.params["to"]) == ("2024-02-10", "2024-05-10")
        assert len(answer.rows) == 90 and answer.rows[-1]["period_start"] == "2024-05-09"
        months = asks("active_users", period="month")
        assert (
            months.params["from"],
            months.rows[0]["period_start"],
            months.rows[-1]["complete"],
        ) == ("2023-05-01", "2023-05-01", False)
        assert [row["complete"] for row in months.rows[:-1]] == [True] * 12


def test_as_of_hides_later_events_and_periods(world):
    with world([("a", "open", "2024-05-01T10:00"), ("b", "open", "2024-05-02T10:00")]) as asks:
        rows = asks("active_users", "2024-05-02T10:00", from_="2024-05-01", to="2024-05-05").rows
        assert [(row["active"], row["complete"]) for row in rows] == [(1, True), (0, False)]
        rows = asks("active_users", "2024-05-09", from_="2024-05-01", to="2024-05-05").rows
        assert [(row["active"], row["complete"]) for row in rows] == [
            (1, True),
            (1, True),
            (0, True),
            (0, True),
        ]


def test_internal_actors_are_out_and_it_says_so(world):
    events = [
        ("a", "open", "2024-05-01T10:00"),
        ("bot", "open", "2024-05-01T10:00", {}, {"is_internal": True}),
    ]
    with world(events) as asks:
        answer = asks("active_users", "2024-05-02", from_="2024-05-01", to="2024-05-02")
        assert answer.rows[0]["active"] == 1
        assert answer.caveats == [
            "Internal, test and bot actors are out: 1 with 1 events here, by user_id."
        ]
        assert answer.quality["excluded_actors"] == 1


def test_what_another_source_counts_or_quarantine_keeps_is_out_and_it_says_so(world):
    events = [
        ("a", "open", "2024-05-01T10:00"),
        ("b", "open", "2024-05-01T10:00", {}, {"left_out_because": "other_source"}),
        ("c", "open", "2024-05-01T10:00", {}, {"left_out_because": "quarantined"}),
        ("c", "open", "2024-05-03T10:00", {}, {"left_out_because": "quarantined"}),
        ("c", "close", "2024-05-01T10:00", {}, {"left_out_because": "quarantined"}),
    ]
    with world(events) as asks:
        answer = asks(
            "active_users", "2024-05-02", event="open", from_="2024-05-01", to="2024-05-02"
        )
        assert answer.rows[0]["active"] == 1
        assert answer.caveats == [
            "Internal, test and bot actors are out: 0 with 0 events here.",
            "1 events are out because the plan counts another source in their place.",
            "1 events are out because a rule of the plan keeps them in quarantine.",
        ]


def test_a3_stickiness_per_period_and_dau_over_mau(world):
    events = [("a", "open", f"2024-05-{day:02d}T10:00") for day in (6, 7, 8, 13)] + [
        ("b", "open", "2024-05-06T10:00")
    ]
    with world(events) as asks:
        answer = asks(
            "stickiness", "2024-05-20", period="week", from_="2024-05-06", to="2024-05-20"
        )
        weeks = {
            (r["period_start"], r["units_active"]): (r["actors_exactly"], r["actors_at_least"])
            for r in answer.rows
        }
        assert [weeks[("2024-05-06", n)] for n in (1, 2, 3, 4)] == [(1, 2), (0, 1), (1, 1), (0, 0)]
        assert weeks[("2024-05-13", 1)] == (1, 1)
        assert len(weeks) == 14
        assert answer.summary["dau_over_mau"] == pytest.approx((5 / 28) / 2)


def test_a4_lifecycle_identities_hold(world):
    events = [
        (user, "open", f"2024-05-{day:02d}T10:00")
        for user, days in {"a": (1, 2, 4), "b": (2, 3), "c": (1, 5)}.items()
        for day in days
    ]
    with world(events) as asks:
        days = {"from_": "2024-05-01", "to": "2024-05-07", "as_of": "2024-05-07"}
        rows = asks("lifecycle", **days).rows
        active = [row["active"] for row in asks("active_users", **days).rows]
        assert [row["new"] + row["current"] + row["resurrected"] for row in rows] == active
        for n in range(1, len(rows)):
            assert (
                active[n]
                == active[n - 1] - rows[n]["dormant"] + rows[n]["new"] + rows[n]["resurrected"]
            )


def test_a5_a_gap_of_exactly_thirty_minutes_continues_the_session(world):
    events = [
        ("a", "open", "2024-05-01T23:40"),
        ("a", "open", "2024-05-02T00:10"),
        ("a", "open", "2024-05-02T00:40:01"),
    ]
    with world(events) as asks:
        rows = asks("sessions", "2024-05-03", from_="2024-05-01", to="2024-05-03").rows
        assert [
            (row["sessions"], row["median_seconds"], row["events_per_session"]) for row in rows
        ] == [(1, 1800, 2), (1, 0, 1)]


def test_a5_a_session_that_begins_in_the_range_is_whole_and_one_that_began_before_is_not_in_it(
    world,
):
    events = [("a", "open", f"2024-05-01T{at}") for at in ("23:40", "23:55")]
    events += [("a", "open", f"2024-05-02T{at}") for at in ("00:10", "00:20", "12:00")]
    kind = [{"property": "kind", "op": "not_set"}]
    with world(events) as asks:
        for where in (
            [],
            kind,
        ):  # with a condition the gaps are measured again, and nothing else changes
            first, second = (
                asks(
                    "sessions",
                    "2024-05-03",
                    from_=f"2024-05-0{day}",
                    to=f"2024-05-0{day + 1}",
                    where=where,
                ).rows[0]
                for day in (1, 2)
            )
            assert [first[k] for k in ("sessions", "median_seconds", "events_per_session")] == [
                1,
                2400,
                4,
            ]
            assert [second[k] for k in ("sessions", "median_seconds", "events_per_session")] == [
                1,
                0,
                1,
            ]


def test_a5_a_vendors_session_id_is_the_session_where_the_settings_say_so(world):
    events = [
        (
            "a",
            "open",
            "2024-04-30T20:00",
            {"session_id": "s0"},
        ),  # begins before the range and pauses for long
        ("a", "open", "2024-05-01T02:00", {"session_id": "s0"}),
        ("a", "open", "2024-05-01T10:00", {"session_id": "s1"}),
        ("a", "open", "2024-05-01T10:05", {"session_id": "s2"}),  # no pause, and another session
        ("a", "open", "2024-05-01T13:00", {"session_id": "s1", "kind": "x"}),
        ("a", "open", "2024-05-01T14:00"),  # without one the pause decides, among its own kind
        ("a", "open", "2024-05-01T14:20"),
        ("a", "open", "2024-05-01T15:00"),
    ]
    day = {"from_": "2024-05-01", "to": "2024-05-02", "as_of": "2024-05-03"}
    chosen = {"vendor_sessions": '[{"source": "events", "project": "default"}]'}
    with world(events, settings=chosen) as asks:
        answer = asks("sessions", **day)
        assert [answer.rows[0][k] for k in ("sessions", "events_per_session", "mean_seconds")] == [
            4,
            6 / 4,
            (10800 + 1200) / 4,
        ]
        assert "the vendor's session id in events default" in answer.summary["session_rule"]
        assert any("the vendor's session id" in caveat for caveat in answer.caveats)
        # a condition cuts what pauses made, and no vendor's session
        rest = asks("sessions", where=[{"property": "event_name", "op": "not_set"}], **day).rows[0]
        assert rest["sessions"] == 4
        paths = asks(
            "paths", event="open", depth=1, where=[{"property": "kind", "op": "not_set"}], **day
        )
        assert paths.rows[0]["sessions"] == 5  # s0 is in: its second event lies in the range
    with world(events) as asks:
        answer = asks("sessions", **day)
        assert answer.rows[0]["sessions"] == 5  # 02:00, 10:00, 13:00, 14:00 with 14:20, 15:00
        assert (
            answer.summary["session_rule"] == "more than 30 minutes without an event end a session"
        )
        assert not any("Sessions:" in caveat for caveat in answer.caveats)


def test_a5_what_tools_write_about_people_is_in_no_session(world):
    system = {"plan_status": "system", "is_active_event": False}
    events = [
        ("a", "open", "2024-05-01T10:00", {"kind": "x"}),
        ("a", "$identify", "2024-05-01T10:10", {"kind": "x"}, system),
        ("b", "$identify", "2024-05-01T23:00", {"kind": "x"}, system),
    ]
    with world(events) as asks:
        days = {"from_": "2024-05-01", "to": "2024-05-02", "as_of": "2024-05-02"}
        for where in ([], [{"property": "kind", "op": "eq", "value": "x"}]):
            (row,) = asks("sessions", where=where, **days).rows
            assert (row["sessions"], row["actors"], row["events_per_session"]) == (1, 1, 1)


def test_a5_conditions_cut_sessions_again(world):
    events = [
        ("a", "x", "2024-05-01T10:00"),
        ("a", "y", "2024-05-01T10:20"),
        ("a", "x", "2024-05-01T10:40"),
    ]
    with world([(u, n, t, {"kind": n}) for u, n, t in events]) as asks:
        days = {"from_": "2024-05-01", "to": "2024-05-02", "as_of": "2024-05-02"}
        assert asks("sessions", **days).rows[0]["sessions"] == 1
        assert (
            asks("sessions", where=[{"property": "kind", "op": "eq", "value": "x"}], **days).rows[
                0
            ]["sessions"]
            == 2
        )


def test_no_events_at_all_is_no_data_and_no_crash(world):
    with world([]) as asks:
        for question in ("active_users", "lifecycle", "sessions", "stickiness", "retention"):
            answer = asks(question, "2024-05-04", from_="2024-05-01", to="2024-05-04")
            assert "NaN" not in answer.to_json()
        assert [
            row["active"]
            for row in asks("active_users", "2024-05-04", from_="2024-05-01", to="2024-05-04").rows
        ] == [0, 0, 0]


def test_d1_feature_usage_counts_value_events_only(world):
    value = {"is_value_event": True, "feature": "export"}
    events = [
        ("a", "export_opened", "2024-05-01T10:00", {}, {"feature": "export"}),
        ("b", "export_done", "2024-05-01T10:00", {}, value),
        ("b", "export_done", "2024-05-01T11:00", {}, value),
        ("c", "export_done", "2024-05-01T11:00", {}, value),
    ]
    tables = {
        "dim_features": [{"feature": "export", "name": "Export"}],
        "dim_events": [
            {
                "event_name": "export_done",
                "feature": "export",
                "value_event": True,
                "status": "live",
            }
        ],
    }
    with world(events, tables=tables) as asks:
        row = asks(
            "feature_usage", "2024-05-02", feature="export", from_="2024-05-01", to="2024-05-02"
        ).rows[0]
        assert (
            row["actors"],
            row["active_actors"],
            row["events"],
            row["events_per_actor_median"],
        ) == (2, 3, 3, 1.5)
        assert row["share"] == pytest.approx(2 / 3)


def test_d1_without_a_feature_every_feature_of_the_plan_is_a_row(world):
    events = [
        ("a", "done", "2024-05-01T10:00", {}, {"is_value_event": True, "feature": "export"}),
        ("a", "done", "2024-05-01T11:00", {}, {"is_value_event": True, "feature": "export"}),
        ("b", "opened", "2024-05-01T10:00", {}, {"feature": "export"}),
        ("b", "asked", "2024-05-01T10:00", {}, {"is_value_event": True, "feature": "ai"}),
        ("c", "asked", "2024-05-01T10:00", {}, {"is_value_event": True, "feature": "ai"}),
        ("c", "asked", "2024-05-02T10:00", {}, {"is_value_event": True, "feature": "ai"}),
    ]
    plan = [{"feature": name, "name": name} for name in ("ai", "export", "never_used")]
    with world(events, tables={"dim_features": plan}) as asks:
        answer = asks("feature_usage", "2024-05-02", from_="2024-05-01", to="2024-05-02")
    columns = ("feature", "actors", "active_actors", "events", "events_per_actor_median")
    assert [tuple(row[name] for name in columns) for row in answer.rows] == [
        ("ai", 2, 3, 2, 1.0),
        ("export", 1, 3, 2, 2.0),
        ("never_used", 0, 3, 0, None),
    ]
