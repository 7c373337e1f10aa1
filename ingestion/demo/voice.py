"""Writes what customers say: Zendesk tickets in overlapping export pages, Delighted answers, some of them changed later.

Knows: the vendors' page shapes. Must not know: product events. The lists it returns are what the answer key counts.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

TICKETS = 640
ANSWERS = 720
PAGE = 100
IMPOSSIBLE_SCORES = 3
# Markers that no published file may hold; the redaction of free text has to remove them.
PII = ("mara.quist.private@mailbox.example", "+49 30 5550 18273", "4111 1111 1111 1111")

_TICKET_KINDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Invoice shows the wrong plan",
        "The invoice of this month names a plan that we left.",
        ("billing",),
    ),
    ("Cannot invite a colleague", "The invite never arrives at our domain.", ("sharing",)),
    (
        "Query runs for minutes",
        "Since last week the same query takes ten times as long.",
        ("query",),
    ),
    ("App closes at start", "After the update the app closes when it opens.", ("mobile",)),
    ("Where do I start?", "I made an account and do not know what comes first.", ("onboarding",)),
    ("Comment cannot be deleted", "I would like to remove a comment I wrote.", ("sharing",)),
)
# One complaint in the words of several teams' customers: the pattern that a theme has to find.
PATTERN = (
    (
        "Export has broken umlauts",
        "The CSV export shows strange signs instead of umlauts.",
        ("billing",),
    ),
    (
        "Umlauts wrong in shared file",
        "When I share the CSV export, umlauts are broken for the reader.",
        ("sharing",),
    ),
    (
        "Broken characters on the phone",
        "The CSV export opened on the phone has broken umlauts.",
        ("mobile",),
    ),
    (
        "Encoding of the CSV export",
        "Encoding is wrong, umlauts are broken in the CSV export of a query.",
        ("query",),
    ),
)


def write_tickets(folder: Path, seed: int) -> list[dict[str, Any]]:
    """Incremental export pages; the second run repeats the first one's newest tickets. Returns the tickets as they ended."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed + 11)
    tickets = [_ticket(rng, n) for n in range(TICKETS)]
    pages = [tickets[n : n + PAGE] for n in range(0, TICKETS, PAGE)]
    # The cursor of the last run was lost: the last page before it comes again, some tickets in an older state.
    again = [_earlier(ticket) for ticket in tickets[400:430]]
    for n, page in enumerate(pages, 1):
        _write_page(folder / f"tickets_{n:02d}.json", page, n == len(pages))
    _write_page(folder / "tickets_04_again.json", again, False)
    return tickets


def _ticket(rng: np.random.Generator, n: int) -> dict[str, Any]:
    created = datetime(2025, 1, 6, 8, tzinfo=UTC) + timedelta(
        seconds=int(n * 358 * 86400 / TICKETS) + int(rng.integers(0, 40_000))
    )
    kinds = PATTERN if n % 8 == 3 else _TICKET_KINDS
    subject, text, tags = kinds[int(rng.integers(0, len(kinds)))]
    if n % 29 == 5:
        text = f"{text} Write to {PII[0]} or call {PII[1]}, my card {PII[2]} was charged."
    reply = int(rng.lognormal(4.4, 1.1)) + 1
    took = int(rng.lognormal(7.2, 1.0)) + reply
    solved_at = created + timedelta(minutes=took)
    solved = bool(rng.random() < 0.9) and solved_at < datetime(2026, 1, 4, tzinfo=UTC)
    updated = solved_at if solved else created + timedelta(minutes=reply)
    updated = min(updated, datetime(2026, 1, 5, 8, tzinfo=UTC))
    requester = 390_011_220_000 + int(rng.integers(0, 300))
    return {
        "id": 48_000 + n,
        "created_at": _iso(created),
        "updated_at": _iso(updated),
        "generated_timestamp": int(updated.timestamp()) + 40,
        "status": ("closed" if n % 3 else "solved") if solved else ("open" if n % 2 else "pending"),
        "custom_status_id": 1500,
        "type": ("incident", "question", "problem")[n % 3],
        "priority": ("low", "normal", "high", "urgent")[int(rng.integers(0, 4))],
        "subject": subject,
        "raw_subject": subject,
        "description": f"{text}\n\nSent from my phone" if n % 5 == 0 else text,
        "requester_id": requester,
        "submitter_id": requester,
        "assignee_id": 418_200_001_100 + n % 7,
        "organization_id": 7_000 + requester % 60,
        "group_id": 3_600_001,
        "brand_id": 1,
        "ticket_form_id": 36_001 if tags[0] == "onboarding" else 36_000,
        "problem_id": None,
        "external_id": None,
        "tags": [*tags, "demo"],
        "custom_fields": [{"id": 27_642, "value": tags[0]}, {"id": 27_648, "value": None}],
        "fields": [{"id": 27_642, "value": tags[0]}, {"id": 27_648, "value": None}],
        "satisfaction_rating": {
            "score": ("good", "bad", "offered", "unoffered")[int(rng.integers(0, 4))]
        },
        "via": {
            "channel": ("email", "web", "api")[n % 3],
            "source": {"from": {}, "to": {}, "rel": None},
        },
        "collaborator_ids": [],
        "follower_ids": [],
        "email_cc_ids": [],
        "sharing_agreement_ids": [],
        "followup_ids": [],
        "due_at": None,
        "has_incidents": False,
        "is_public": True,
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": False,
        "recipient": None,
        "url": f"https://northwind.zendesk.example/api/v2/tickets/{48_000 + n}.json",
        "metric_set": {
            "id": 900_000 + n,
            "ticket_id": 48_000 + n,
            "created_at": _iso(created),
            "updated_at": _iso(updated),
            "reopens": 1 if solved and n % 17 == 0 else 0,
            "replies": 1 + n % 4,
            "solved_at": _iso(solved_at) if solved else None,
            "reply_time_in_minutes": {"calendar": reply, "business": reply // 3},
            "full_resolution_time_in_minutes": {
                "calendar": took if solved else None,
                "business": took // 3 if solved else None,
            },
        },
    }


def _earlier(ticket: dict[str, Any]) -> dict[str, Any]:
    created = datetime.fromisoformat(ticket["created_at"])
    metrics = {**ticket["metric_set"], "solved_at": None, "updated_at": ticket["created_at"]}
    return {
        **ticket,
        "status": "new",
        "updated_at": ticket["created_at"],
        "generated_timestamp": int(created.timestamp()),
        "metric_set": metrics,
    }


def _write_page(path: Path, tickets: list[dict[str, Any]], is_last: bool) -> None:
    page = {
        "tickets": tickets,
        "after_url": None,
        "after_cursor": None,
        "before_url": None,
        "before_cursor": None,
        "end_of_stream": is_last,
    }
    path.write_text(json.dumps(page), encoding="utf-8")


def write_answers(folder: Path, seed: int) -> list[dict[str, Any]]:
    """Survey pages; twelve people changed their answer later, three scores are impossible. Returns the final valid answers."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed + 12)
    answers = [_answer(rng, n) for n in range(ANSWERS)]
    for n in range(IMPOSSIBLE_SCORES):
        answers[100 + 37 * n]["score"] = (11, -1, 12)[n]
    valid = {a["id"]: a for a in answers if a["score"] is None or 0 <= a["score"] <= 10}
    changed = []
    recommenders = [a for a in answers[30::5] if a["survey_type"] == "nps"]
    for n, before in enumerate(recommenders[:12]):
        after = {
            **before,
            "score": 9 if n % 3 else 2,
            "updated_at": before["created_at"] + 5 * 86_400,
        }
        changed.append(after)
        valid[after["id"]] = after
    for n in range(0, len(answers), PAGE):
        path = folder / f"survey_responses_page_{n // PAGE + 1}.json"
        path.write_text(json.dumps(answers[n : n + PAGE]), encoding="utf-8")
    (folder / "survey_responses_updated_since.json").write_text(
        json.dumps(changed), encoding="utf-8"
    )
    return list(valid.values())


def _answer(rng: np.random.Generator, n: int) -> dict[str, Any]:
    created = datetime(2025, 1, 8, 9, tzinfo=UTC) + timedelta(
        seconds=int(n * 350 * 86400 / ANSWERS)
    )
    kind = "csat" if n % 12 == 7 else "nps"
    happy = 0.36 + 0.16 * n / ANSWERS
    luck = rng.random()
    score = (
        int(rng.integers(9, 11))
        if luck < happy
        else int(rng.integers(7, 9))
        if luck < 0.74
        else int(rng.integers(0, 7))
    )
    if kind == "csat":
        score = 1 + score // 3
    comment = None
    if n % 4 == 0:
        comment = (
            "Exports with umlauts are broken, CSV cannot be used"
            if score < 7
            else "Reports save me a morning a week"
        )
    if n % 61 == 8:
        comment = f"Call me at {PII[1]} or {PII[0]}"
    return {
        "id": str(210_000_000 + n),
        "person": str(980_000_000 + n * 7 % 523),
        "survey_type": kind,
        "score": None if n % 144 == 13 else score,
        "comment": comment,
        "permalink": f"https://app.delighted.example/r/{n}",
        "created_at": int(created.timestamp()),
        "updated_at": int(created.timestamp()) if n % 2 else None,
        "person_properties": {
            "plan": ("free", "pro", "business")[n % 3],
            "Delighted Source": "Email",
        }
        if n % 6
        else None,
        "notes": [],
        "tags": ["export"] if n % 9 == 0 else [],
        "additional_answers": [],
    }


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
