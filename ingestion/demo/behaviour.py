"""Simulates customers: who signs up, on which days they come, what they do there.

Knows: the scene. Must not know: file formats. Everything is drawn from one seeded generator, in whole arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np
import polars as pl

from ingestion.demo.scene import (
    CHANNELS,
    CODE,
    COUNTRIES,
    DAY,
    END_US,
    HOUR,
    LATE_DAY,
    LOST_CLOCK_DAY,
    MINUTE,
    MOBILE_MIX,
    MOBILE_NAMES,
    NAMES,
    OLD_NAME,
    PASSIVE,
    PLANS,
    RENAMED_AT,
    SECOND,
    SKEW_DAY,
    STAFF,
    START_US,
    SUMMARY_LAUNCH_AT,
    WEB_MIX,
    ZONE,
)

EVENTS_PER_USER = 88
WEB, MOBILE = 0, 1
SLIDES = 12
USERS_AT_ONCE = 20_000


@dataclass(frozen=True)
class People:
    """The customers, by position: known users first, then visitors of the web, then of the app, then staff."""

    users: int
    web_visitors: int
    app_visitors: int
    signup_at: np.ndarray
    existing: np.ndarray
    plan: np.ndarray
    channel: np.ndarray
    country: np.ndarray
    has_web: np.ndarray
    has_mobile: np.ndarray
    keenness: np.ndarray
    leaves_on: np.ndarray  # the day, counted from the start, from which somebody never comes again

    @property
    def staff_from(self) -> int:
        return self.users + self.web_visitors + self.app_visitors


def simulate(events: int, seed: int) -> tuple[pl.DataFrame, People]:
    """About `events` true events, one row each, no delivery twice, in the order of their arrival.

    Columns: person, name, wire_name, platform (0 web, 1 mobile), is_known, at, client_at, upload_at (microseconds),
    is_late, variant (a number that spreads property values).
    """
    rng = np.random.default_rng(seed)
    people = _people(rng, max(200, events // EVENTS_PER_USER))
    parts = [
        _sessions(rng, people),
        _milestones(rng, people),
        _visitors(rng, people),
        _staff(people),
    ]
    frame = pl.concat([pl.DataFrame(part) for part in parts]).filter(pl.col("at") < END_US)
    frame = _deliver(rng, frame)
    frame = pl.concat([frame, _planted(rng, frame, people)])
    frame = frame.sort("upload_at", "at", "person", "name", maintain_order=True)
    frame = frame.with_columns(variant=pl.Series(rng.integers(0, 1 << 30, frame.height)))
    return _named(frame), people


def _people(rng: np.random.Generator, users: int) -> People:
    existing = np.arange(users) < users * 0.2
    # More people sign up every month; the existing customers all come in January.
    grown = np.sqrt(rng.random(users)) * 0.72 + rng.random(users) * 0.28
    span = (END_US - START_US) // DAY - 1
    day = np.where(existing, rng.integers(1, 29, users), (grown * span).astype(np.int64))
    signup = START_US + day * DAY + _time_of_day(rng, users)
    kind = rng.random(users)
    return People(
        users=users,
        web_visitors=users // 3,
        app_visitors=max(6, users // 25),
        signup_at=signup,
        existing=existing,
        plan=rng.choice(len(PLANS), users, p=[0.55, 0.28, 0.13, 0.04]),
        channel=rng.choice(len(CHANNELS), users, p=[0.5, 0.25, 0.17, 0.08]),
        country=rng.choice(len(COUNTRIES), users, p=[0.4, 0.2, 0.2, 0.12, 0.08]),
        has_web=kind < 0.84,
        has_mobile=kind > 0.58,
        keenness=rng.gamma(2.2, 0.42, users),
        leaves_on=_leaves_on((signup - START_US) // DAY),
    )


def _leaves_on(signup_day: np.ndarray) -> np.ndarray:
    """One in five leaves for good, 30 to 179 days after the signup; the others are only ever quieter."""
    user = np.arange(len(signup_day))
    return np.where(user % 5 == 3, signup_day + 30 + user * 37 % 150, 10_000)


def _time_of_day(rng: np.random.Generator, n: int) -> np.ndarray:
    """Microseconds after midnight UTC: an office day, with some late evenings."""
    hours = np.where(rng.random(n) < 0.9, rng.normal(11.2, 2.9, n), rng.uniform(18, 23.7, n))
    return (np.clip(hours, 0.1, 23.9) * HOUR).astype(np.int64)


def _active_days(rng: np.random.Generator, people: People) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (user, day) of return visits: often at first, then by keenness, seldom at weekends."""
    days = np.arange((END_US - START_US) // DAY + 1)
    weekday = (days + 2) % 7  # 2025-01-01 was a Wednesday
    rhythm = np.where(weekday >= 5, 0.3, 1.0)
    users_found, days_found = [], []
    for first in range(0, people.users, USERS_AT_ONCE):
        part = slice(first, min(first + USERS_AT_ONCE, people.users))
        signup_day = (people.signup_at[part] - START_US) // DAY
        age = days[None, :] - signup_day[:, None]
        keen = people.keenness[part, None]
        fades = np.exp(-np.maximum(age, 0) / (20 + 60 * keen))
        chance = np.clip(
            keen * (0.05 + 0.20 * np.exp(-np.maximum(age, 0) / 5) + 0.16 * fades), 0, 0.9
        )
        stays = days[None, :] < people.leaves_on[part, None]
        user, day = np.nonzero((rng.random(age.shape) < chance * rhythm) & (age > 0) & stays)
        users_found.append(user + first)
        days_found.append(day)
    return np.concatenate(users_found), np.concatenate(days_found)


def _sessions(rng: np.random.Generator, people: People) -> dict[str, Any]:
    user, day = _active_days(rng, people)
    starts = START_US + day * DAY + _time_of_day(rng, len(user))
    everyone = np.arange(people.users)
    user = np.concatenate([everyone, user])
    start = np.concatenate([people.signup_at, starts])
    is_signup = np.arange(len(user)) < people.users
    mobile = people.has_mobile[user] & (~people.has_web[user] | (rng.random(len(user)) < 0.4))
    mobile = np.where(is_signup, ~people.has_web[user], mobile)

    size = 2 + rng.poisson(1.1 + 1.6 * people.keenness[user])
    session = np.repeat(np.arange(len(user)), size)
    position = np.arange(len(session)) - np.repeat(np.cumsum(size) - size, size)
    gaps = np.where(position == 0, 0, rng.exponential(70.0, len(session)))
    elapsed = np.cumsum(gaps)
    elapsed -= np.repeat(elapsed[np.cumsum(size) - size], size)
    at = start[session] + (elapsed * 1000).astype(np.int64) * 1000

    on_mobile = mobile[session]
    name = np.where(
        on_mobile, _draw(rng, MOBILE_MIX, len(session)), _draw(rng, WEB_MIX, len(session))
    )
    opening = position == 0
    signup = opening & is_signup[session] & ~people.existing[user[session]]
    name = np.where(opening & on_mobile, CODE["app_opened"], name)
    name = np.where(
        (position > 0) & (position < 3) & is_signup[session] & ~people.existing[user[session]],
        CODE["onboarding_step_completed"],
        name,
    )
    name = np.where(signup, CODE["signup_completed"], name)
    too_early = (name == CODE["ai_summary_created"]) & (at < SUMMARY_LAUNCH_AT)
    name = np.where(too_early, CODE["report_viewed"], name)
    return _columns(user[session], name, on_mobile, True, at)


def _milestones(rng: np.random.Generator, people: People) -> dict[str, Any]:
    """The road from signup to a first project and a first published report, and what came before the signup."""
    n = people.users
    new = ~people.existing
    project = new & (rng.random(n) < 0.7)
    report = project & (rng.random(n) < 0.62)
    project_at = people.signup_at + (rng.lognormal(np.log(1500), 1.7, n) * SECOND).astype(np.int64)
    report_at = project_at + (rng.lognormal(np.log(26_000), 1.6, n) * SECOND).astype(np.int64)
    mobile = ~people.has_web
    before = new & (rng.random(n) < 0.8)
    before_at = people.signup_at - rng.integers(20, 400, n) * SECOND
    before_name = np.where(mobile, CODE["app_opened"], CODE["page_viewed"])
    everyone = np.arange(n)
    parts = [
        _columns(
            everyone[project], CODE["project_created"], mobile[project], True, project_at[project]
        ),
        _columns(
            everyone[report], CODE["report_published"], mobile[report], True, report_at[report]
        ),
        _columns(everyone[before], before_name[before], mobile[before], False, before_at[before]),
    ]
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def _visitors(rng: np.random.Generator, people: People) -> dict[str, Any]:
    """People who never say who they are: pages on the web, openings of the app."""
    web, app = people.web_visitors, people.app_visitors
    person = people.users + np.repeat(np.arange(web + app), rng.integers(1, 4, web + app))
    in_app = person >= people.users + web
    span = (END_US - START_US) // DAY - 1
    at = START_US + rng.integers(0, span, len(person)) * DAY + _time_of_day(rng, len(person))
    name = np.where(in_app, CODE["app_opened"], CODE["page_viewed"])
    return _columns(person, name, in_app, False, at)


def _staff(people: People) -> dict[str, Any]:
    """The robot looks at a report every day, staff on some days; none of them is a customer."""
    days = np.arange((END_US - START_US) // DAY)
    robot = people.staff_from + len(STAFF) - 1
    person = [np.full(len(days), robot)]
    at = [START_US + days * DAY + 3 * HOUR]
    for n in range(len(STAFF) - 1):
        some = days[days % 11 == n]
        person.append(np.full(len(some), people.staff_from + n))
        at.append(START_US + some * DAY + (9 + n) * HOUR)
    return _columns(np.concatenate(person), CODE["report_viewed"], False, True, np.concatenate(at))


def _columns(person: Any, name: Any, mobile: Any, known: bool, at: Any) -> dict[str, Any]:
    n = len(person)
    mobile = np.broadcast_to(np.asarray(mobile, dtype=bool), n)
    # The mobile library knows whole seconds only.
    at = np.where(mobile, at // SECOND * SECOND, at // 1000 * 1000)
    return {
        "person": np.asarray(person, dtype=np.int64),
        "name": np.broadcast_to(np.asarray(name, dtype=np.int16), n),
        "platform": mobile.astype(np.int8),
        "is_known": np.full(n, known),
        "at": np.asarray(at, dtype=np.int64),
    }


def _draw(rng: np.random.Generator, mix: dict[str, float], n: int) -> np.ndarray:
    weights = np.array(list(mix.values()))
    codes = np.array([CODE[name] for name in mix], dtype=np.int16)
    return codes[
        np.searchsorted(np.cumsum(weights / weights.sum()), rng.random(n), side="right").clip(
            0, len(codes) - 1
        )
    ]


def _deliver(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    """When the vendor got each event: mostly in seconds, for a few only after days without a network."""
    n = frame.height
    at = frame["at"].to_numpy()
    delay = rng.integers(2 * SECOND, 25 * SECOND, n)
    late = (rng.random(n) < 0.003) & (at + 20 * DAY < END_US)
    delay = np.where(late, rng.integers(3 * DAY, 20 * DAY, n), delay)
    return frame.with_columns(
        client_at=pl.col("at"),
        upload_at=pl.Series(np.minimum(at + delay // 1000 * 1000, END_US - SECOND)),
        is_late=pl.Series(late),
    )


def _planted(rng: np.random.Generator, frame: pl.DataFrame, people: People) -> pl.DataFrame:
    """Events of people who were not there on that day otherwise, so that a wrong rule changes a number."""
    count = max(6, people.users // 400)
    late = _absentees(frame, people, LATE_DAY, count)
    skewed = _absentees(frame, people, SKEW_DAY, count)
    lost = _absentees(frame, people, LOST_CLOCK_DAY, count)
    noon = [_at(day, time(10, 30)) for day in (LATE_DAY, SKEW_DAY, LOST_CLOCK_DAY)]
    delay = np.concatenate(
        [
            rng.integers(3 * DAY, 20 * DAY, len(late)) // MINUTE * MINUTE,
            np.full(len(skewed) + len(lost), 9 * SECOND),
        ]
    )
    ahead = np.concatenate(
        [
            np.zeros(len(late), dtype=np.int64),
            np.full(len(skewed), 9 * DAY),
            np.full(len(lost), -25 * 365 * DAY),
        ]
    )
    person = np.concatenate([late, skewed, lost])
    at = np.repeat(noon, [len(late), len(skewed), len(lost)]) + np.arange(len(person)) * 7 * SECOND
    return pl.DataFrame(
        {
            **_columns(person, CODE["report_viewed"], False, True, at),
            "client_at": at + ahead,
            "upload_at": at + delay,
            "is_late": delay >= 3 * DAY,
        }
    )


def _absentees(frame: pl.DataFrame, people: People, day: date, count: int) -> np.ndarray:
    """Web users who were known a month before the day and did nothing on it or on the days around."""
    middle = _at(day, time(12))
    there = frame.filter(pl.col("at").is_between(middle - 2 * DAY, middle + 2 * DAY))[
        "person"
    ].unique()
    allowed = people.has_web & (people.signup_at < middle - 30 * DAY)
    allowed &= people.leaves_on > (middle - START_US) // DAY
    allowed[there.filter(there < people.users).to_numpy()] = False
    return np.flatnonzero(allowed)[:: max(1, int(allowed.sum()) // count)][:count]


def _at(day: date, clock: time) -> int:
    return round(datetime.combine(day, clock, UTC).timestamp()) * SECOND


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    """Names as the plan has them and as each tool sends them; days in the reporting zone."""
    codes = pl.Series(NAMES)
    name = codes.gather(frame["name"].cast(pl.UInt32)).alias("name")
    mobile = pl.col("platform") == MOBILE
    renamed = (pl.col("name") == "report_published") & (pl.col("at") < RENAMED_AT) & ~mobile
    return frame.with_columns(name).with_columns(
        wire_name=pl.when(mobile)
        .then(pl.col("name").replace(MOBILE_NAMES))
        .when(renamed)
        .then(pl.lit(OLD_NAME))
        .otherwise(pl.col("name")),
        is_active=~pl.col("name").is_in(PASSIVE),
        local_date=pl.from_epoch("at", time_unit="us")
        .dt.replace_time_zone("UTC")
        .dt.convert_time_zone(ZONE)
        .dt.date(),
        # The last published reports on the web carry a type that the plan does not allow.
        is_slide=_last_of(frame, name),
    )


def _last_of(frame: pl.DataFrame, name: pl.Series) -> pl.Series:
    """True on the last web `report_published` rows: a release sent a value that the plan does not know."""
    wanted = (name == "report_published") & (frame["platform"] == WEB)
    return ((wanted.cast(pl.Int64).cum_sum() > int(wanted.sum()) - SLIDES) & wanted).alias(
        "is_slide"
    )
