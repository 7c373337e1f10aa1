"""Reader of SurveyMonkey's CSV: two header rows, questions over several columns, local times.

Knows: the head, the times and the score cells of that CSV. Must not know: where files come from or how rows are stored.

A column is called `<question> | <sub header>`; questions and sub headers repeat, so a repeated name gets a number. The
CSV tells no question types: which column is the score, the comment, the user or the wave is said by the project's
`columns: {score: <question, or question | sub header>}`.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from ingestion.spec import BadRecord, Context, Head, Reader, Reject, Sample
from ingestion.values.fields import identifier, text
from ingestion.values.localtime import parse_declared
from ingestion.values.scores import labelled_score

_ALIASES = {
    "respondent id": "respondent_id",
    "respondentid": "respondent_id",
    "collector id": "collector_id",
    "collectorid": "collector_id",
    "start date": "started_at",
    "startdate": "started_at",
    "date created": "started_at",
    "end date": "ended_at",
    "enddate": "ended_at",
    "date modified": "ended_at",
    "ip address": "ip_address",
    "email address": "email",
    "first name": "first_name",
    "last name": "last_name",
}
_SHOWN = {name: shown for shown, name in _ALIASES.items() if " " in shown}
_REQUIRED = {"respondent_id": "Respondent ID", "started_at": "Start Date or Date Created"}
_MAPPED = ("score", "comment", "user", "wave")
_CUSTOM = re.compile(r"^custom data( ?\d+)?$")
_MONTH_FIRST = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M")
_DAY_FIRST = tuple(form.replace("%m/%d", "%d/%m") for form in _MONTH_FIRST)
_ISO = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")


def looks_like(sample: Sample) -> bool:
    """The first header row names the respondent and the collector."""
    folded = {_folded(name) for name in sample.header}
    return {"respondent id", "collector id"} <= folded


def header(rows: Iterator[list[str]], context: Context) -> Head:
    """The names of the columns from both rows, with the settings' columns under our names."""
    if not context.settings.get("timezone"):
        raise Reject(
            "TIME_FORMAT",
            "SurveyMonkey writes times in the account's zone and does not name it; write it as "
            f"sources.surveymonkey.projects.{context.project}.timezone in settings.yml",
        )
    first, second = next(rows), next(rows, [])
    if not second:
        raise Reject("HEADER", "the second header row is missing; export all responses as CSV")
    width = max(len(first), len(second))
    first, second = [*first, *[""] * (width - len(first))], [*second, *[""] * (width - len(second))]
    if second[0]:
        raise Reject(
            "HEADER",
            "the second row holds something under Respondent ID, so it is no row of sub headers; "
            "export all responses as CSV with both header rows",
        )
    names, questions = _named(first, second)
    lacking = [shown for name, shown in _REQUIRED.items() if name not in names]
    if lacking:
        raise Reject(
            "HEADER", f"the header lacks {', '.join(lacking)}; it has {', '.join(first[:30])}"
        )
    told = {name: name for name in names}
    for ours, theirs in (context.settings.get("columns") or {}).items():
        if ours in _MAPPED:
            told[_column(theirs, names, questions)] = ours
    mapped = {ours: theirs for theirs, ours in told.items() if ours in _MAPPED}
    return Head([told[name] for name in names], {"mapped": mapped, "answers": questions})


def _named(first: Sequence[str], second: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The columns' names, and the question of each column that answers one."""
    names: list[str] = []
    questions: dict[str, str] = {}
    question = ""
    for upper, lower in zip(first, second, strict=True):
        known = _ALIASES.get(_folded(upper)) if not lower else None
        if known and known not in names:
            names.append(known)
            continue
        if upper and not lower and _CUSTOM.match(_folded(upper)):
            names.append(_distinct(" ".join(upper.split()), names))
            continue
        question = " ".join(upper.split()) or question
        name = _distinct(
            " | ".join(part for part in (question, " ".join(lower.split())) if part), names
        )
        names.append(name)
        questions[name] = question
    return names, questions


def _distinct(name: str, names: Sequence[str]) -> str:
    """The name, with a number where it was there before."""
    taken = {known.casefold() for known in names}
    number, told = 1, name
    while told.casefold() in taken:
        number += 1
        told = f"{name} ({number})"
    return told


def _column(theirs: str, names: Sequence[str], questions: Mapping[str, str]) -> str:
    """The one column that the settings mean by its name or by its question; Reject(HEADER) where there is no such one."""
    wanted = _folded(theirs)
    by_name = [name for name in names if wanted in (_folded(name), _folded(_SHOWN.get(name, "")))]
    by_question = [name for name, question in questions.items() if _folded(question) == wanted]
    found = by_name or by_question
    if len(found) == 1:
        return found[0]
    if found:
        raise Reject(
            "HEADER", f"{theirs} has several columns; write one of {'; '.join(found[:10])}"
        )
    known = {_folded(name): name for name in [*names, *questions.values()] if name}
    near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.3)
    hint = f"; the nearest are {'; '.join(known[name] for name in near)}" if near else ""
    raise Reject("HEADER", f"the settings' column {theirs} is not in the header{hint}")


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One response as one row; a score that is not on the scale is refused, never clamped."""
    started, ended = _time(record, "started_at", context), _time(record, "ended_at", context)
    if not (started or ended):
        raise BadRecord("TIME_FORMAT", "started_at is missing")
    mapped, answers = context.page["mapped"], context.page["answers"]
    delivered = {mapped.get(name, name): cell for name, cell in record.items()}
    return {
        "response_id": identifier(record, "respondent_id", required=True),
        "collector_id": identifier(record, "collector_id"),
        "survey": _survey(context.member),
        "user_id": identifier(record, "user"),
        "email": text(record, "email"),
        "wave": text(record, "wave"),
        "score": labelled_score(record.get("score")),
        "score_from": mapped.get("score"),
        "comment": text(record, "comment"),
        "custom_data": json.dumps(
            {name: cell for name, cell in delivered.items() if _CUSTOM.match(_folded(name)) and cell},
            ensure_ascii=False,
        ),
        "answers": json.dumps(
            {name: delivered[name] for name in answers if delivered.get(name)}, ensure_ascii=False
        ),
        "started_at": started,
        "ended_at": ended,
        "answered_at": ended or started,
    }  # fmt: skip


def _time(record: Mapping[str, Any], name: str, context: Context) -> str | None:
    """A time of the account's zone as UTC: month first, as in the US, unless the settings say that the day is."""
    written = text(record, name)
    if written is None:
        return None
    forms = _DAY_FIRST if context.settings.get("date_order") == "dmy" else _MONTH_FIRST
    zone = str(context.settings["timezone"])
    return parse_declared(written, context.settings, zone, (*forms, *_ISO), name)


def _survey(member: str) -> str | None:
    """The survey's title: the name of the CSV inside the downloaded zip."""
    return PurePosixPath(member).stem or None


READER = Reader(
    source="surveymonkey",
    formats=("csv",),
    looks_like=looks_like,
    parse=parse,
    header=header,
)
