"""Reads the head of a Qualtrics export: names, questions and import ids, or the two rows of the legacy format.

Knows: what the header rows hold and which column is the score. Must not know: rows of answers.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingestion.spec import Context, Head, Reject

# Qualtrics' own columns by their import id; what the legacy format calls them.
_OWN = ("startDate", "endDate", "status", "ipAddress", "progress", "duration", "finished", "recordedDate", "_recordId", "recipientLastName", "recipientFirstName", "recipientEmail", "externalDataReference", "locationLatitude", "locationLongitude", "distributionChannel", "userLanguage", "responseSet", "recipientName")  # fmt: skip
_LEGACY = {
    "responseid": "_recordId",
    "responseset": "responseSet",
    "name": "recipientName",
    "externaldatareference": "externalDataReference",
    "email": "recipientEmail",
    "emailaddress": "recipientEmail",
    "ipaddress": "ipAddress",
    "status": "status",
    "startdate": "startDate",
    "enddate": "endDate",
    "finished": "finished",
    "locationlatitude": "locationLatitude",
    "locationlongitude": "locationLongitude",
}
_MAPPED = ("score", "comment", "user", "wave")
_NPS_GROUP = "_NPS_GROUP"


@dataclass(frozen=True)
class _Column:
    """One column: its key in the record, its name, its question and the zone of its times."""

    key: str
    name: str
    question: str
    zone: str | None = None

    @property
    def is_own(self) -> bool:
        return self.key in _OWN

    @property
    def is_question(self) -> bool:
        return bool(re.match(r"QID\d", self.key) or re.match(r"Q\d", self.name))


def is_legacy(first: Sequence[str]) -> bool:
    """Before 2017 the first ten columns were called V1 to V10."""
    return [name.strip() for name in first[:3]] == ["V1", "V2", "V3"]


def header(rows: Iterator[list[str]], context: Context) -> Head:
    """Columns by import id, which stays when names are edited, and what the rows need to know of them."""
    first = next(rows)
    second = next(rows, [])
    columns = _legacy(first, second) if is_legacy(first) else _imported(first, second, rows)
    keys = [column.key for column in columns]
    lacking = [name for name in ("_recordId", "endDate") if name not in keys]
    if lacking:
        raise Reject(
            "HEADER",
            f"the header has no column {', '.join(lacking)} (ResponseId, EndDate); it has {', '.join(first[:30])}",
        )
    mapped = _mapped(columns, context)
    page = {
        "mapped": mapped,
        "zones": {column.key: column.zone for column in columns if column.zone},
        "status_at": keys.index("status") if "status" in keys else None,
        "columns": {
            column.key: {
                "id": column.key,
                "name": column.name,
                "question": column.question,
                "is_question": column.is_question,
            }
            for column in columns
            if not column.is_own
        },
    }
    return Head(keys, page)


def _legacy(first: Sequence[str], second: Sequence[str]) -> list[_Column]:
    columns: list[_Column] = []
    for name, label in zip(first, [*second, *[""] * len(first)], strict=False):
        folded = re.sub(r"[\s_]+", "", label).casefold()
        known = _LEGACY.get(folded) if folded else None
        columns.append(_Column(_unique(known or name, columns), name, " ".join(label.split())))
    return columns


def _imported(
    first: Sequence[str], second: Sequence[str], rows: Iterator[list[str]]
) -> list[_Column]:
    third = next(rows, [])
    imports = [_read_import(cell) for cell in third[: len(first)]]
    if len(imports) < len(first) or not all(imports):
        raise Reject(
            "HEADER",
            'the third row should hold {"ImportId": …} under every column; export the responses as '
            "CSV or TSV from Qualtrics and leave its three header rows in place",
        )
    columns: list[_Column] = []
    texts = [*second, *[""] * len(first)]
    for name, label, told in zip(first, texts, imports, strict=False):
        assert told is not None
        parts = [
            str(told["ImportId"]),
            *(str(v) for k, v in told.items() if k not in ("ImportId", "timeZone")),
        ]
        key = _unique("_".join(parts), columns)
        zone = told.get("timeZone")
        columns.append(_Column(key, name, " ".join(label.split()), str(zone) if zone else None))
    return columns  # fmt: skip


def _read_import(cell: str) -> Mapping[str, Any] | None:
    """The object of a cell of the third row, or None where it is none."""
    try:
        told = json.loads(cell)
    except ValueError:
        return None
    return told if isinstance(told, dict) and told.get("ImportId") else None


def _unique(key: str, columns: Sequence[_Column]) -> str:
    """The key, with a number where it was there before."""
    taken = {column.key.casefold() for column in columns}
    number, told = 1, key
    while told.casefold() in taken:
        number += 1
        told = f"{key} ({number})"
    return told


def _mapped(columns: Sequence[_Column], context: Context) -> dict[str, str]:
    """The columns that the settings name, by import id, name or question; the score also by Qualtrics' own NPS group."""
    own = context.settings.get("columns") or {}
    mapped = {ours: _found(str(own[ours]), columns) for ours in _MAPPED if own.get(ours)}
    if "score" not in mapped:
        scores = [found for column in columns if (found := _scored_by(column, columns))]
        if len(scores) == 1:
            mapped["score"] = scores[0]
    return mapped


def _scored_by(group: _Column, columns: Sequence[_Column]) -> str | None:
    """The score that Qualtrics made this NPS group of: the question of the same id or name."""
    for of in (lambda column: column.key, lambda column: column.name):
        if of(group).endswith(_NPS_GROUP):
            wanted = of(group).removesuffix(_NPS_GROUP)
            found = [column.key for column in columns if of(column) == wanted]
            if found:
                return found[0]
    return None


def _found(theirs: str, columns: Sequence[_Column]) -> str:
    """The one column that the settings mean; Reject(HEADER) names the nearest where there is none."""
    wanted = _folded(theirs)
    for told in ("key", "name", "question"):
        found = [column.key for column in columns if _folded(getattr(column, told)) == wanted]
        if len(found) == 1:
            return found[0]
        if found:
            raise Reject(
                "HEADER", f"{theirs} means several columns; write one of {', '.join(found[:10])}"
            )
    known = {_folded(told): told for c in columns for told in (c.key, c.name, c.question) if told}
    near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.3)
    hint = f"; the nearest are {'; '.join(known[name] for name in near)}" if near else ""
    raise Reject("HEADER", f"the settings' column {theirs} is not in the header{hint}")  # fmt: skip


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
