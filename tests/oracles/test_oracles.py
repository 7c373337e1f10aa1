"""The engine against plain-Python references that share no code with it (random small worlds).

Each example is twelve worlds of people of their own, each in a project of one version; an answer tells them apart by a
breakdown, or is their sum. References read like the definitions and try every possibility where they can.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import product

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dashboards.ask import ask
from dashboards.published import open_version

START = datetime(2024, 1, 1)
# In the leg on another DuckDB it is the SQL that may answer otherwise, and twelve worlds ask it that.
EXAMPLES = 5 if duckdb.__version__.startswith("1.") else 1
QUIET = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=(Phase.generate,),  # shrinking would ask thousands of questions
)

# A world: events as (person, name, minutes after the start). Coarse times, half of them close together, make ties and
# boundaries common.
times = (st.integers(0, 60) | st.integers(4, 12)).map(lambda n: n * 360)
events = st.lists(
    st.tuples(st.sampled_from("pqr"), st.sampled_from("ABCX"), times),
    min_size=1,
    max_size=14,
)
worlds = st.lists(events, min_size=12, max_size=12)
AS_OF = "2024-01-12"
RANGE = {"from": "2024-01-02", "to": "2024-01-10"}
KNOWN = {"dim_events": [{"event_name": name, "status": "live"} for name in "ABCX"]}


@pytest.fixture(scope="module")
def published_worlds(tmp_path_factory, publish_world):
    numbers = iter(range(10_000))

    def made(drawn):
        rows = [
            (
                f"{n}{who}",
                name,
                (START + timedelta(minutes=minutes)).isoformat(),
                {},
                {"project": f"w{n}"},
            )
            for n, world in enumerate(drawn)
            for who, name, minutes in world
        ]
        folder = publish_world(
            tmp_path_factory.mktemp(f"o{next(numbers)}"), events=rows, tables=KNOWN
        )
        return open_version(folder)

    return made


def days_of(world):
    """person -> set of active days."""
    found = defaultdict(set)
    for who, _, minutes in world:
        found[who].add((START + timedelta(minutes=minutes)).date())
    return found


def span():
    first = date.fromisoformat(RANGE["from"])
    return [first + timedelta(days=n) for n in range(8)]


# No event has the property, so the condition takes all of them, and the answer is told from events one by one.
EVERY_EVENT = [{"property": "nobody_sends_this", "op": "not_set"}]


def reference_active(world):
    """(active, new, wau, mau) of each day."""
    people = days_of(world)
    found = []
    for day in span():
        active = [w for w, days in people.items() if day in days]
        trailing = [
            sum(
                any(day - timedelta(days=k) in days for k in range(size))
                for days in people.values()
            )
            for size in (7, 28)
        ]
        found.append((len(active), sum(min(people[w]) == day for w in active), *trailing))
    return found


@QUIET
@given(worlds)
def test_active_users_new_wau_and_mau(published_worlds, drawn):
    wants = [reference_active(world) for world in drawn]
    whole = [tuple(map(sum, zip(*days, strict=True))) for days in zip(*wants, strict=True)]
    ways = [({}, whole), ({"where": EVERY_EVENT}, whole)]
    ways += [({"project": f"w{n}"}, wants[n]) for n in range(3)]
    with published_worlds(drawn) as version:
        for more, want in ways:
            rows = ask(version, "active_users", {**RANGE, **more}, AS_OF).rows
            assert [(r["active"], r["new"], r["wau"], r["mau"]) for r in rows] == want, drawn


def retained(mode, hits, n):
    if mode == "on":
        return n in hits
    if mode == "on_or_after":
        return any(h >= n for h in hits)
    if n == 0:
        return 0 in hits
    if mode == "on_or_before":
        return any(1 <= h <= n for h in hits)
    return all(k in hits for k in range(1, n + 1))


def reference_retention(world, mode, clock, cohort, start_name, return_name):
    """{(cohort day, interval): (size, retained)} over days, straight from R1-R3."""
    times = defaultdict(list)
    for who, name, minutes in world:
        times[who].append((START + timedelta(minutes=minutes), name))
    members = defaultdict(list)
    for happened in times.values():
        starts = sorted(t for t, name in happened if name == start_name)
        if not starts:
            continue
        low, high = datetime.fromisoformat(RANGE["from"]), datetime.fromisoformat(RANGE["to"])
        if cohort == "first_time":
            chosen = {starts[0].date(): starts[0]} if low <= starts[0] < high else {}
        else:
            chosen = {}
            for t in starts:
                if low <= t < high:
                    chosen.setdefault(t.date(), t)
        returns = [t for t, name in happened if name == return_name]
        for day, start in chosen.items():
            if clock == "calendar":
                hits = {(t.date() - day).days for t in returns if t >= start}
            else:
                hits = {(t - start) // timedelta(days=1) for t in returns if t >= start}
            members[day].append(hits)
    return {
        (day.isoformat(), n): (
            len(members[day]),
            sum(retained(mode, hits, n) for hits in members[day]),
        )
        for day in span()
        for n in range(4)
    }


@QUIET
@given(
    worlds,
    st.permutations(
        list(
            product(
                ("on", "on_or_after", "on_or_before", "streak"),
                ("calendar", "rolling"),
                ("first_time", "recurring"),
            )
        )
    ),
)
def test_retention_in_every_mode_clock_and_cohort(published_worlds, drawn, choices):
    with published_worlds(drawn) as version:
        for n, world in enumerate(drawn):
            mode, clock, cohort = choices[n % len(choices)]
            params = {
                **RANGE,
                "project": f"w{n}",
                "mode": mode,
                "clock": clock,
                "cohort": cohort,
                "start_event": "A",
                "return_event": "B",
                "horizon": 3,
            }
            rows = ask(version, "retention", params, "2024-02-20").rows
            got = {
                (r["cohort_start"], r["interval"]): (r["cohort_size"], r["retained"])
                for r in rows
                if r["cohort_start"]
            }
            want = reference_retention(world, mode, clock, cohort, "A", "B")
            assert got == want, (world, mode, clock, cohort)
            for k in range(4):
                size, kept = (sum(v[i] for (_, m), v in want.items() if m == k) for i in (0, 1))
                row = next(r for r in rows if r["cohort_start"] is None and r["interval"] == k)
                assert (row["cohort_size"], row["retained"]) == (size, kept)


def deepest(happened, entry, steps, window):
    """F1, F2, F6, F9, F11 by trying every choice of distinct events in time order."""
    best = (1, (happened[entry][0],))
    start = happened[entry][0]

    def walk(step, now, used, times):
        nonlocal best
        if (len(times), tuple(-t for t in times)) > (best[0], tuple(-t for t in best[1])):
            best = (len(times), tuple(times))
        if step == len(steps):
            return
        for n, (at, name) in enumerate(happened):
            if n not in used and name == steps[step] and now <= at <= start + window:
                walk(step + 1, at, used | {n}, [*times, at])

    walk(1, start, {entry}, [start])
    return best


def reference_funnel(world, steps, window):
    """Reached per step and the entries that count (F3, F4)."""
    people = defaultdict(list)
    for who, name, minutes in world:
        people[who].append((minutes, name))
    low, high = (
        int((datetime.fromisoformat(RANGE[k]) - START).total_seconds() // 60)
        for k in ("from", "to")
    )
    counted = []
    for happened in people.values():
        happened.sort()
        entries = [
            deepest(happened, n, steps, window)
            for n, (at, name) in enumerate(happened)
            if name == steps[0] and low <= at < high
        ]
        if entries:
            counted.append(max(entries, key=lambda e: (e[0], -e[1][0])))
    return [sum(depth >= k for depth, _ in counted) for k in range(1, len(steps) + 1)], counted


def by_world(version, params):
    """The rows of each world's steps, of one funnel over all of them."""
    found = defaultdict(list)
    params = {**RANGE, **params, "breakdown": "project"}
    for row in ask(version, "funnel", params, "2024-03-01").rows:
        found[row["breakdown"]].append({**row, "breakdown": None})
    return found


@QUIET
@given(worlds, st.sampled_from([720, 1440, 4320]))
def test_sequential_funnels_by_sql_and_by_matcher(published_worlds, drawn, window):
    # An exclusion that nobody does sends the same funnel through the matcher.
    nobody = [{"event": "X", "where": [{"property": "no", "op": "set"}]}]
    with published_worlds(drawn) as version:
        for steps in (["A", "B", "C"], ["A", "A", "B"]):
            params = {"steps": steps, "window": f"{window}m"}
            found = by_world(version, params)
            assert by_world(version, {**params, "exclusions": nobody}) == found
            for n, world in enumerate(drawn):
                want, counted = reference_funnel(world, steps, window)
                rows = found[f"w{n}"]
                assert [r["reached"] for r in rows] == (want if counted else []), (world, steps)
                gaps = [times[1] - times[0] for depth, times in counted if depth >= 2]
                if counted:
                    assert rows[1]["mean_seconds"] == (
                        pytest.approx(60 * sum(gaps) / len(gaps)) if gaps else None
                    )
            for more in ({}, {"exclusions": nobody}):
                params = {**RANGE, **params, **more, "project": "w0"}
                rows = ask(version, "funnel", params, "2024-03-01").rows
                assert rows == found["w0"] or not found["w0"] and not rows[0]["reached"]


def reference_orders(world):
    """(entered, converted) of A and B by order and count; none where two events of a person are at one instant."""
    window = 1440
    people = defaultdict(list)
    # Distinct times only: at one instant the rules of order are tested by hand.
    for who, name, minutes in {(w, m): (w, e, m) for w, e, m in world}.values():
        people[who].append((minutes, name))
    if sum(len(v) for v in people.values()) != len(world):
        return None
    low, high = 1440, 9 * 1440
    strict = any_two = attempts = converted = 0
    entered = any_one = 0
    for happened in people.values():
        happened.sort()
        entries = [k for k, (at, name) in enumerate(happened) if name == "A" and low <= at < high]
        entered += bool(entries)
        strict += any(
            k + 1 < len(happened)
            and happened[k + 1][1] == "B"
            and happened[k + 1][0] - happened[k][0] <= window
            for k in entries
        )
        either = [(at, name) for at, name in happened if name in "AB"]
        openings = [(at, name) for at, name in either if low <= at < high]
        any_one += bool(openings)
        any_two += any(
            name != other and at <= when <= at + window
            for at, name in openings
            for when, other in either
        )
        free = -1
        for k in entries:
            at = happened[k][0]
            if at < free:
                continue
            attempts += 1
            done = [when for when, name in happened if name == "B" and at <= when <= at + window]
            converted += bool(done)
            free = done[0] if done else at + window + 1
    return {
        ("order", "strict"): [entered, strict],
        ("order", "any"): [any_one, any_two],
        ("count", "totals"): [attempts, converted],
    }


@QUIET
@given(worlds)
def test_strict_any_and_totals(published_worlds, drawn):
    wants = {f"w{n}": reference_orders(world) for n, world in enumerate(drawn)}
    plain = {name: want for name, want in wants.items() if want is not None}
    with published_worlds(drawn) as version:
        for name, value in (("order", "strict"), ("order", "any"), ("count", "totals")):
            params = {"steps": ["A", "B"], "window": "1440m", name: value}
            found = by_world(version, params)
            for project, want in plain.items():
                reached = [row["reached"] for row in found[project]] or [0, 0]
                assert reached == want[name, value], (project, drawn, params)
            for project in list(plain)[:1]:
                rows = ask(
                    version, "funnel", {**RANGE, **params, "project": project}, "2024-03-01"
                ).rows
                assert [row["reached"] for row in rows] == plain[project][name, value]


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("pqrs"),
            st.sampled_from([None, "w1", "w2"]),
            st.sampled_from([None, *range(11)]),
        ),
        max_size=40,
    )
)
def test_nps(tmp_path_factory, publish_world, drawn):
    rows = [
        {"response_id": f"r{n:03d}", "source": "delighted", "project": "default", "survey_type": "nps", "wave": wave, "respondent_id": who, "score": score, "is_nps": True, "responded_at": START + timedelta(hours=n), "local_date": START.date(), "properties": "{}"}
        for n, (who, wave, score) in enumerate(drawn)
    ]  # fmt: skip
    last = {
        (who, wave if wave else n): score
        for n, (who, wave, score) in enumerate(drawn)
        if score is not None
    }
    scores = list(last.values())
    with open_version(
        publish_world(tmp_path_factory.mktemp("nps"), tables={"fct_survey_responses": rows})
    ) as version:
        row = ask(version, "nps").rows[0]
    n = len(scores)
    assert (row["n"], row["promoters"], row["detractors"]) == (
        n,
        sum(s >= 9 for s in scores),
        sum(s <= 6 for s in scores),
    )
    assert row["nps"] == (
        pytest.approx(100 * (sum(s >= 9 for s in scores) - sum(s <= 6 for s in scores)) / n)
        if n
        else None
    )
    if n:
        marks = [100 * ((s >= 9) - (s <= 6)) for s in scores]
        mean = sum(marks) / n
        assert row["margin_of_error_95"] == pytest.approx(
            1.96 * (sum((m - mean) ** 2 for m in marks) / n / n) ** 0.5, abs=1e-9
        )
