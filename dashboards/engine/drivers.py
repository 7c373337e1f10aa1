"""Which early actions go with coming back: every action and threshold, tested and corrected together (D4).

Knows early windows, outcomes and thresholds. Must not know the catalogue or pages. What it finds goes together; it is no cause.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from dashboards import wording
from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import Selector
from dashboards.engine.comparisons import benjamini_hochberg, newcombe, phi, share_test
from dashboards.engine.conditions import Fragment
from dashboards.engine.person_days import ANY_ACTIVE, count_periods
from dashboards.engine.scope import EVENT_COLUMNS, Result, Scope, flag, reads_person
from dashboards.engine.statistics import wilson

ALPHA = 0.05
STARTED = f"{EVENT_COLUMNS['person']} in (select actor from firsts)"  # noqa: S608
EARLY = f"""inner join firsts
    on {EVENT_COLUMNS["person"]} = firsts.actor
    and {EVENT_COLUMNS["event_at"]} >= firsts.start_at
    and {EVENT_COLUMNS["event_at"]} < firsts.start_at + to_seconds(?)
    and firsts.is_over
"""
LONGEST_DAY = 25 * 3600  # seconds, when a clock goes back
WITH, AGAINST, UNCLEAR = "goes together", "goes with leaving", "no clear link"


def drivers(scope: Scope) -> Result:
    """One row per action and threshold, the strongest link first."""
    p = scope.params
    thresholds = _thresholds(p["thresholds"])
    if not p["early"] <= p["return_from"] < p["return_to"]:
        raise BadParameter(
            "`return_from` is not before the end of the `early` window and before `return_to`, else an early action would be"
            " its own outcome; the nearest is `return_from` = `early`"
        )
    _prepare(scope, p["start_event"] or ANY_ACTIVE, p["return_event"] or ANY_ACTIVE)
    whole = scope.run(
        """
        select
            count(*) filter (where is_over) as actors,
            count(*) filter (where is_over and is_back) as retained,
            count(*) filter (where not is_over) as pending
        from starters
        """
    )[0]
    n, back = whole["actors"], whole["retained"]
    summary: dict[str, Any] = {
        **whole,
        "base_rate": back / n if n else None,
        "tests": 0,
        "beyond_chance": 0,
        "strongest": None,
        "sentence": None,
    }
    if not n:
        scope.caveat(
            "No data: nobody who started in the range has a return window that is over"
            + (f"; {whole['pending']} are pending." if whole["pending"] else ".")
        )
        return Result([], summary)
    rows, hidden = _rows(scope, thresholds, n, back)
    if hidden:
        scope.caveat(
            f"{hidden} actions and thresholds are left out, because they or all others have fewer than"
            f" {max(scope.minimum_group_size, 1)} people."
        )
    adjusted = benjamini_hochberg([row["p_value"] for row in rows])
    for row, p_value in zip(rows, adjusted, strict=True):
        row["p_value_adjusted"] = p_value
        is_clear = p_value is not None and p_value < ALPHA
        row["verdict"] = UNCLEAR if not is_clear else WITH if row["phi"] > 0 else AGAINST
    rows.sort(
        key=lambda r: (-(r["phi"] if r["phi"] is not None else -2), r["event"], r["threshold"])
    )
    clear = [row for row in rows if row["verdict"] == WITH]
    summary |= {
        "tests": sum(row["p_value"] is not None for row in rows),
        "beyond_chance": sum(row["verdict"] != UNCLEAR for row in rows),
        "strongest": clear[0]["event"] if clear else None,
        "sentence": _sentence(clear[0] if clear else None, summary["base_rate"], len(rows)),
    }
    return Result(rows, summary)


def _thresholds(given: tuple[tuple[int, int], ...]) -> list[int]:
    if any(low != high or low < 1 for low, high in given):
        raise BadParameter("`thresholds` are whole numbers from 1 up, like `1,2,3,5,10`")
    return [low for low, _ in given]


def _prepare(scope: Scope, start: Selector, back: Selector) -> None:
    """The people who started in the range (R3), whether their return window is over and, then, whether they came back in it.

    `actions` (actor, event, times) are what those did in their early window whose return window is over.
    """
    p = scope.params
    assert scope.to_at is not None
    count_periods(scope, "first_ever", start, {"actor": "person"}, {"start_at": "first_at"})
    scope.run(
        """
        create or replace temp table firsts as
        select actor, start_at, start_at + to_seconds($return_to) <= $as_of as is_over
        from first_ever
        where start_at >= $from_at and start_at < $to_at
        """,
        {
            "from_at": scope.from_at,
            "to_at": scope.to_at,
            "return_to": p["return_to"],
            "as_of": scope.as_of,
        },
    )
    last_over = min(scope.to_at, scope.as_of - timedelta(seconds=p["return_to"]))
    _returned(scope, back)
    scope.events(
        {
            "actor": Fragment(EVENT_COLUMNS["person"]),
            "event": Fragment(EVENT_COLUMNS["event_name"]),
        },
        only=Fragment("fct_events.plan_status is distinct from 'system'"),
        table="actions",
        joins=Fragment(EARLY, (p["early"],)),
        since=scope.from_at,
        until=last_over + timedelta(seconds=p["early"], microseconds=1),
        counted={"times": "count(*)"},
    )
    scope.run(
        """
        create or replace temp table starters as
        with returns as (
            select distinct firsts.actor
            from firsts
            inner join returned on firsts.actor = returned.actor
            where
                firsts.is_over
                and (
                    returned.first_at >= firsts.start_at + to_seconds($return_from)
                    and returned.first_at < firsts.start_at + to_seconds($return_to)
                    or returned.last_at >= firsts.start_at + to_seconds($return_from)
                    and returned.last_at < firsts.start_at + to_seconds($return_to)
                )
        )

        select
            firsts.actor,
            firsts.start_at,
            firsts.is_over,
            returns.actor is not null as is_back
        from firsts
        left join returns on firsts.actor = returns.actor
        """,
        {"return_from": p["return_from"], "return_to": p["return_to"]},
    )


def _returned(scope: Scope, back: Selector) -> None:
    """`returned` (actor, first_at, last_at): the return events of those who started; the first and last of a day stand for it.

    The window of a return is longer than a day, so that one of the two lies in it wherever an event of the day does.
    """
    p = scope.params
    assert scope.from_at is not None and scope.to_at is not None
    since = scope.from_at + timedelta(seconds=p["return_from"])
    until = scope.to_at + timedelta(seconds=p["return_to"])
    first = scope.calendar.midnight(scope.calendar.to_local(since).date())
    end = scope.calendar.midnight(scope.calendar.to_local(until).date() + timedelta(days=1))
    if p["return_to"] - p["return_from"] >= LONGEST_DAY:
        said = {"first_at": "first_at", "last_at": "last_at"}
        keys = {"actor": "person", "day": "day"}
        count_periods(scope, "returned", back, keys, said, first, end, among="firsts")
        return
    event_at = Fragment(EVENT_COLUMNS["event_at"])
    taken = flag(back)
    scope.events(
        {"actor": Fragment(EVENT_COLUMNS["person"]), "first_at": event_at, "last_at": event_at},
        only=Fragment(f"{taken.sql} and {STARTED}", taken.params),
        table="returned",
        since=since,
        until=until,
        joins_person=reads_person([back]),
    )


def _rows(
    scope: Scope, thresholds: list[int], n: int, back: int
) -> tuple[list[dict[str, Any]], int]:
    """Every action and threshold with enough people on both sides, and how many have too few."""
    counted = scope.run(
        """
        select
            actions.event,
            least(actions.times, $most) as times,
            count(*) as actors,
            count(*) filter (where starters.is_back) as retained
        from actions
        inner join starters on actions.actor = starters.actor
        group by all
        """,
        {"most": thresholds[-1]},
    )
    by_event: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for row in counted:
        by_event[row["event"]].append((row["times"], row["actors"], row["retained"]))
    fewest = max(scope.minimum_group_size, 1)
    rows, hidden = [], 0
    for event, found in by_event.items():
        for threshold in thresholds:
            actors = sum(a for times, a, _ in found if times >= threshold)
            retained = sum(r for times, _, r in found if times >= threshold)
            if actors >= fewest and n - actors >= fewest:
                rows.append(_row(event, threshold, actors, retained, n, back))
            elif actors and n > actors:
                hidden += 1
    return rows, hidden


def _row(
    event: str, threshold: int, actors: int, retained: int, n: int, back: int
) -> dict[str, Any]:
    others, others_back = n - actors, back - retained
    own = wilson(retained, actors)
    between = newcombe(retained, actors, others_back, others)
    assert own is not None and between is not None
    rate = retained / actors
    return {
        "event": event,
        "threshold": threshold,
        "reach": actors / n,
        "actors": actors,
        "retained": retained,
        "rate": rate,
        "ci_low": own[0],
        "ci_high": own[1],
        "rest_actors": others,
        "rest_rate": others_back / others,
        "difference": rate - others_back / others,
        "difference_low": between[0],
        "difference_high": between[1],
        "lift": rate / (back / n) if back else None,
        "phi": phi(retained, actors, others_back, others),
        "p_value": share_test(retained, actors, others_back, others),
    }


def _sentence(row: dict[str, Any] | None, base: float, tests: int) -> str:
    if row is None:
        return f"No early action goes with coming back beyond chance after {tests} tests."
    times = "once" if row["threshold"] == 1 else f"{row['threshold']} times"
    return (
        f"Of {wording.count(row['actors'])} people who did {row['event']} at least {times}, {wording.share(row['rate'])} came back,"
        f" against {wording.share(row['rest_rate'])} of the others and {wording.share(base)} of all. It goes together, which is not cause."
    )
