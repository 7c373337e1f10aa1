"""Reader of user interviews: one row per highlight, with consent and deletion obeyed before any text is loaded.

Knows: the generic columns and what counts as a yes. Must not know: who the participants are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Reject, Sample
from ingestion.values.declared import declared_day, declared_instant, learn_day_order
from ingestion.values.fields import bag, identifier, match_header, renamed, text

_ALIASES: dict[str, tuple[str, ...]] = {
    "interview_id": ("interview", "session id"),
    "highlight_id": ("insight id", "quote id", "note id"),
    "date": ("interview date", "interviewed on", "held on"),
    "participant_id": ("participant",),
    "account": ("account id", "company", "customer"),
    "interviewer": ("researcher", "moderator"),
    "theme": (),
    "tags": ("tag", "labels"),
    "quote": ("highlight", "verbatim"),
    "note": ("notes", "observation"),
    "consent": ("consent given", "has consent", "consent to use"),
    "deleted": ("delete", "deletion", "deletion requested", "is deleted", "erased", "do not use"),
    "updated_at": ("updated", "last updated"),
}
_YES = {"yes", "y", "true", "t", "1", "given", "granted", "signed", "x", "checked"}
_NO = {"", "no", "n", "false", "f", "0", "none", "null", "-"}
_SAID = ("theme", "quote", "note")


def looks_like(sample: Sample) -> bool:
    """A highlight names its interview and what was said in it."""
    return any(
        "interview_id" in known and bool({"quote", "note"} & known.keys())
        for known in (renamed(record, _ALIASES) for record in sample.records)
    )


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header; who, what about and what was said may each come in one of two ways."""
    given = next(rows)
    found = match_header(given, _ALIASES, ("interview_id", "date", "interviewer"), context)
    for pair in (("participant_id", "account"), ("theme", "tags"), ("quote", "note")):
        if not set(pair) & set(found):
            raise Reject(
                "HEADER",
                f"the header has neither {pair[0]} nor {pair[1]}; name the column under `columns` of the project in "
                f"settings.yml; it has {', '.join(given[:30])}",
            )
    return found


def learn(records: Iterable[Mapping[str, Any]], context: Context) -> Mapping[str, Any]:
    """The order of day and month in the dates of the interviews."""
    return learn_day_order(records, context, ("date",))


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One highlight as one row; without consent, or after a deletion, none of its texts.

    A row whose texts must not be kept is never refused for its date: the quarantine would keep the texts.
    """
    found = renamed(record, _ALIASES, context)
    consent = _consent(found)
    is_deleted = (text(found, "deleted") or "").strip().casefold() not in _NO
    is_withheld = is_deleted or consent in ("refused", "not_asked")
    said = {name: text(found, name) for name in _SAID}
    others = {name: value for name, value in found.items() if name not in _ALIASES}
    return {
        "interview_id": identifier(found, "interview_id", required=True),
        "highlight_id": identifier(found, "highlight_id") or _hash(said),
        "interviewed_on": _held_on(found, context, is_withheld),
        "participant_id": None if is_deleted else identifier(found, "participant_id"),
        "account": None if is_deleted else text(found, "account"),
        "interviewer": text(found, "interviewer"),
        "theme": said["theme"],
        "tags": bag(_several(found.get("tags"))),
        "quote": None if is_withheld else said["quote"],
        "note": None if is_withheld else said["note"],
        "consent": consent,
        "is_deleted": is_deleted,
        "is_withheld": is_withheld,
        "properties": bag({} if is_withheld else others),
        "updated_at": None if is_withheld else declared_instant(found, "updated_at", context),
    }


def _consent(found: Mapping[str, Any]) -> str | None:
    """given, refused or not_asked; null where the file says nothing of consent at all."""
    if "consent" not in found:
        return None
    written = (text(found, "consent") or "").strip().casefold()
    if written in _YES:
        return "given"
    return "not_asked" if written == "" else "refused"


def _held_on(found: Mapping[str, Any], context: Context, is_withheld: bool) -> str | None:
    try:
        on = declared_day(found, "date", context)
    except BadRecord:
        if is_withheld:
            return None
        raise
    if on is None and not is_withheld:
        raise BadRecord("TIME_FORMAT", "date is missing")
    return on


def _several(value: Any) -> list[str]:
    if isinstance(value, str):
        return [piece.strip() for piece in value.replace(";", ",").split(",") if piece.strip()]
    return [str(item) for item in value] if isinstance(value, list) else []


def _hash(said: Mapping[str, str | None]) -> str:
    """A key for a highlight that has none, so that a later row that withdraws it is the same highlight."""
    written = "\x1f".join(said[name] or "" for name in _SAID)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:16]


READER = Reader(
    source="interviews",
    formats=("csv", "json", "ndjson"),
    looks_like=looks_like,
    parse=parse,
    header=header,
    learn=learn,
)
