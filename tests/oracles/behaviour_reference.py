"""What paths, drivers and metrics should say, in plain Python: one person at a time, straight from the definitions.

Shares no code with the engine. An event is (instant in UTC, id, name, platform); a person is the list of theirs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)
WINDOW = timedelta(minutes=30)  # of the conversion
PASSIVE = "X"  # is not active
VALUE = "C"  # is a value event


@dataclass(frozen=True, order=True)
class Event:
    at: datetime
    id: str
    name: str
    platform: str | None

    @property
    def is_active(self) -> bool:
        return self.name != PASSIVE


def local_day(at: datetime) -> date:
    return at.replace(tzinfo=UTC).astimezone(ZONE).date()


def midnight(day: date) -> datetime:
    local = datetime(day.year, day.month, day.day, tzinfo=ZONE)
    return local.astimezone(UTC).replace(tzinfo=None)


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def first_value(events: list[Event]) -> str:
    return min(events, key=lambda e: (e.at, e.id)).platform or "(none)"


def unit(metric, person: list[Event], start: date, end: date, as_of: datetime):
    """(segment, amount, is over) of one person for the days from `start` to before `end`; None where not in the base."""
    seen = [e for e in person if e.at < as_of]
    low, high = midnight(start), midnight(end)
    inside = [e for e in seen if low <= e.at < high]
    active = [e for e in seen if e.is_active]
    if metric == "active_users":
        base = [e for e in active if midnight(start - 28 * DAY) <= e.at < high]
        return (first_value(base), any(e.at >= low for e in base), True) if base else None
    if metric in ("feature_usage", "events_per_actor"):
        base = [e for e in inside if e.is_active]
        if metric == "feature_usage":
            used = any(e.name == "B" for e in inside)
            return (first_value(base), used, True) if base else None
        return (first_value(base), len(base), True) if base else None
    if metric == "conversion":
        best = None
        for entry in sorted(e for e in inside if e.name == "A"):
            done = any(e.name == "B" and entry.at <= e.at <= entry.at + WINDOW for e in seen)
            if best is None or done > best[0]:
                best = done, entry.at + WINDOW <= as_of
        return (first_value([e for e in inside if e.name == "A"]), *best) if best else None
    if not active or not low <= min(active).at < high:
        return None
    first = min(active)
    if metric == "activation":
        until = first.at + 7 * DAY
        met = any(e.name == VALUE and first.at <= e.at <= until for e in seen)
        return first_value([e for e in active if e.at == first.at]), met, until <= as_of
    value = first_value([e for e in active if e.at == first.at])
    if metric == "retention_day_1":
        day = local_day(first.at) + DAY
        back = any(local_day(e.at) == day for e in active)
        return value, back, midnight(day + DAY) <= as_of
    week = monday(local_day(first.at)) + 7 * DAY
    back = any(monday(local_day(e.at)) == week for e in active)
    return value, back, midnight(week + 7 * DAY) <= as_of


def segments(metric, people, start, end, as_of) -> dict[str, tuple[int, int, int]]:
    """segment -> (people whose window is over, sum of their amounts, pending)."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for person in people:
        told = unit(metric, person, start, end, as_of)
        if told is not None:
            value, amount, is_over = told
            found[value][0] += is_over
            found[value][1] += int(amount) if is_over else 0
            found[value][2] += not is_over
    return {value: tuple(counts) for value, counts in found.items()}


def value_of(metric, cells) -> Fraction | None:
    people = sum(n for n, _, _ in cells.values())
    total = sum(t for _, t, _ in cells.values())
    if metric == "active_users":
        return Fraction(total)
    return Fraction(total, people) if people else None


def last_over(metric, monday_: date) -> date:
    """The day at whose beginning nobody who could begin in the week is pending, give or take a conversion's half hour."""
    wait = {"retention_week_1": 14, "retention_day_1": 8, "activation": 14}
    return monday_ + timedelta(days=wait.get(metric, 7))


def sessions(people, as_of):
    """Lists of events with gaps of at most 30 minutes."""
    for n, person in enumerate(people):
        run: list[Event] = []
        for event in sorted(person):
            if run and event.at - run[-1].at > timedelta(minutes=30):
                yield n, run
                run = []
            run.append(event)
        if run:
            yield n, run


def paths(people, start, end, origin, direction, depth, top, as_of) -> dict[str, tuple[int, int]]:
    """Path -> (sessions, people)."""
    walks = []
    for person, session in sessions(people, as_of):
        session = [e for e in session if e.at < as_of]
        hit = next(
            (
                n
                for n, e in enumerate(session)
                if e.name == origin and midnight(start) <= e.at < midnight(end)
            ),
            None,
        )
        if hit is None:
            continue
        names: list[tuple[str, bool]] = []  # runs of a name, with whether the run holds the origin
        for n, event in enumerate(session):
            if names and names[-1][0] == event.name:
                names[-1] = (event.name, names[-1][1] or n == hit)
            else:
                names.append((event.name, n == hit))
        place = next(n for n, (_, is_hit) in enumerate(names) if is_hit)
        follow = names[place + 1 :] if direction == "next" else names[:place][::-1]
        is_open = direction == "next" and session[-1].at + timedelta(minutes=30) >= as_of
        end_name = "(session still open)" if is_open else "(session ended)" if direction == "next" else "(session began)"  # fmt: skip
        walks.append((person, [name for name, _ in follow], end_name))
    found = {origin: (len(walks), len({p for p, _, _ in walks}))} if walks else {}
    _below(found, origin, walks, depth, top)
    return found


def _below(found, path, walks, depth, top):
    if depth == 0 or not walks:
        return
    counts = Counter(follow[0] for _, follow, _ in walks if follow)
    named = sorted(counts, key=lambda name: (-counts[name], name))[:top]
    groups = defaultdict(list)
    for person, follow, end in walks:
        key = end if not follow else follow[0] if follow[0] in named else "(other events)"
        groups[key].append((person, follow[1:], end))
    for key, below in groups.items():
        here = f"{path} → {key}"
        found[here] = (len(below), len({p for p, _, _ in below}))
        if key in named:
            _below(found, here, below, depth - 1, top)


def drivers(people, start, end, early, back_from, back_to, thresholds, as_of):
    """(event, threshold) -> (people, of them back), and (people, back, pending) of all; windows in days."""
    whole = [0, 0, 0]
    found: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    for person in people:
        seen = [e for e in person if e.at < as_of]
        active = [e.at for e in seen if e.is_active]
        if not active or not midnight(start) <= min(active) < midnight(end):
            continue
        first = min(active)
        if first + back_to * DAY > as_of:
            whole[2] += 1
            continue
        back = any(first + back_from * DAY <= at < first + back_to * DAY for at in active)
        whole[0] += 1
        whole[1] += back
        times = Counter(e.name for e in seen if first <= e.at < first + early * DAY)
        for name, count in times.items():
            for threshold in thresholds:
                if count >= threshold:
                    found[name, threshold][0] += 1
                    found[name, threshold][1] += back
    return {key: tuple(v) for key, v in found.items()}, tuple(whole)
