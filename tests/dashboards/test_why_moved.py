"""Why a metric moved (D6), by hand, and the time line beside it."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest

from dashboards.ask import ask
from dashboards.published import open_version

# Monday 4 March 2024 begins the first week. Share of active people that use the thing: 6 of 8, then 4 of 8.
PLAN = {
    "2024-03-05": (["web"] * 2, ["web"] * 2 + ["ios"] * 4),
    "2024-03-12": (["web"] * 3 + ["ios"], ["web"] * 3 + ["ios"]),
}


def history():
    events = []
    for day, (idle, users) in PLAN.items():
        for n, platform in enumerate([*idle, *users]):
            who = f"{n}.{day[-2:]}"
            events.append((who, "open", f"{day}T10:00", {}, {"platform": platform}))
            if n >= len(idle):
                events.append((who, "use", f"{day}T11:00", {}, {"platform": platform}))
    # a third week that is not over
    return [*events, ("z", "open", "2024-03-19T10:00", {}, {"platform": "web"})]


TABLES = {
    "dim_releases": [
        {"source": "github", "project": "app", "release": r, "released_on": d}
        for r, d in (("v1", "2024-03-03"), ("v2", "2024-03-04"), ("v3", "2024-03-17"), ("v4", "2024-03-18"))
    ],
    "dim_experiments": [{"experiment_id": "x1", "name": "Onboarding", "start_date": "2024-03-11", "end_date": "2024-04-11", "type": "ab"}],
    "dim_events": [
        {"event_name": "use", "status": "live", "feature": "thing", "value_event": True, "live_from": "2024-03-06"},
        {"event_name": "open", "status": "live", "deprecated_from": "2024-03-13"},
    ],
    "fct_event_violations": [
        {"event_name": "open", "rule": "type_mismatch", "property": "plan", "source": "events", "project": "default", "mode": "warn", "events": 7, "first_seen_at": "2024-03-10T23:30:00"},
        {"event_name": "open", "rule": "unplanned_property", "property": "x", "source": "events", "project": "default", "mode": "observe", "events": 9, "first_seen_at": "2024-03-10T23:30:00"},
    ],
    "fct_loads": [{"load_id": 1, "source": "events", "project": "default", "state": "committed", "records_seen": 100, "quarantined": 4, "first_event_at": "2024-03-12T00:00:00", "committed_at": "2024-03-20T00:00:00"}],
}  # fmt: skip
LEDGER = {
    "metric": "active_people", "subject": "", "unit": "people", "period": "day", "period_start": "2024-03-05", "old": 7,
    "new": 8, "cause": "late_events", "detail": "", "version": "v1", "previous_version": "v0", "at": "2024-03-13T06:00:00",
    "measured_from": "fct_events",
}  # fmt: skip


@pytest.fixture(scope="module")
def asks(tmp_path_factory, publish_world):
    folder = publish_world(
        tmp_path_factory.mktemp("d6"),
        events=history(),
        tables=TABLES,
        ledger=[LEDGER],
        settings={"timezone": "Europe/Berlin"},
    )
    base = {"from": "2024-03-04", "to": "2024-03-20", "metric": "feature_usage", "event": "use", "dimension": "platform"}  # fmt: skip
    with open_version(folder) as version:
        yield lambda as_of="2024-03-20", **more: ask(version, "why_moved", {**base, **more}, as_of)


def rows(answer, kind):
    return {r["name"]: r for r in answer.rows if r["kind"] == kind}


def test_rule_D6_mix_and_rate_of_each_segment_add_up_to_the_change(asks):
    answer = asks()
    change, parts = rows(answer, "change")["(all)"], rows(answer, "segment")
    assert (change["before"], change["after"], change["effect"]) == (0.75, 0.5, -0.25)
    # web: 4 of 8 to 6 of 8 people at a rate of one half, which is under the mean rate of 0.625
    assert (parts["web"]["mix_effect"], parts["web"]["rate_effect"]) == (pytest.approx(-0.03125), 0)
    # ios: 4 of 8 to 2 of 8 people, their rate from 1 to one half
    assert (parts["ios"]["mix_effect"], parts["ios"]["rate_effect"]) == (
        pytest.approx(-0.03125),
        pytest.approx(-0.1875),
    )
    assert math.fsum(p["effect"] for p in parts.values()) == pytest.approx(-0.25, abs=1e-9)
    assert list(parts) == ["ios", "web"]  # the larger effect first
    assert parts["ios"]["share_of_change"] == pytest.approx(0.875)


def test_rule_D6_a_count_is_people_times_share(asks):
    answer = asks(metric="active_users", event=None)
    change, parts = rows(answer, "change")["(all)"], rows(answer, "segment")
    # eight people each week, none of them twice; the base of the second holds the first, which was active within 28 days
    assert (change["before"], change["after"], change["n_before"], change["n_after"]) == (
        8,
        8,
        8,
        16,
    )
    assert change["share_of_change"] is None and change["effect"] == 0
    assert math.fsum(p["effect"] for p in parts.values()) == pytest.approx(0, abs=1e-9)
    # web: base 4 to 10, active 4 to 6: 6 x mean(1, 0.6) and mean(4, 10) x -0.4
    assert (parts["web"]["mix_effect"], parts["web"]["rate_effect"]) == (pytest.approx(4.8), pytest.approx(-2.8))  # fmt: skip


def test_rule_D6_what_happened_in_both_periods_is_on_the_time_line(asks):
    found = [(str(r["at"]), r["kind"], r["name"]) for r in asks().rows]
    assert [item for item in found if item[1] not in ("change", "segment", "period")] == [
        ("2024-03-04", "release", "v2"),
        ("2024-03-05", "data", "active people restated"),
        ("2024-03-06", "data", "nothing from events default"),
        ("2024-03-06", "feature", "thing"),
        ("2024-03-11", "experiment", "Onboarding"),
        (
            "2024-03-11",
            "tracking",
            "open",
        ),  # 23:30 UTC is the day after in Berlin; `observe` is silent
        ("2024-03-12", "data", "events default"),
        ("2024-03-13", "data", "nothing from events default"),
        ("2024-03-13", "tracking", "open"),
        ("2024-03-17", "release", "v3"),
    ]


def test_only_periods_that_are_over_for_everybody_are_compared(asks):
    # day 7 of the second week's newcomers is over on 25 March, that of the first week's on 18 March
    summary = asks(
        as_of="2024-03-26", to="2024-03-26", metric="retention_day_7", event=None
    ).summary
    assert (summary["before_start"], summary["after_start"]) == ("2024-03-04", "2024-03-11")
    summary = asks(metric="retention_day_7", event=None).summary
    assert (summary["before_start"], summary["change"]) == (None, None)


def test_what_lies_before_the_data_is_no_period_of_zeros(asks):
    # the data begin on Tuesday 5 March: the week before has nobody, the first week may not be whole
    answer = asks(as_of="2024-03-11", to="2024-03-11", metric="active_users", event=None)
    assert answer.rows == [] and "inside the data; there are 1" in " ".join(answer.caveats)
    assert "may not be whole" in " ".join(asks().caveats)
    before = {
        "from": "2024-02-20",
        "to": "2024-03-04",
        "period": "none",
        "metric": "active_users",
        "event": None,
    }
    assert asks(**before).rows == []
    first = {**before, "from": "2024-03-05", "to": "2024-03-12"}
    assert "inside the data; there are 1" in " ".join(asks(**first).caveats)


def test_how_much_a_metric_usually_moves_counts_steady_growth_too(world):
    # ten more people every week: a week with ten more moves as weeks do
    events = [
        (f"p{n}", "open", f"{date(2024, 1, 1) + timedelta(days=7 * week)}T10:00")
        for week in range(8)
        for n in range(10 * (week + 1))
    ]
    with world([*events, ("p0", "open", "2024-02-28T10:00")]) as asks:
        params = {"from_": "2023-11-06", "to": "2024-02-26", "dimension": "platform"}
        summary = asks("why_moved", "2024-02-26", **params).summary
        assert (summary["change"], summary["usual_change"]) == (10, pytest.approx(10))
        assert "no more than weeks usually move" in summary["sentence"]


def test_the_whole_range_stands_against_the_same_length_before(asks):
    answer = asks(**{"from": "2024-03-11", "to": "2024-03-18", "period": "none"})
    assert rows(answer, "change")["(all)"]["effect"] == -0.25
    assert answer.summary["before_start"] == "2024-03-04"


def test_no_two_periods_are_no_data_with_the_reason(asks):
    answer = asks(as_of="2024-03-10", to="2024-03-10")
    assert answer.rows == [] and answer.summary["change"] is None
    assert any(caveat.startswith("No data") for caveat in answer.caveats)
