"""Breakdowns by a property of the event, the person or the account against plain Python, over a random rich history.

Ties at one instant with other values, events without a value, profiles that the events do not carry, accounts that nobody
lists and groups that are too small are common. All is one version, so that the time goes into questions.
"""

from __future__ import annotations

import json
import random
import statistics
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest

from dashboards.ask import ask
from dashboards.published import open_version

START = datetime(2024, 1, 1)  # a Monday
FIRST, END = date(2024, 1, 3), date(2024, 1, 13)
RANGE = {"from": FIRST.isoformat(), "to": END.isoformat()}
AS_OF = "2024-02-01"
SMALLEST = 3
NONE = "(none)"
DAY = timedelta(days=1)
DIMENSIONS = (("b", "event"), ("platform", "event"), ("tier", "person"), ("plan", "account"))
PLANS = {1: "pro", 2: "free", 3: None}  # account 9 is not in the list
PROFILES = {n: {"tier": "gold"} if n % 3 else {} for n in range(40)}


@dataclass(frozen=True)
class Happened:
    """One event: what it is and what each dimension says of it; `place` is the order of event ids."""

    place: int
    who: int
    name: str
    at: datetime
    values: dict[tuple[str, str], str | None]


def drawn():
    """40 people whose events lie on a coarse clock, half of them on the hours of midnight."""
    dice = random.Random("breakdowns")
    rows, history = [], []
    for who in range(40):
        moments = [
            (dice.choice("AABB"), dice.choice((0, 0, 6, 12, 23)) + 24 * dice.randint(0, 13))
            for _ in range(dice.choice((1, 2, 4, 6)))
        ]
        # every moment may come several times, with other values
        for name, hours in [moment for moment in moments for _ in range(dice.choice((1, 1, 2, 3)))]:
            at = START + timedelta(hours=hours)
            own, tier = dice.choice(["x", "x", "y", "z", None]), dice.choice(["silver", None])
            sent, platform = dice.choice([None, "web"]), dice.choice(["ios", "ios", None])
            account, knows = dice.choice([1, 1, 2, 3, 9, None]), dice.random() < 0.5
            bag = {key: v for key, v in (("b", own), ("platform", sent)) if v is not None}
            state = {"tier": tier} if tier else {}
            more = {"person_key": who, "platform": platform, "account_key": account}
            more["person_properties"] = json.dumps(state) if knows else None
            rows.append((f"p{who}", name, at.isoformat(), bag, more))
            person = state if knows else PROFILES[who]
            history.append(
                Happened(
                    len(history), who, name, at,
                    {
                        ("b", "event"): own,
                        ("platform", "event"): sent or platform,
                        ("tier", "person"): person.get("tier"),
                        ("plan", "account"): PLANS.get(account),
                    },
                )
            )  # fmt: skip
    return rows, history


@pytest.fixture(scope="module")
def told(tmp_path_factory, publish_world):
    rows, history = drawn()
    tables = {
        "dim_persons": [
            {"person_key": n, "is_internal": False, "person_properties": json.dumps(profile)}
            for n, profile in PROFILES.items()
        ],
        "dim_accounts": [
            {"account_key": n, "account_id": f"o{n}", "group_type": "org", "plan": plan}
            for n, plan in PLANS.items()
        ],
        "dim_events": [{"event_name": name, "status": "live"} for name in "AB"],
    }
    folder = publish_world(
        tmp_path_factory.mktemp("breakdowns"),
        events=rows,
        tables=tables,
        settings={"minimum_group_size": SMALLEST},
    )
    with open_version(folder) as version:
        yield (
            lambda question, **params: ask(version, question, {**RANGE, **params}, AS_OF).rows,
            history,
        )


def in_range(event):
    return FIRST <= event.at.date() < END


def monday(day):
    return day - timedelta(days=day.weekday())


def value_at(events, dimension):
    """The value at the first instant, of the event with the lowest id where several share it."""
    first = min(events, key=lambda e: (e.at, e.place))
    return first.values[dimension] or NONE


def shown(people_of):
    """Groups that are large enough; one that is too small alone takes the smallest other with it."""
    ranked = sorted(people_of, key=lambda value: (-len(people_of[value]), value))
    large = [value for value in ranked if len(people_of[value]) >= SMALLEST]
    if len(ranked) - len(large) == 1 and len(large) > 1:
        large.pop()
    return large


@pytest.mark.parametrize("dimension", DIMENSIONS, ids="-".join)
@pytest.mark.parametrize(("period", "name"), [("day", None), ("week", "A")])
def test_rule_A1_active_people_by_group(told, dimension, period, name):
    asks, history = told
    start_of = monday if period == "week" else lambda day: day
    counted = [e for e in history if name in (None, e.name)]
    firsts, cells = {}, defaultdict(list)
    for event in counted:
        start = start_of(event.at.date())
        if event.at.date() < END:
            firsts[event.who] = min(start, firsts.get(event.who, start))
        if in_range(event):
            cells[event.who, start].append(event)
    people_of, found = defaultdict(set), defaultdict(lambda: [0, 0])
    for (who, start), events in cells.items():
        value = value_at(events, dimension)
        people_of[value].add(who)
        found[value, start.isoformat()][0] += 1
        found[value, start.isoformat()][1] += firsts[who] == start
    spine = sorted({start_of(FIRST + n * DAY).isoformat() for n in range((END - FIRST).days)})
    want = [(value, start, *found[value, start]) for value in shown(people_of) for start in spine]
    more = {"event": name} if name else {}
    rows = asks(
        "active_users", period=period, breakdown=dimension[0], property_of=dimension[1], **more
    )
    assert [(r["breakdown"], r["period_start"], r["active"], r["new"]) for r in rows] == want
    assert all(r["returning"] == r["active"] - r["new"] for r in rows)


@pytest.mark.parametrize("dimension", DIMENSIONS, ids="-".join)
def test_rule_D1_use_by_group_and_the_segments_of_the_same_metric(told, dimension):
    asks, history = told
    people = defaultdict(list)
    for event in filter(in_range, history):
        people[event.who].append(event)
    people_of, want = defaultdict(set), {}
    for who, events in people.items():
        people_of[value_at(events, dimension)].add(who)
    for value, group in people_of.items():
        uses = [sum(e.name == "B" for e in people[who]) for who in group]
        used = [n for n in uses if n]
        median = statistics.median(used) if used else None
        want[value] = (len(used), len(group), sum(uses), median)
    rows = asks("feature_usage", event="B", breakdown=dimension[0], property_of=dimension[1])
    assert [
        (r["breakdown"], (r["actors"], r["active_actors"], r["events"], r["events_per_actor_median"]))
        for r in rows
    ] == [(value, want[value]) for value in shown(people_of)]  # fmt: skip
    asked = {"metric": "feature_usage", "event": "B", "dimension": dimension[0]}
    parts = asks("segments", dimension_of=dimension[1], **asked)
    alone = {r["segment"]: (r["total"], r["n"]) for r in parts if r["segment"] != "(other)"}
    assert alone == {value: want[value][:2] for value in alone} and len(alone) >= 2
    assert sum(r["n"] for r in parts) == len(people)


@pytest.mark.parametrize("dimension", DIMENSIONS, ids="-".join)
@pytest.mark.parametrize("cohort", ["first_time", "recurring"])
@pytest.mark.parametrize("of", ["start", "both"])
def test_rule_R3_retention_by_group(told, dimension, cohort, of):
    asks, history = told
    people = defaultdict(list)
    for event in history:
        people[event.who].append(event)
    started, people_of = defaultdict(set), defaultdict(set)
    for who, events in people.items():
        starts = sorted((e for e in events if e.name == "A"), key=lambda e: e.at)
        chosen = defaultdict(list)  # (cohort, value where each value starts by itself) -> starts
        for start in starts[:1] if cohort == "first_time" else filter(in_range, starts):
            own = (
                start.values[dimension] or NONE if of == "both" and cohort == "recurring" else None
            )
            same = [e for e in starts if e.at == start.at] if cohort == "first_time" else [start]
            chosen[start.at.date(), own] += same
        for (day, own), options in chosen.items():
            at = min(e.at for e in options)
            value = own or min(e.values[dimension] or NONE for e in options if e.at == at)
            if not FIRST <= day < END:
                continue
            back = {
                (e.at.date() - day).days
                for e in events
                if e.name == "B" and e.at >= at and (of == "start" or (e.values[dimension] or NONE) == value)
            }  # fmt: skip
            people_of[value].add(who)
            started[value, day.isoformat()].add((who, frozenset(back)))
    want = {
        (value, (FIRST + k * DAY).isoformat(), n): (len(cell), sum(n in back for _, back in cell))
        for value in shown(people_of)
        for k in range((END - FIRST).days)
        for n in range(3)
        for cell in [started[value, (FIRST + k * DAY).isoformat()]]
    }
    rows = asks(
        "retention", start_event="A", return_event="B", horizon=2, cohort=cohort, breakdown=dimension[0],
        property_of=dimension[1], breakdown_of=of,
    )  # fmt: skip
    assert {
        (r["breakdown"], r["cohort_start"], r["interval"]): (r["cohort_size"], r["retained"])
        for r in rows
        if r["cohort_start"]
    } == want


def counted_entry(events):
    """F4 of A and B within a day: the steps of the entry that counts, where several share an instant the lowest id."""
    ordered = sorted(events, key=lambda e: (e.at, e.place))
    best = []
    for start in (e for e in ordered if e.name == "A" and in_range(e)):
        after = [e for e in ordered if e.name == "B" and start.at <= e.at <= start.at + DAY]
        steps = [start, *after[:1]]
        best = steps if len(steps) > len(best) else best
    return best


@pytest.mark.parametrize("dimension", DIMENSIONS, ids="-".join)
@pytest.mark.parametrize(
    "attribution", ["first_touch", "last_touch", "every_step", "step_1", "step_2"]
)
def test_rule_F14_funnel_by_group(told, dimension, attribution):
    asks, history = told
    units = defaultdict(list)
    for event in history:
        each = event.values[dimension] or NONE if attribution == "every_step" else None
        units[event.who, each].append(event)
    people_of, reached = defaultdict(set), defaultdict(lambda: [0, 0])
    for (who, _), events in units.items():
        steps = counted_entry(events)
        values = [e.values[dimension] for e in steps]
        place = int(attribution[-1]) if attribution.startswith("step_") else None
        if not steps or (place or 1) > len(steps):
            continue
        if place:
            value = values[place - 1]
        else:
            ordered = reversed(values) if attribution == "last_touch" else values
            value = next((v for v in ordered if v is not None), None)
        people_of[value or NONE].add(who)
        for n in range(len(steps)):
            reached[value or NONE][n] += 1
    params = {
        "steps": ["A", "B"],
        "window": "1d",
        "breakdown": dimension[0],
        "property_of": dimension[1],
    }
    params["attribution"] = attribution
    want = [(value, n + 1, reached[value][n]) for value in shown(people_of) for n in range(2)]
    rows = asks("funnel", **params)
    assert [(r["breakdown"], r["step"], r["reached"]) for r in rows] == want
    if (
        dimension[1] == "event"
    ):  # an exclusion that nobody does sends the same funnel through the matcher
        nobody = [{"event": "B", "where": [{"property": "no", "op": "set"}]}]
        assert asks("funnel", exclusions=nobody, **params) == rows
