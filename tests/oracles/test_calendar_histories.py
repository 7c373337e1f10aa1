"""Retention, activity and sessions against plain-Python references, around a clock change and in every unit.

Worlds of one zone lie in one version, each in a project of its own; people have two vendor ids, weeks begin on Sunday.
"""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from dashboards.ask import ask
from dashboards.published import open_version

ZONE = ZoneInfo("Europe/Berlin")
WORLDS = 10
AS_OF = "2025-06-01"
SPAN = {"from": "2024-03-28", "to": "2024-04-04"}
LOW, HIGH = (
    datetime(2024, 3, 27, 23),
    datetime(2024, 4, 3, 22),
)  # the same in UTC, the clocks change on 31 March
NAMES = ("A", "B")


def drawn():
    """{project: [(person, name, instant, plan)]}: ties, repeats, gaps, midnights and the hours of the change."""
    dice = random.Random(20240331)
    worlds = {}
    for n in range(WORLDS):
        events = []
        for _ in range(dice.randint(4, 16)):
            near = dice.choice([timedelta(hours=dice.randint(-96, 190)), timedelta(days=dice.randint(-30, 75))])  # fmt: skip
            at = datetime(2024, 3, 31, dice.choice([0, 1, 22]), dice.choice([0, 30, 59])) + near
            events.append((dice.choice("pqr"), dice.choice(NAMES), at, dice.choice(["x", "y", None])))  # fmt: skip
        worlds[f"w{n}"] = events
    return worlds


DRAWN = drawn()


@pytest.fixture(scope="module")
def version(tmp_path_factory, publish_world):
    rows = [
        (f"{project}{who}", name, at.isoformat(), {"plan": plan} if plan else {}, {"project": project, "source_actor_id": f"{who}{n % 2}"})
        for project, events in DRAWN.items()
        for n, (who, name, at, plan) in enumerate(events)
    ]  # fmt: skip
    settings = {"timezone": "Europe/Berlin", "week_start": 7}
    known = {"dim_events": [{"event_name": name, "status": "live"} for name in NAMES]}
    folder = publish_world(
        tmp_path_factory.mktemp("calendar"), events=rows, settings=settings, tables=known
    )
    with open_version(folder) as published:
        yield published


def local(at):
    return at.replace(tzinfo=UTC).astimezone(ZONE)


def period(unit, at):
    """The number of a calendar period; weeks begin on Sunday."""
    day = local(at).date()
    if unit == "hour":
        wall = local(at)
        start = at - timedelta(minutes=wall.minute)
        return int((start - datetime(1970, 1, 1)).total_seconds() // 3600)
    if unit == "month":
        return day.year * 12 + day.month
    days = (day - date(1970, 1, 1)).days
    return days if unit == "day" else (days + 4) // 7  # 1970-01-01 was a Thursday


SECONDS = {"hour": 3600, "day": 86400, "week": 7 * 86400, "month": 30 * 86400}


def elapsed(unit, rounding, start, at):
    if rounding == "down" and unit in ("week", "month"):
        return (local(at).date() - local(start).date()).days * 86400
    if rounding == "down":
        start, at = start.replace(minute=0), at.replace(minute=0)
    return (at - start).total_seconds()


def retained(mode, found, low, high):
    if mode == "on_or_after":
        return any(n >= low for n in found)
    if mode in ("on", "bracket") or low == 0:
        return any(low <= n <= high for n in found)
    if mode == "on_or_before":
        return any(1 <= n <= low for n in found)
    return set(range(1, low + 1)) <= found


def reference(events, ways, intervals):
    """{(value, cohort, low): (size, retained)} over the people who started in the range (R1 to R3)."""
    by_person = defaultdict(list)
    for who, name, at, plan in sorted(events, key=lambda e: (e[2], e[3] or "(none)")):
        by_person[who].append((at, name, plan or "(none)"))
    both = ways["breakdown"] and ways["breakdown_of"] == "both"
    members = defaultdict(list)
    for happened in by_person.values():
        begun = [(at, plan) for at, name, plan in happened if name == "A"]
        if ways["cohort"] == "first_time":
            begun = begun[:1]
        chosen = {}
        for at, plan in begun:
            if LOW <= at < HIGH:
                key = (plan if both else None, period(ways["unit"], at))
                chosen.setdefault(key, (at, plan))
        for (_, cohort), (start, plan) in chosen.items():
            back = [
                at for at, name, value in happened
                if name == "B" and at >= start and (not both or value == plan)
            ]  # fmt: skip
            if ways["clock"] == "calendar":
                found = {period(ways["unit"], at) - cohort for at in back}
            else:
                length = SECONDS[ways["unit"]]
                found = {int(elapsed(ways["unit"], ways["rounding"], start, at) // length) for at in back}  # fmt: skip
            value = plan if ways["breakdown"] else None
            members[value, cohort].append(found)
    return {
        (value, cohort, low): (
            len(people),
            len(people) if low == 0 and ways["interval_zero"] == "everyone"
            else sum(retained(ways["mode"], found, low, high) for found in people),
        )
        for (value, cohort), people in members.items()
        for low, high in intervals
    }  # fmt: skip


CHOICES = {
    "unit": ("hour", "day", "week", "month"),
    "mode": ("on", "on_or_after", "on_or_before", "bracket", "streak"),
    "clock": ("calendar", "rolling"),
    "cohort": ("first_time", "recurring"),
    "rounding": ("exact", "down"),
    "interval_zero": ("returned", "everyone"),
    "breakdown": (None, "plan"),
    "breakdown_of": ("start", "both"),
}


def test_r1_to_r3_every_unit_mode_clock_rounding_and_breakdown(version):
    dice = random.Random(3)
    every = [dict(zip(CHOICES, ways, strict=True)) for ways in product(*CHOICES.values())]
    for n, ways in enumerate(dice.sample(every, 28)):
        project = f"w{n % WORLDS}"
        intervals = [(0, 0), (1, 2), (3, 9)] if ways["mode"] == "bracket" else [(k, k) for k in range(4)]  # fmt: skip
        more = {"brackets": "0,1-2,3-9"} if ways["mode"] == "bracket" else {"horizon": 3}
        params = {**SPAN, **ways, **more, "project": project, "start_event": "A", "return_event": "B"}  # fmt: skip
        rows = ask(version, "retention", params, AS_OF).rows
        starts = {}
        for row in rows:
            if row["cohort_start"] and row["cohort_size"]:
                at = datetime.fromisoformat(row["cohort_start"])
                at = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at + timedelta(hours=12)  # fmt: skip
                cohort = period(ways["unit"], at)
                starts[row["breakdown"], cohort, row["interval"]] = (row["cohort_size"], row["retained"])  # fmt: skip
        assert starts == reference(DRAWN[project], ways, intervals), (project, ways)


def test_r3_the_vendors_own_ids_are_actors_of_their_own(version):
    for n in range(3):
        events = [(f"{who}{k % 2}", name, at, plan) for k, (who, name, at, plan) in enumerate(DRAWN[f"w{n}"])]  # fmt: skip
        ways = {"unit": "day", "mode": "on", "clock": "calendar", "cohort": "recurring", "rounding": "exact",
                "interval_zero": "returned", "breakdown": None, "breakdown_of": "start"}  # fmt: skip
        want = sum(size for (_, _, low), (size, _) in reference(events, ways, [(0, 0)]).items() if low == 0)  # fmt: skip
        params = {**SPAN, "project": f"w{n}", "actor": "source_id", "cohort": "recurring", "start_event": "A", "return_event": "B", "horizon": 0}  # fmt: skip
        rows = ask(version, "retention", params, AS_OF).rows
        assert sum(r["cohort_size"] for r in rows if r["cohort_start"]) == want


def periods_of(unit, events):
    """person -> the periods with an event, as numbers."""
    found = defaultdict(set)
    for who, _, at, _ in events:
        found[who].add(period(unit, at))
    return found


@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_a1_a4_active_new_and_lifecycle(version, unit):
    for project, events in list(DRAWN.items())[:4]:
        people = periods_of(unit, [e for e in events if e[2] < HIGH])
        params = {**SPAN, "project": project, "period": unit}
        first, last = period(unit, LOW), period(unit, HIGH - timedelta(microseconds=1))
        stages, active = [], []
        for p in range(first, last + 1):
            here = [w for w, found in people.items() if p in found]
            new = [w for w in here if min(people[w]) == p]
            current = [w for w in here if p - 1 in people[w]]
            dormant = [w for w, found in people.items() if p - 1 in found and p not in found]
            stages.append((len(new), len(current), len(here) - len(new) - len(current), len(dormant), len(here)))  # fmt: skip
            inside = [w for w in here if any(period(unit, at) == p and LOW <= at < HIGH for v, _, at, _ in events if v == w)]  # fmt: skip
            active.append((len(inside), sum(min(people[w]) == p for w in inside)))
        rows = ask(version, "lifecycle", params, AS_OF).rows
        got = [tuple(r[k] for k in ("new", "current", "resurrected", "dormant", "active")) for r in rows]  # fmt: skip
        assert got == stages, (project, unit)
        for before, now in zip(rows, rows[1:], strict=False):
            assert now["active"] == before["active"] - now["dormant"] + now["new"] + now["resurrected"]  # fmt: skip
        rows = ask(version, "active_users", params, AS_OF).rows
        assert [(r["active"], r["new"]) for r in rows] == active, (project, unit)
        assert all(r["new"] + r["returning"] == r["active"] for r in rows)


@pytest.mark.parametrize(("unit", "whole"), [("day", "week"), ("hour", "none"), ("week", "month")])
def test_a3_stickiness(version, unit, whole):
    for project, events in list(DRAWN.items())[:4]:
        counts = defaultdict(lambda: defaultdict(set))
        for who, _, at, _ in events:
            if LOW <= at < HIGH:
                counts[period(whole, at) if whole != "none" else 0][who].add(period(unit, at))
        rows = ask(version, "stickiness", {**SPAN, "project": project, "unit": unit, "period": whole}, AS_OF).rows  # fmt: skip
        got = defaultdict(dict)
        for row in rows:
            at = datetime.fromisoformat(row["period_start"]) + timedelta(hours=12)
            key = period(whole, at) if whole != "none" else 0
            got[key][row["units_active"]] = (row["actors_exactly"], row["actors_at_least"])
            size = len(counts[key])
            assert row["share_at_least"] == (row["actors_at_least"] / size if size else None)
        for key, by_k in got.items():
            active = [len(units) for units in counts[key].values()]
            want = {k: (active.count(k), sum(n >= k for n in active)) for k in by_k}
            assert by_k == want and max(active, default=0) <= max(by_k), (project, unit)


def test_a5_sessions(version):
    """A gap of exactly thirty minutes continues a session; it belongs to the hour of its first event."""
    for project, events in list(DRAWN.items())[:6]:
        begun = []
        for who in "pqr":
            times = sorted(at for v, _, at, _ in events if v == who and at < HIGH)
            for n, at in enumerate(times):
                if n == 0 or at - times[n - 1] > timedelta(minutes=30):
                    begun.append([at, at, 0])
                begun[-1][1], begun[-1][2] = at, begun[-1][2] + 1
        want = defaultdict(list)
        for start, end, size in begun:
            if start >= LOW:
                want[period("hour", start)].append(((end - start).total_seconds(), size))
        rows = ask(version, "sessions", {**SPAN, "project": project, "period": "hour"}, AS_OF).rows
        assert len(rows) == 7 * 24 - 1
        for row in rows:
            at = datetime.fromisoformat(row["period_start"]).astimezone(UTC).replace(tzinfo=None)
            here = want[period("hour", at)]
            assert row["sessions"] == len(here)
            if here:
                assert row["mean_seconds"] == pytest.approx(sum(s for s, _ in here) / len(here))
                assert row["events_per_session"] == pytest.approx(sum(n for _, n in here) / len(here))  # fmt: skip


def test_funnels_by_sql_and_by_matcher_agree_in_every_grouping(version):
    """An exclusion that nobody does sends the same funnel through the matcher."""
    nobody = [{"event": "B", "where": [{"property": "no", "op": "set"}]}]
    for n, more in enumerate(
        [
            {"period": "day"}, {"period": "week", "window": "40d"}, {"hold_constant": "plan"}, {"breakdown": "plan"},
            {"order": "strict", "window": "20d"}, {"order": "strict", "period": "day", "breakdown": "plan"},
            {"order": "strict", "steps": ["A", "B", "A"], "hold_constant": "plan", "window": "30d"}, {"breakdown": "plan", "attribution": "every_step"}, {"breakdown": "plan", "attribution": "last_touch", "period": "month"},
        ]
    ):  # fmt: skip
        for k in range(2):
            params = {**SPAN, "project": f"w{(2 * n + k) % WORLDS}", "steps": ["A", "B"], **more}
            fast = ask(version, "funnel", params, AS_OF).rows
            assert ask(version, "funnel", {**params, "exclusions": nobody}, AS_OF).rows == fast
