"""Metrics by segment, their changes and weeks, paths and drivers against plain Python, over random rich histories.

Every world holds ties, gaps of exactly the session timeout, midnights, the change of the clock in Berlin, persons of two ids
and late comers. They are published into one version, so that the time goes into questions.
"""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

import pytest

from dashboards.ask import ask
from dashboards.published import open_version
from tests.oracles import behaviour_reference as reference
from tests.oracles.behaviour_reference import DAY, Event

START = datetime(2024, 3, 4, 0, 0)  # a Monday; the clock changes on 31 March
AS_OF = "2024-04-15T03:20:00"  # 19 and 20 minutes after events, before the end of the range
AS_OF_UTC = datetime(2024, 4, 15, 1, 20)
RANGE = {"from": "2024-03-11", "to": "2024-04-16"}
FIRST, END = date(2024, 3, 11), date(2024, 4, 16)
METRICS = {
    "active_users": {},
    "feature_usage": {"event": "B"},
    "retention_day_1": {},
    "retention_week_1": {},
    "activation": {},
    "conversion": {"steps": ["A", "B"], "window": "30m"},
    "events_per_actor": {},
}
# Minutes of a day that are worth something: midnights in UTC and Berlin, the change of the clock, gaps of 30 and 31 minutes.
MINUTES = (0, 1, 30, 31, 60, 61, 90, 121, 600, 630, 660, 691, 1320, 1350, 1380, 1410, 1439)
WORLDS = 2


def drawn(seed):
    """person -> [(source id, minutes after the start, name, platform)]."""
    dice = random.Random(seed)
    people = {}
    for n in range(24):
        days = sorted(dice.choices(range(dice.randint(0, 38), 43), k=dice.randint(1, 7)))
        people[f"{seed}p{n}"] = [
            (
                dice.choice("ab"),
                1440 * day + dice.choice(MINUTES),
                dice.choice("AABBCX"),
                dice.choice(["web", "web", "ios", None]),
            )
            for day in days
            for _ in range(dice.randint(1, 4))
        ]
    # at the edges: a conversion of just half an hour; 28 days before the last week in Berlin, and a minute more; a value event just seven days after the first
    people[f"{seed}q0"] = [("a", 6 * 1440 + 1380, "A", "web")]
    people[f"{seed}q1"] = [("a", 6 * 1440 + 1379, "A", "web")]
    people[f"{seed}q4"] = [("a", 25 * 1440 + 600, "A", "ios"), ("a", 25 * 1440 + 630, "B", "ios")]
    people[f"{seed}q3"] = [("a", 20 * 1440 + 1380, "A", "web")]  # the first instant of 25 March
    people[f"{seed}q2"] = [("a", 20 * 1440 + 600, "A", "web"), ("b", 27 * 1440 + 600, "C", "ios")]
    return people


@pytest.fixture(scope="module")
def version(tmp_path_factory, publish_world):
    rows = []
    worlds: dict[str, list[list[Event]]] = {}
    for seed in range(WORLDS):
        people = drawn(seed)
        # everybody of the first world once more, for the doubled one
        for project, copies in ((f"w{seed}", 1), *([("twice", 2)] if seed == 0 else [])):
            listed = worlds.setdefault(project, [])
            for copy in range(copies):
                for who, happened in people.items():
                    key = 1 + len(rows)
                    events = []
                    for source, minutes, name, platform in happened:
                        at = START + timedelta(minutes=minutes)
                        events.append(Event(at, f"e{len(rows):06d}", name, platform))
                        more = {"project": project, "platform": platform, "person_key": key}
                        more |= {"is_value_event": name == reference.VALUE, "feature": None}
                        rows.append((f"{source}{who}{copy}", name, at.isoformat(), {}, more))
                    listed.append(events)
    folder = publish_world(
        tmp_path_factory.mktemp("behaviour"),
        events=rows,
        inactive=frozenset([reference.PASSIVE]),
        settings={"timezone": "Europe/Berlin"},
        tables={"dim_events": [{"event_name": n, "status": "live"} for n in "ABCX"]},
    )
    with open_version(folder) as published:
        yield published, worlds


def projects():
    return [f"w{seed}" for seed in range(WORLDS)]


@pytest.mark.parametrize("metric", METRICS)
def test_segments_of_every_metric(version, metric):
    published, worlds = version
    for project in projects():
        params = {**RANGE, **METRICS[metric], "metric": metric, "dimension": "platform", "project": project}  # fmt: skip
        rows = ask(published, "segments", params, AS_OF).rows
        want = reference.segments(metric, worlds[project], FIRST, END, AS_OF_UTC)
        assert {r["segment"]: (r["n"], r["total"], r["pending"]) for r in rows} == want


@pytest.mark.parametrize("metric", METRICS)
def test_changes_and_weeks_of_every_metric(version, metric):
    published, worlds = version
    weeks = [FIRST + 7 * n * DAY for n in range(5)]
    weeks = [w for w in weeks if reference.midnight(reference.last_over(metric, w)) <= AS_OF_UTC]
    for project in projects():
        params = {**RANGE, **METRICS[metric], "metric": metric, "dimension": "platform", "project": project}  # fmt: skip
        answer = ask(published, "why_moved", params, AS_OF)
        cells = {
            w: reference.segments(metric, worlds[project], w, w + 7 * DAY, AS_OF_UTC)
            for w in (weeks[0] - 7 * DAY, *weeks)
        }
        values = {w: reference.value_of(metric, found) for w, found in cells.items()}
        told = {r["name"]: r["after"] for r in answer.rows if r["kind"] == "period"}
        before, after = values[weeks[-2]], values[weeks[-1]]
        if before is None or after is None:
            assert answer.rows == []
            continue
        assert told == {
            w.isoformat(): pytest.approx(float(v)) if v is not None else None
            for w, v in values.items()
        }
        parts = [r for r in answer.rows if r["kind"] == "segment"]
        assert {r["name"]: (r["n_before"], r["n_after"]) for r in parts} == {
            name: tuple(cells[w].get(name, (0,))[0] for w in weeks[-2:])
            for name in {*cells[weeks[-2]], *cells[weeks[-1]]}
            if any(cells[w].get(name, (0,))[0] for w in weeks[-2:])
        }
        assert answer.summary["change"] == pytest.approx(float(after - before), abs=1e-9)
        assert sum(r["effect"] for r in parts) == pytest.approx(float(after - before), abs=1e-9)


def test_the_whole_range_against_the_same_days_before(version):
    published, worlds = version
    params = {"from": "2024-03-25", "to": "2024-04-08", "period": "none", "project": "w0"}
    params |= {"metric": "events_per_actor", "dimension": "platform"}
    rows = ask(published, "why_moved", params, AS_OF).rows
    middle, people = date(2024, 3, 25), worlds["w0"]
    before, after = (
        reference.segments("events_per_actor", people, day, day + 14 * DAY, AS_OF_UTC)
        for day in (middle - 14 * DAY, middle)
    )
    assert {r["name"]: (r["n_before"], r["n_after"]) for r in rows if r["kind"] == "segment"} == {
        name: (before.get(name, (0,))[0], after.get(name, (0,))[0]) for name in {*before, *after}
    }


def test_the_people_and_the_value_of_tests_and_weeks(version):
    published, worlds = version
    for metric in ("active_users", "conversion", "events_per_actor"):
        params = {**RANGE, **METRICS[metric], "metric": metric, "project": "w1"}
        rows = ask(published, "metric_sensitivity", params, AS_OF).rows
        weeks = [r["label"] for r in rows if r["part"] == "week"]
        last = date.fromisoformat(weeks[-1])
        two = next(r for r in rows if r["weeks"] == 2)
        people = worlds["w1"]
        if metric == "active_users":
            shares = [
                sum(unit[1] for unit in units) / 2
                for person in people
                for units in [
                    [
                        reference.unit("events_per_actor", person, w, w + 7 * DAY, AS_OF_UTC)
                        is not None
                        for w in (last - 7 * DAY, last)
                    ]
                ]
                for units in [[(None, is_in) for is_in in units]]
                if any(is_in for _, is_in in units)
            ]
            assert (two["units"], two["value"]) == (len(shares), pytest.approx(sum(shares) / len(shares)))  # fmt: skip
            continue
        found = reference.segments(metric, people, last - 7 * DAY, last + 7 * DAY, AS_OF_UTC)
        assert two["units"] == sum(n for n, _, _ in found.values())
        assert two["value"] == pytest.approx(float(reference.value_of(metric, found)))


@pytest.mark.parametrize("direction", ["next", "previous"])
def test_paths_and_their_rarest(version, direction):
    published, worlds = version
    for project in projects():
        for as_of in (AS_OF, "2024-03-31T03:30:00"):  # just after the change of the clock
            params = {**RANGE, "event": "A", "direction": direction, "depth": 3, "top": 2, "project": project}  # fmt: skip
            rows = ask(published, "paths", params, as_of).rows
            until = AS_OF_UTC if as_of == AS_OF else datetime(2024, 3, 31, 1, 30)
            want = reference.paths(worlds[project], FIRST, END, "A", direction, 3, 2, until)
            assert {r["path"]: (r["sessions"], r["actors"]) for r in rows} == want
            for parent in {r["path"].rsplit(" → ", 1)[0] for r in rows if r["step"]}:
                below = [r for r in rows if r["path"].rsplit(" → ", 1)[0] == parent and r["step"]]
                shares = [r["share"] for r in below if r["kind"] != "open"]
                assert not shares or sum(shares) == pytest.approx(1)


def test_drivers_of_every_threshold(version):
    published, worlds = version
    params = {"early": "3d", "return_from": "5d", "return_to": "10d", "thresholds": "1,2,4"}
    for project in projects():
        answer = ask(published, "retention_drivers", {**RANGE, **params, "project": project}, AS_OF)
        want, whole = reference.drivers(worlds[project], FIRST, END, 3, 5, 10, (1, 2, 4), AS_OF_UTC)
        assert tuple(answer.summary[k] for k in ("actors", "retained", "pending")) == whole
        assert {
            (r["event"], r["threshold"]): (r["actors"], r["retained"]) for r in answer.rows
        } == {key: counts for key, counts in want.items() if counts[0] < whole[0]}


def test_twice_the_people_are_twice_the_counts_and_the_same_rates(version):
    published, _ = version
    for metric in ("retention_week_1", "conversion"):
        once, twice = (
            ask(
                published,
                "segments",
                {**RANGE, **METRICS[metric], "metric": metric, "dimension": "platform", "project": project},
                AS_OF,
            ).rows
            for project in ("w0", "twice")
        )  # fmt: skip
        assert [(r["segment"], 2 * r["n"], 2 * r["total"], r["value"]) for r in once] == [
            (r["segment"], r["n"], r["total"], r["value"]) for r in twice
        ]
