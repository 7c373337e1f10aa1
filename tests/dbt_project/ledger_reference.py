"""K10 read by the letter of its definition in plain Python, minute by minute, and random histories for it.

Knows the definition of K10 and the forms of `process_time`. Must not know the models.
"""

from __future__ import annotations

import functools
import hashlib
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.dbt_project.process_time import Entry, History, at, category_of, monday

SEVEN = timedelta(days=7)
READINGS = ("saved", "costs", "net")
TITLES = (
    "Status", "Data pull", "Sync", "Customer call", "Digest", "Digest of status", "Digest sync", "Data template",
    "Template", "Template for status sync", "Rite", "Rite of data", "Set up board",
)  # fmt: skip
NO_COSTS = "tools.yml has no rule that finds what it costs"
NO_SAVINGS = "tools.yml says of no category that it saves its time"


@dataclass(frozen=True)
class Week:
    """Minutes of a person's week: by the category that has them, of each process, and of both together."""

    categories: Counter[str]
    costs: Counter[str]
    both: Counter[tuple[str, str]]


def random_ledger(seed: int) -> tuple[History, datetime]:
    """Crowded working days of seven managers over seventeen weeks, eight processes, and an as-of instant in UTC."""
    chance, zone = random.Random(seed), "Europe/Berlin" if seed % 2 else "America/New_York"
    # an odd seed is read late in September: its three whole weeks come after one that ended with August, on a Sunday
    base, last = (17, 29) if seed % 2 else (0, chance.randrange(12, 17))
    people: dict[str, tuple[date | None, date | None]] = {
        f"pm-{n}": (None, None) for n in range(1, 8)
    }
    people["pm-7"] = (None, monday(base + 16) - timedelta(days=chance.randrange(40)))
    people["eng-1"] = (None, None)
    entries = []
    for who in people:
        for week in range(base, base + 17):
            is_away = chance.random() < 0.02
            for _ in range(0 if is_away else chance.randrange(6, 10)):
                # few days and hours, so that three at once are common and some stick out of working hours
                start = at(week, chance.choice((0, 1, 1, 5)), f"{chance.choice((8, 9, 10, 17))}:{chance.randrange(60)}", zone)  # fmt: skip
                tags = None if chance.random() < 0.5 else ()
                entries.append(Entry(who, start, chance.randrange(5, 90), chance.choice(TITLES), tags))  # fmt: skip
        # nobody is without evidence only because the dice say so
        for tags in (None, ()):
            entries.extend(Entry(who, at(w, 2, "12:00", zone), 10, "Lunch talk", tags) for w in range(base, base + 17) if chance.random() < 0.99)  # fmt: skip
    # the calendars begin on a Tuesday: their first week is not whole
    entries = [e for e in entries if e.tags is not None or e.start >= at(base, 1, "00:00", zone)]
    rules = [
        ("meeting_coordination", "title", "contains", "sync"),
        ("status_updates", "title", "contains", "status"),
        ("data_requests", "title", "contains", "data"),
        ("tool_configuration", "title", "equals", "set up board"),
    ]
    chance.shuffle(rules)

    def rollout(first: int, end: int) -> date:
        week = base + chance.randrange(first, end)
        return monday(week) + timedelta(days=chance.choice((0, 0, 1, 6)))

    processes = {
        "digest": (monday(base + 5), "digest", ("status_updates", "meeting_coordination")),
        "template": (rollout(5, 8), "template", ("data_requests",)),
        "board": (rollout(5, 9), "", ("tool_configuration",)),
        "rite": (monday(base + 4), "rite", ()),
        "rival": (rollout(0, 17), "rite", ("data_requests",)),
        "twin": (rollout(0, 17), "", ("data_requests",)),
        "later": (monday(base + 20), "digest", ("tool_configuration",)),
        "silent": (monday(base + 5), "", ()),
    }
    as_of = at(last, chance.randrange(7), f"{chance.randrange(24)}:30", zone)
    return History(entries, people, rules, zone=zone, processes=processes), as_of


def weeks_of(history: History, evidence: str) -> dict[tuple[str, date], Week]:
    """The minutes of each person and week with an entry; one that is not working time only says that there is evidence."""
    order = list(dict.fromkeys(rule[0] for rule in history.rules))
    zone = ZoneInfo(history.zone)
    local_of = functools.cache(lambda moment: moment.replace(tzinfo=UTC).astimezone(zone))
    weeks: dict[tuple[str, date], Week] = {}
    at_once: dict[tuple[str, datetime], tuple[set[str], set[str]]] = {}
    for entry in history.entries:
        if (entry.tags is None) != (evidence == "calendar"):
            continue
        category, title = category_of(history, entry), entry.title.lower()
        found = {name for name, (_, looked_for, _) in history.processes.items() if looked_for and looked_for in title}  # fmt: skip
        for minute in range(entry.minutes):
            moment = entry.start + timedelta(minutes=minute)
            local = local_of(moment)
            weeks.setdefault((entry.who, _week(local)), Week(Counter(), Counter(), Counter()))
            clock = local.hour * 60 + local.minute
            if local.weekday() < 5 and history.hours[0] <= clock < history.hours[1]:
                categories, processes = at_once.setdefault((entry.who, moment), (set(), set()))
                categories.update({category} if category else ())
                processes.update(found)
    for (who, moment), (categories, processes) in at_once.items():
        week = weeks[who, _week(local_of(moment))]
        has_it = min(categories, key=order.index, default=None)
        if has_it:
            week.categories[has_it] += 1
        for process in processes:
            week.costs[process] += 1
            if has_it:
                week.both[process, has_it] += 1
    return weeks


def expected_ledger(history: History, as_of: datetime) -> dict[tuple[str, str, str], dict]:
    """The rows of K10 as of an instant, by variant, period and period start."""
    now = as_of.replace(tzinfo=UTC).astimezone(ZoneInfo(history.zone)).replace(tzinfo=None)
    told = {evidence: weeks_of(history, evidence) for evidence in ("calendar", "time_tracking")}
    firsts = {evidence: _first_day(history, evidence) for evidence in told}
    listed = {name: process for name, process in history.processes.items() if process[1] or process[2]}  # fmt: skip
    rows: dict[tuple[str, str, str], dict] = {}
    for period, start, end in _periods(min(firsts.values()), now):
        for evidence, first in firsts.items():
            ended = [w for w in (monday(n) for n in range(40)) if first <= w and _midnight(w + SEVEN) <= now]  # fmt: skip
            for name, (rollout, costs, saves) in listed.items():
                if rollout >= end or first >= end or _midnight(rollout) >= now:
                    continue
                before = [w for w in ended if w + SEVEN <= rollout][-4:]
                after = [w for w in ended if w >= rollout and start < w + SEVEN <= end][-4:]
                panel = [
                    _person(name, saves, [told[evidence][who, w] for w in before], [told[evidence][who, w] for w in after])
                    for who in sorted(history.people)
                    if who.startswith("pm") and len(before) == len(after) == 4
                    and all((who, w) in told[evidence] and _is_employed(history, who, w) for w in (*before, *after))
                ]  # fmt: skip
                rivals = sorted(
                    other for other, (began, _, also) in listed.items()
                    if other != name and set(also) & set(saves) and before and after
                    and before[0] < began < after[-1] + SEVEN
                )  # fmt: skip
                few = f"fewer than {history.minimum} ({len(panel)}) with evidence in the four weeks before the rollout and the last four"  # fmt: skip
                for place, reading in enumerate(READINGS):
                    reasons = (
                        (NO_COSTS, reading != "saved" and not costs),
                        (NO_SAVINGS, reading != "costs" and not saves),
                        (f"{rivals and rivals[0]} claims the same hours, so neither can", reading != "costs" and rivals),
                        (few, len(panel) < history.minimum),
                    )  # fmt: skip
                    reason = next((said for said, holds in reasons if holds), None)
                    values = [person[place] for person in panel]
                    rows[f"{reading}:{evidence}:{name}", period, str(start)] = {
                        "n": len(panel),
                        "reason": reason,
                        "is_pending": _midnight(end) > now,
                        "value": None if reason else sum(values) / len(values),
                        "interval": (None, None) if reason else _interval(values),
                    }
    return rows


def _person(
    process: str, saves: tuple[str, ...], before: list[Week], after: list[Week]
) -> tuple[float, float, float]:
    """Saved, costs and net of one person in hours a week; what the process takes itself is a cost and nothing else."""
    then = sum(week.categories[category] for week in before for category in saves)
    now = sum(week.categories[c] - week.both[process, c] for week in after for c in saves)
    costs = sum(week.costs[process] for week in after)
    return (then - now) / 240, costs / 240, (then - now - costs) / 240


def _week(local: datetime) -> date:
    return local.date() - timedelta(days=local.weekday())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())


def _is_employed(history: History, who: str, week: date) -> bool:
    start, end = history.people[who]
    return (not start or start <= week) and (not end or week + timedelta(days=6) <= end)


def _first_day(history: History, evidence: str) -> date:
    """The first day on which a manager has an entry of the evidence."""
    first = min(e.start for e in history.entries if (e.tags is None) == (evidence == "calendar") and e.who.startswith("pm"))  # fmt: skip
    return first.replace(tzinfo=UTC).astimezone(ZoneInfo(history.zone)).date()


def _periods(first: date, now: datetime) -> list[tuple[str, date, date]]:
    """Months and quarters of one year that have begun, from that of the first day."""
    starts = [date(first.year, month, 1) for month in range(1, 13)]
    ends = [*starts[1:], date(first.year + 1, 1, 1)]
    months = [("month", start, end) for start, end in zip(starts, ends, strict=True)]
    quarters = [("quarter", starts[n], ends[n + 2]) for n in (0, 3, 6, 9)]
    return [p for p in (*months, *quarters) if p[2] > first and _midnight(p[1]) < now]


@functools.cache
def _draws(people: int) -> list[Counter[int]]:
    """How often each place is taken in each draw, with the numbers that the model takes."""

    def seat(draw: int, place: int) -> int:
        digest = hashlib.md5(f"K10|{draw}|{place}".encode()).digest()
        return int.from_bytes(digest[8:], "little") % people

    return [Counter(seat(draw, place) for place in range(people)) for draw in range(1000)]


def _interval(values: list[float]) -> tuple[float, float]:
    """The 2.5th and the 97.5th percentile of the mean over people taken again."""
    means = sorted(sum(values[place] * times for place, times in draw.items()) / len(values) for draw in _draws(len(values)))  # fmt: skip

    def quantile(share: float) -> float:
        low, rest = divmod(share * (len(means) - 1), 1)
        return means[int(low)] + rest * (means[int(low) + 1] - means[int(low)])

    return quantile(0.025), quantile(0.975)
