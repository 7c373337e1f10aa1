"""Writes how the product organisation works: the roster, sign-ons to its tools, and the questions it asked.

Knows: who is planted as slow, and which tool nobody took to. Must not know: how K1 and K3 are computed.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from ingestion.company.model import Person, Tool

SLOW_PM = "pm-09"
ASKING_FROM = date(2025, 7, 1)
ASKING_TO = date(2025, 12, 31)
QUESTIONS = ("retention", "active_users", "feature_usage", "funnel", "nps", "data_health")
ABOUT = {
    "feature_usage": ["feature:export"],
    "funnel": ["event:report_created", "event:report_published", "event:report_shared"],
}
# How many of the eligible took to each tool.
ADOPTERS = {"productboard": 12, "dovetail": 5, "linear": 9}


@dataclass(frozen=True)
class Episode:
    """One question of one person, as it was planted."""

    who: str
    asked_at: datetime
    seconds: int | None
    is_confirmed: bool


@dataclass(frozen=True)
class SignOn:
    person: str
    tool: str
    at: datetime


def write_people(folder: Path, people: Sequence[Person]) -> None:
    """The roster as an HR export: the same people as people.yml, as CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    header = (
        "person_id",
        "name",
        "email",
        "role",
        "area",
        "start_date",
        "end_date",
        "github_login",
    )
    with (folder / "people.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        for person in people:
            writer.writerow([getattr(person, column) or "" for column in header])


def write_sign_ons(
    folder: Path, people: Sequence[Person], tools: Sequence[Tool], seed: int
) -> list[SignOn]:
    """Okta system log pages, one a quarter. Returns the successful sign-ons to tools."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed + 31)
    pms = sorted((p for p in people if p.role == "pm"), key=lambda p: p.person_id)
    apps = {tool.tool: tool for tool in tools}
    uses = [use for tool in tools for use in _uses(rng, tool, pms)]
    uses = sorted(
        {(u.at, u.person, u.tool): u for u in uses}.values(), key=lambda u: (u.at, u.person, u.tool)
    )
    emails = {person.person_id: person.email for person in people}
    records = [_sso(n, use, apps[use.tool], emails[use.person]) for n, use in enumerate(uses)]
    # Failed sign-ons of those who never got in; they are no use.
    for n, person in enumerate(pms[:6]):
        at = datetime(2025, 7, 8 + n, 9, tzinfo=UTC)
        failed = _sso(
            90_000 + n, SignOn(person.person_id, "dovetail", at), apps["dovetail"], person.email
        )
        records.append(
            {**failed, "outcome": {"result": "FAILURE", "reason": "INVALID_CREDENTIALS"}}
        )
    records.sort(key=lambda record: (record["published"], record["uuid"]))
    for quarter in (1, 2, 3, 4, 5):
        first, end = _quarter(quarter)
        page = [r for r in records if first <= r["published"] < end]
        (folder / f"system_log_{first}.json").write_text(json.dumps(page), encoding="utf-8")
    return uses


def _quarter(number: int) -> tuple[str, str]:
    edges = ("2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01", "2026-01-01", "2026-02-01")
    return edges[number - 1], edges[number]


def _uses(rng: np.random.Generator, tool: Tool, pms: Sequence[Person]) -> list[SignOn]:
    if tool.rollout_on is None:
        return _habit(rng, tool.tool, pms)
    there = [
        p
        for p in pms
        if p.start_date
        and p.start_date <= tool.rollout_on
        and (not p.end_date or p.end_date >= tool.rollout_on)
    ]
    # Whoever is counted as an adopter must still be there on day 60.
    day_60 = tool.rollout_on + timedelta(days=60)
    staying = [p for p in there if not p.end_date or p.end_date >= day_60]
    adopters = staying[: ADOPTERS[tool.tool]]
    uses = []
    for n, person in enumerate(there):
        if person in adopters:
            days = [2, 9, *range(15, 150, 3 + n % 4)]
        elif n % 2:
            days = [1, 4]  # tried it once the news was fresh
        else:
            days = [
                3,
                40,
                61,
            ]  # one day inside the window, and one that only looks so: the day after
        for day in days:
            at = datetime.combine(tool.rollout_on + timedelta(days=day), datetime.min.time(), UTC)
            uses.append(
                SignOn(
                    person.person_id,
                    tool.tool,
                    at + timedelta(hours=9, minutes=int(rng.integers(0, 300))),
                )
            )
        if person not in adopters:
            # Half past eleven at night in UTC on day 60 is day 61 in the company's zone.
            at = datetime.combine(day_60, datetime.min.time(), UTC)
            uses.append(SignOn(person.person_id, tool.tool, at + timedelta(hours=23, minutes=30)))
    return [
        use for use in uses if use.at < datetime(2026, 1, 5, 10, tzinfo=UTC) and _employed(pms, use)
    ]


def _habit(rng: np.random.Generator, tool: str, pms: Sequence[Person]) -> list[SignOn]:
    uses = []
    for person in pms:
        for week in range(52):
            at = datetime(2025, 1, 6, 9, tzinfo=UTC) + timedelta(
                weeks=week, days=int(rng.integers(0, 5)), minutes=int(rng.integers(0, 400))
            )
            use = SignOn(person.person_id, tool, at)
            if rng.random() < 0.7 and _employed(pms, use):
                uses.append(use)
    return uses


def _employed(pms: Sequence[Person], use: SignOn) -> bool:
    person = next(p for p in pms if p.person_id == use.person)
    day = use.at.date()
    return (not person.start_date or person.start_date <= day) and (
        not person.end_date or day <= person.end_date
    )


def _sso(n: int, use: SignOn, tool: Tool, email: str) -> dict[str, Any]:
    app = tool.usage[0].app_id
    targets = [
        {
            "id": app,
            "type": "AppInstance",
            "alternateId": tool.name,
            "displayName": tool.name,
            "detailEntry": {"signOnModeType": "SAML_2_0"},
        },
        {
            "id": f"0ua{n:06d}",
            "type": "AppUser",
            "alternateId": email,
            "displayName": use.person,
            "detailEntry": None,
        },
    ]
    return {
        "uuid": f"c6f0b8d5-4e7a-4c1b-8f9d-{n:012d}",
        "published": f"{use.at:%Y-%m-%dT%H:%M:%S}.019Z",
        "eventType": "user.authentication.sso",
        "legacyEventType": "app.auth.sso",
        "version": "0",
        "severity": "INFO",
        "displayMessage": "User single sign on to app",
        "actor": {
            "id": f"00u-{use.person}",
            "type": "User",
            "alternateId": email,
            "displayName": use.person,
            "detailEntry": None,
        },
        "outcome": {"result": "SUCCESS", "reason": None},
        # The order of the targets is not fixed.
        "target": targets if n % 2 else targets[::-1],
        "client": {"ipAddress": "203.0.113.9"},
        "authenticationContext": {"externalSessionId": f"trs{n}"},
        "transaction": {"id": f"t{n}", "type": "WEB", "detail": {}},
    }


def write_questions(folder: Path, people: Sequence[Person], seed: int) -> list[Episode]:
    """Half a year of the question log. Returns the episodes of product managers, one a planted question."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed + 41)
    rows: list[dict[str, Any]] = []
    episodes = []
    for person in people:
        if person.role not in ("pm", "analyst"):
            continue
        day, turn = ASKING_FROM, 0
        while day <= ASKING_TO:
            there = (not person.start_date or person.start_date <= day) and (
                not person.end_date or day <= person.end_date
            )
            if there and day.weekday() < 5 and rng.random() < 0.5:
                episode = _episode(
                    rng, rows, person.person_id, day, QUESTIONS[turn % len(QUESTIONS)]
                )
                turn += 1
                if person.role == "pm":
                    episodes.append(episode)
            day += timedelta(days=1)
    _unknown_and_machines(rows)
    rows.sort(key=lambda row: (row["at"], row["ask_id"], row["kind"]))
    path = folder / "20250701T000000Z-20251231T235959Z.ndjson"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return episodes


def _episode(
    rng: np.random.Generator, rows: list[dict[str, Any]], who: str, day: date, question: str
) -> Episode:
    asked = datetime.combine(day, datetime.min.time(), UTC) + timedelta(
        hours=8, minutes=int(rng.integers(0, 480)), seconds=int(rng.integers(0, 60))
    )
    ask = f"{who}-{asked:%Y%m%d%H%M%S}"
    common = {
        "who": who,
        "question": question,
        "channel": "page" if rng.random() < 0.8 else "terminal",
    }
    asks = {**common, "about": ABOUT[question]} if question in ABOUT else common
    luck = rng.random()
    slow = luck < 0.6 if who == SLOW_PM else luck < 0.03
    seconds: int | None = int(rng.integers(1_200, 5_000)) if slow else int(rng.integers(6, 290))
    rows.append({"at": _iso(asked), "kind": "asked", "ask_id": ask, **asks})
    if rng.random() < 0.02 and who != SLOW_PM:
        return Episode(who, asked, None, False)  # closed the page before the answer came
    if slow:
        # A first answer came at once, but it was not the one; the question was asked again, more exactly.
        rows.append(
            {
                "at": _iso(asked + timedelta(seconds=20)),
                "kind": "answered",
                "ask_id": ask,
                **common,
                "complete": True,
            }
        )
        again = asked + timedelta(seconds=int(seconds or 0) - 15)
        rows.append(
            {"at": _iso(again), "kind": "asked", "ask_id": f"{ask}-2", **asks, "refines": ask}
        )
        ask = f"{ask}-2"
    answered = asked + timedelta(seconds=int(seconds or 0))
    rows.append(
        {"at": _iso(answered), "kind": "answered", "ask_id": ask, **common, "complete": True}
    )
    confirmed = bool(rng.random() < 0.55)
    if confirmed:
        rows.append(
            {
                "at": _iso(answered + timedelta(seconds=45)),
                "kind": "confirmed",
                "ask_id": ask,
                **common,
            }
        )
    return Episode(who, asked, seconds, confirmed)


def _unknown_and_machines(rows: list[dict[str, Any]]) -> None:
    """Asks that are no episode of a product manager: nobody said who it was, or a schedule asked."""
    for n in range(24):
        at = datetime(2025, 10, 2, 10, tzinfo=UTC) + timedelta(days=n * 3)
        common = {"who": "unknown", "question": "retention", "channel": "page"}
        rows.append({"at": _iso(at), "kind": "asked", "ask_id": f"unknown-{n}", **common})
        rows.append(
            {
                "at": _iso(at + timedelta(seconds=9)),
                "kind": "answered",
                "ask_id": f"unknown-{n}",
                **common,
                "complete": True,
            }
        )
    for n in range(60):
        at = datetime(2025, 8, 1, 5, tzinfo=UTC) + timedelta(days=n * 2)
        common = {"who": "pm-01", "question": "kpis", "channel": "schedule"}
        rows.append({"at": _iso(at), "kind": "asked", "ask_id": f"schedule-{n}", **common})
        rows.append(
            {
                "at": _iso(at + timedelta(seconds=2)),
                "kind": "answered",
                "ask_id": f"schedule-{n}",
                **common,
                "complete": True,
            }
        )


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
