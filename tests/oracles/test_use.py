"""Adoption, activation, concentration, churn and launches against plain Python (random small worlds, Berlin time).

Shares no code with the engine. Times are coarse and lie around midnight, 28 and 56 days and the change of the clocks, so
that ties and boundaries are common; each world is a project of one version.
"""

from __future__ import annotations

import math
import random
import zlib
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dashboards.ask import ask
from dashboards.published import open_version

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2024, 2, 1)  # the clocks change on 31 March
LAUNCH = date(2024, 2, 26)
DAY = timedelta(days=1)
# An example is a few rich worlds with many answers each, so it is drawn from a seed and not shrunk; a failure names its world.
QUIET = settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
)
# 22:30 and 23:30 UTC are before and after midnight in Berlin in winter, and both after it in summer.
HOURS = (0, 12, 22.5, 23.5)
# Days around the launch, 28 and 56 days after it, the change of the clocks and the days on which churn is judged.
NEAR = (18, 19, 25, 26, 52, 53, 54, 55, 58, 59, 73, 78, 81, 82, 83)
PEOPLE = "abcdefghijkl"
WORLDS = 4


def drawn_world(rng):
    """Events as (person, name, instant); some people come often and some once, and half of the days are boundaries."""
    world = []
    for who in PEOPLE:
        for _ in range(rng.choice((0, 1, 2, 4, 8, 16, 30))):
            day = rng.choice(NEAR) if rng.random() < 0.5 else rng.randrange(96)
            at = START + timedelta(days=day, hours=rng.choice(HOURS))
            world.append((who, rng.choice("AABVV"), at))
    return world or [("a", "A", START)]


PLAN = {
    "dim_features": [{"feature": "f", "name": "F"}],
    "dim_events": [
        {"event_name": name, "status": "live", "feature": "f" if name == "V" else None, "value_event": name == "V"}
        for name in "ABV"
    ],
}  # fmt: skip


RATES = ("share", "median_days_to_first_use", "median_seconds", "power_user_share", "left_share")


@pytest.fixture(scope="module")
def published_worlds(tmp_path_factory, publish_world):
    numbers = iter(range(10_000))

    def made(drawn):
        rows = [
            (f"{n}{who}", name, at.isoformat(), {}, {"project": f"w{n}", "is_value_event": name == "V", "feature": "f" if name == "V" else None})
            for n, world in enumerate(drawn)
            for who, name, at in world
        ]  # fmt: skip
        folder = publish_world(
            tmp_path_factory.mktemp(f"u{next(numbers)}"),
            events=rows,
            tables=PLAN,
            settings={"timezone": "Europe/Berlin"},
        )
        return open_version(folder)

    return made


def local(at: datetime) -> date:
    return at.replace(tzinfo=UTC).astimezone(BERLIN).date()


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN).astimezone(UTC).replace(tzinfo=None)  # fmt: skip


def by_person(world, names="ABV"):
    found = defaultdict(list)
    for who, name, at in world:
        if name in names:
            found[who].append(at)
    return found


def reference_adoption(world, as_of):
    """D2, day by day: (actors, pending, matured, matured_reached) of adopted and of retained, eligible and tried before."""
    today = local(as_of)
    stages = {"adopted": Counter(), "retained": Counter()}
    eligible = tried = 0
    waits = []
    for who, times in by_person(world).items():
        days = sorted({local(at) for at in times if local(at) >= LAUNCH and at < as_of})
        if not days:
            continue
        eligible += 1
        uses = {
            (local(at) - days[0]).days
            for w, name, at in world
            if w == who and name == "V" and at < as_of
        }
        uses = {age for age in uses if age >= 0}
        tried += bool(uses)
        waits += [min(uses)] if uses else []
        early = {age for age in uses if age <= 28}
        for name, reached, last, alive in (
            ("adopted", len(early) >= 2, 28, True),
            ("retained", bool(early) and any(29 <= age <= 56 for age in uses), 56, bool(early)),
        ):
            over = days[0] + (last + 1) * DAY <= today
            could = not over and (alive or days[0] + 29 * DAY > today)
            stages[name].update(
                actors=reached,
                pending=could and not reached,
                matured=over,
                matured_reached=over and reached,
            )
    return eligible, tried, stages, waits  # fmt: skip


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return (values[middle] + values[~middle]) / 2 if values else None


def reference_activation(world, first, end, days, times):
    """D3 of `times` V within days of the first event ever: per day of Berlin (new, activated, pending, matured, share's top)."""
    as_of = max(at for _, _, at in world)
    cohorts = defaultdict(Counter)
    for who, happened in by_person(world).items():
        born = min(happened)
        if not midnight(first) <= born < midnight(end):
            continue
        until = born + days * DAY
        values = sorted(
            at for w, name, at in world if w == who and name == "V" and born <= at <= until
        )
        done, over = len(values) >= times, until <= as_of
        cohorts[local(born)].update(
            new_actors=1,
            activated=done,
            pending=not done and not over,
            matured=over,
            matured_activated=done and over,
        )
    return cohorts  # fmt: skip


def reference_concentration(world, first, end):
    """Per person (active days, events) of the range."""
    days, counts = defaultdict(set), Counter()
    for who, _, at in world:
        if first <= local(at) < end:
            days[who].add(local(at))
            counts[who] += 1
    return {who: (len(found), counts[who]) for who, found in days.items()}


def gini(values):
    """The mean difference between any two, over twice the mean."""
    n, total = len(values), sum(values)
    return sum(abs(a - b) for a in values for b in values) / (2 * n * total) if n else None


def reference_churn(world, first, judged, limit, least):
    """The state of each person on the morning of `judged`."""
    states = Counter()
    for times in by_person(world).values():
        days = sorted({local(at) for at in times if first <= local(at) < judged})
        if not days:
            continue
        silence = (judged - days[-1]).days - 1
        gaps = sorted((b - a).days - 1 for a, b in zip(days, days[1:], strict=False))
        usual = gaps[math.ceil(len(gaps) * 9 / 10) - 1] if len(days) >= least else None
        recent = sum(judged - limit * DAY <= day for day in days)
        earlier = sum(judged - 2 * limit * DAY <= day < judged - limit * DAY for day in days)
        if silence >= limit and (usual is None or silence > usual):
            states["left"] += 1
        elif usual is None:
            states["too_new"] += 1
        elif silence > usual or (earlier >= 4 and recent <= earlier / 2):
            states["at_risk"] += 1
        else:
            states["active"] += 1
    return states


def reference_launch(world, weeks, as_of):
    """Mean people a day in the whole weeks before and after, and (n, before, after) of adopters and others."""
    begun, today = min(local(at) for _, _, at in world), local(as_of)

    def whole(n):
        start = LAUNCH + 7 * n * DAY
        return begun <= start and start + 7 * DAY <= today

    before = [n for n in range(-weeks, 0) if whole(n)]
    after = [n for n in range(weeks) if whole(n)]
    active = defaultdict(set)
    for who, _, at in world:
        active[(local(at) - LAUNCH).days // 7, who].add(local(at))
    means = [
        sum(len(active[n, who]) for n in side for who in PEOPLE) / 7 / len(side) if side else None
        for side in (before, after)
    ]
    groups = defaultdict(list)
    for who in PEOPLE:
        was, now = (sum(len(active[n, who]) for n in side) for side in (before, after))
        uses = any(
            w == who and name == "V" and (local(at) - LAUNCH).days // 7 in after
            for w, name, at in world
        )
        if was and now:
            groups["adopters" if uses else "others"].append((was / len(before), now / len(after)))
    return means, groups  # fmt: skip


@QUIET
@given(st.integers(0, 2**32))
def test_five_questions_agree_with_their_references(published_worlds, seed):
    rng = random.Random(seed)
    drawn = [drawn_world(rng) for _ in range(WORLDS)]
    as_of = START + timedelta(days=rng.choice((54, 80, 83)), hours=rng.randrange(24))
    with published_worlds(drawn) as version:
        for n, world in enumerate(drawn):
            project = {"project": f"w{n}"}
            adoption(version, world, project, as_of)
            activation(version, world, project)
            power_users(version, world, project)
            churn(version, world, project)
            launch(version, world, project, as_of)


def adoption(version, world, project, as_of):
    params = {**project, "feature": "f", "launch": LAUNCH.isoformat()}
    answer = ask(version, "feature_adoption", params, f"{as_of.isoformat()}+00:00")
    rows = {row["stage"]: row for row in answer.rows}
    eligible, tried, stages, waits = reference_adoption(world, as_of)
    assert (rows["eligible"]["actors"], rows["tried"]["actors"]) == (eligible, tried), world
    for name, want in stages.items():
        got = {key: rows[name][key] for key in ("actors", "pending", "matured", "matured_reached")}
        assert got == {key: want[key] for key in got}, (name, world)
    assert answer.summary["median_days_to_first_use"] == median(waits)


def activation(version, world, project):
    first, end = date(2024, 2, 20), date(2024, 4, 10)
    # As of the last event of all worlds unless told: each world is asked as of its own.
    as_of = max(at for _, _, at in world)
    for days, times in ((2, 1), (30, 2)):
        params = {
            **project,
            "criteria": f'[{{"event": "V", "times": {times}}}]',
            "days": days,
            "period": "day",
            "from": first.isoformat(),
            "to": end.isoformat(),
        }
        after = f"{(as_of + timedelta(microseconds=1)).isoformat()}+00:00"
        rows = ask(version, "activation", params, after).rows
        want = reference_activation(world, first, end, days, times)
        for row in rows:
            cohort = want[date.fromisoformat(row["cohort_start"])]
            got = {
                key: row[key]
                for key in ("new_actors", "activated", "pending", "matured", "matured_activated")
            }
            assert got == {key: cohort[key] for key in got}, (row, world)
        assert sum(c["new_actors"] for c in want.values()) == sum(r["new_actors"] for r in rows)  # fmt: skip


def power_users(version, world, project):
    first, end = date(2024, 3, 1), date(2024, 4, 10)
    params = {**project, "from": first.isoformat(), "to": end.isoformat(), "threshold": 3}
    answer = ask(version, "power_users", params, "2024-06-01")
    people = reference_concentration(world, first, end)
    days = Counter(found for found, _ in people.values())
    assert {row["active_days"]: row["actors"] for row in answer.rows if row["actors"]} == days
    ranked = sorted((count for _, count in people.values()), reverse=True)
    whole = answer.summary
    assert whole["power_users"] == sum(found >= 3 for found, _ in people.values())
    for name, values in (("events", ranked), ("active_days", [d for d, _ in people.values()])):
        want = gini(values)
        assert whole[f"gini_{name}"] == (None if want is None else pytest.approx(want, abs=1e-12))
    for top in whole["tops"]:
        size = math.ceil(top["percent"] * len(ranked) / 100)
        assert (top["actors"], top["share"]) == (size, sum(ranked[:size]) / sum(ranked))


def churn(version, world, project):
    first = date(2024, 2, 10)
    for judged, limit, least in ((date(2024, 4, 1), 7, 3), (date(2024, 4, 20), 14, 4)):
        params = {
            **project,
            "from": first.isoformat(),
            "to": judged.isoformat(),
            "left_after": limit,
            "minimum_days": least,
        }
        answer = ask(version, "churn_risk", params, "2024-06-01")
        want = reference_churn(world, first, judged, limit, least)
        got = Counter(
            {
                state: answer.summary.get(state) or 0
                for state in ("active", "at_risk", "left", "too_new")
            }
        )
        assert +got == +want, (world, judged)
        assert Counter(row["state"] for row in answer.rows) == +Counter(left=want["left"], at_risk=want["at_risk"])  # fmt: skip


def launch(version, world, project, as_of):
    params = {**project, "release": LAUNCH.isoformat(), "feature": "f", "weeks": 3}
    seen = [e for e in world if e[2] < as_of]
    rows = ask(version, "launch_effect", params, f"{as_of.isoformat()}+00:00").rows
    totals = {row["comparison"]: row for row in rows if row["day"] is None}
    if not seen:
        return
    (before, after), groups = reference_launch(seen, 3, as_of)
    if before is None or after is None:
        assert totals["everyone"].get("change_absolute") is None
        return
    assert (totals["everyone"]["before"], totals["everyone"]["after"]) == (pytest.approx(before), pytest.approx(after)), world  # fmt: skip
    for name, people in groups.items():
        row = totals[name]
        assert row["n_after"] == len(people), world
        assert row["before"] == pytest.approx(sum(was for was, _ in people) / len(people))
        assert row["after"] == pytest.approx(sum(now for _, now in people) / len(people))


def test_shifted_renamed_and_doubled_histories_give_the_same_answers(tmp_path, publish_world):
    """Metamorphic: 7 days later everything is 7 days later; names do not matter; twice the people are twice the counts."""
    rng = random.Random(7)
    world = [event for _ in range(4) for event in drawn_world(rng)]
    week = timedelta(days=7)
    changed = {
        "as_is": [(who, name, at) for who, name, at in world],
        "later": [(who, name, at + week) for who, name, at in world],
        "named": [(f"x{who}", name, at) for who, name, at in world],
        "twice": [(f"{n}{who}", name, at) for n in "01" for who, name, at in world],
    }
    rows = [
        (f"{who}", name, at.isoformat(), {}, {"project": project, "is_value_event": name == "V", "feature": "f" if name == "V" else None, "person_key": hash_of(project, who)})
        for project, events in changed.items()
        for who, name, at in events
    ]  # fmt: skip
    folder = publish_world(tmp_path, events=rows, tables=PLAN)
    with open_version(folder) as version:
        plain = numbers(version, "as_is", 0)
        assert numbers(version, "later", 7) == plain
        assert numbers(version, "named", 0) == plain
        twice = numbers(version, "twice", 0)
        for key, value in plain.items():
            factor = 1 if key[-1] in RATES or value is None else 2
            assert twice[key] == (None if value is None else pytest.approx(factor * value)), key


def hash_of(project, who):
    return zlib.crc32(f"{project}/{who}".encode())


def numbers(version, project, days):
    """The counts and shares of the five questions, by name."""

    def on(day):
        return (LAUNCH + timedelta(days=day + days)).isoformat()

    ranged = {"project": project, "from": on(-10), "to": on(50)}
    found = {}
    adoption = ask(
        version, "feature_adoption", {"project": project, "feature": "f", "launch": on(0)}, on(60)
    )
    for row in adoption.rows:
        found |= {
            ("adoption", row["stage"], key): row[key]
            for key in ("actors", "pending", "matured", "share")
        }
    found["adoption", "median_days_to_first_use"] = adoption.summary["median_days_to_first_use"]
    whole = ask(version, "activation", {**ranged, "criteria": "V", "days": 9}, on(55)).summary
    found |= {
        ("activation", key): whole[key]
        for key in ("new_actors", "activated", "pending", "share", "median_seconds")
    }
    whole = ask(version, "power_users", {**ranged, "threshold": 4}, on(55)).summary
    found |= {
        ("power", key): whole[key]
        for key in ("actors", "events", "power_users", "power_user_share")
    }
    whole = ask(version, "churn_risk", {**ranged, "left_after": 9}, on(55)).summary
    found |= {
        ("churn", key): whole[key]
        for key in ("units", "active", "at_risk", "left", "too_new", "left_share")
    }
    launch = ask(
        version,
        "launch_effect",
        {"project": project, "release": on(0), "feature": "f", "weeks": 3},
        on(55),
    )
    for row in launch.rows:
        if row["day"] is None and row["comparison"] == "everyone":
            found |= {("launch", key): row[key] for key in ("before", "after")}
        elif row["comparison"] in ("adopters", "others"):
            found["launch", row["comparison"], "n"] = row["n_after"]
    return found  # fmt: skip
