"""Reads Typeform's CSV of responses, whose headers are the texts of the questions.

Knows: the headers around the questions, and the settings that say which question is the score. Must not know: the API's
response objects.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.spec import BadRecord, Context, Head, Reject
from ingestion.values.fields import identifier, instant, match_header, text
from ingestion.values.scores import labelled_score

_ALIASES = {
    "token": ("#", "Token", "Response ID"),
    "response_type": ("Response Type",),
    "landed_at": ("Start Date (UTC)", "Start Date"),
    "submitted_at": ("Submit Date (UTC)", "Submit Date"),
    "stage_at": ("Stage Date (UTC)",),
    "network_id": ("Network ID",),
    "tags": ("Tags",),
    "ending": ("Ending",),
}
_MAPPED = ("score", "comment", "user", "wave")


def looks_like_csv(names: Sequence[str]) -> bool:
    """The first column is #, and the times say that they are in UTC."""
    return bool(names) and names[0] == "#" and "Submit Date (UTC)" in names


def header(rows: Iterator[list[str]], context: Context) -> Head:
    """The names around the questions under ours; a question that is asked twice gets a number."""
    delivered = _distinct(next(rows))
    names = match_header(delivered, _ALIASES, ("token", "submitted_at"), context)
    own = context.settings.get("columns") or {}
    lacking = [str(own[name]) for name in _MAPPED if own.get(name) and name not in names]
    if lacking:
        raise Reject(
            "HEADER",
            f"the settings' column {', '.join(lacking)} is not in the header; it has {', '.join(delivered[:30])}",
        )
    questions = {
        name: asked for name, asked in zip(names, delivered, strict=True) if name not in _ALIASES
    }
    return Head(names, {"is_question_csv": True, "questions": questions})


def _distinct(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    told = []
    for name in names:
        seen[name.casefold()] = seen.get(name.casefold(), 0) + 1
        times = seen[name.casefold()]
        told.append(name if times == 1 else f"{name} ({times})")
    return told


def response_of_row(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One row as a response; what is no question by its header may be a hidden field, so all is kept as answers."""
    landed, submitted = instant(record, "landed_at"), instant(record, "submitted_at")
    if not (landed or submitted):
        raise BadRecord("TIME_FORMAT", "submitted_at is missing")
    questions = context.page["questions"]
    answers = [
        {"question": question, "text": record[name]}
        for name, question in questions.items()
        if text(record, name)
    ]
    hidden = {name: record[name] for name in ("user_id", "wave") if text(record, name)}
    return {
        "response_id": identifier(record, "token", required=True),
        "response_type": text(record, "response_type"),
        "user_id": identifier(record, "user", "user_id"),
        "wave": text(record, "wave"),
        "score": labelled_score(record.get("score")),
        "score_from": questions.get("score"),
        "comment": text(record, "comment"),
        "hidden": json.dumps(hidden, ensure_ascii=False),
        "variables": "[]",
        "answers": json.dumps(answers, ensure_ascii=False),
        "metadata": json.dumps({"network_id": text(record, "network_id")}),
        "landed_at": landed,
        "submitted_at": submitted,
        "answered_at": submitted or landed,
    }
