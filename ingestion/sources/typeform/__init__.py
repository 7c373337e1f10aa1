"""Reader of Typeform responses: pages of the Responses API, arrays and lines, and the CSV (in `question_csv`).

Knows: Typeform's response object and the settings that say which answer is the score. Must not know: where files come
from or how rows are stored.

The score is the answer that the project's `columns: {score: <ref or id>}` names, else the only answer of Typeform's own
type `nps`. Opinion scales and ratings may begin and end anywhere, so they are scores only where the settings say so;
`calculated.score` is the score of a quiz and never one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingestion.sources.typeform.question_csv import header, looks_like_csv, response_of_row
from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.fields import bag, identifier, instant, number, text
from ingestion.values.scores import labelled_score

_NEVER = "0001-01-01"  # the time of what did not happen
_USER_NAMES = ("user_id", "userid")


def looks_like(sample: Sample) -> bool:
    """A response has a token and when it landed; the CSV has its own head."""
    if sample.shape == "csv":
        return looks_like_csv(sample.header)
    return any({"token", "landed_at"} <= set(record) for record in sample.records)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One response as one row; a score that is not on the scale is refused, never clamped."""
    if context.page.get("is_question_csv"):
        return response_of_row(record, context)
    landed = _time(record, "landed_at")
    submitted = _time(record, "submitted_at")
    if not (landed or submitted):
        raise BadRecord("TIME_FORMAT", "landed_at is missing")
    answers = _answers(record)
    scored = _scored(answers, context)
    hidden = record.get("hidden")
    hidden = hidden if isinstance(hidden, Mapping) else {}
    calculated = record.get("calculated")
    return {
        "response_id": identifier(record, "token", "response_id", "landing_id", required=True),
        "form_id": text(record, "form_id"),
        "response_type": text(record, "response_type"),
        "user_id": _hidden(hidden, context, "user", _USER_NAMES),
        "wave": _hidden(hidden, context, "wave", ("wave",)),
        "score": None if scored is None else labelled_score(_value(scored)),
        "score_from": None if scored is None else _name(scored),
        "comment": _comment(answers, context),
        "hidden": bag(dict(hidden)),
        "variables": bag(record.get("variables") or []),
        "calculated_score": number(calculated, "score") if isinstance(calculated, Mapping) else None,
        "answers": bag(answers),
        "metadata": bag(record.get("metadata") or {}),
        "landed_at": landed,
        "submitted_at": submitted,
        "answered_at": submitted or landed,
    }  # fmt: skip


def _time(record: Mapping[str, Any], name: str) -> str | None:
    """A time in UTC; the year 1 stands for a response that was not finished."""
    written = record.get(name)
    if isinstance(written, str) and written.startswith(_NEVER):
        return None
    return instant(record, name)


def _answers(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The answers; absent or null where nothing was answered."""
    given = record.get("answers")
    if given is None:
        return []
    if not isinstance(given, list):
        raise BadRecord("TYPE", "answers is not a list")
    return [answer for answer in given if isinstance(answer, Mapping)]


def _field(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    field = answer.get("field")
    return field if isinstance(field, Mapping) else {}


def _name(answer: Mapping[str, Any]) -> str | None:
    """The ref, which stays when a form is edited; the id where there is none."""
    return text(_field(answer), "ref", "id")


def _named(answers: list[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    """The answer to the question with this ref or id; one that was skipped is not there."""
    for key in ("ref", "id"):
        for answer in answers:
            if _field(answer).get(key) == name:
                return answer
    return None


def _value(answer: Mapping[str, Any]) -> Any:
    """What stands under the answer's own type; of a choice, its label."""
    value = answer.get(str(answer.get("type")))
    return value.get("label") if isinstance(value, Mapping) else value


def _scored(answers: list[Mapping[str, Any]], context: Context) -> Mapping[str, Any] | None:
    """The answer that is the score, or None where that cannot be known."""
    own = _setting(context, "score")
    if own:
        return _named(answers, own)
    found = [answer for answer in answers if _field(answer).get("type") == "nps"]
    return found[0] if len(found) == 1 else None


def _comment(answers: list[Mapping[str, Any]], context: Context) -> str | None:
    """The text answer that the settings name, else the only long text."""
    own = _setting(context, "comment")
    if own:
        found = _named(answers, own)
    else:
        long = [answer for answer in answers if _field(answer).get("type") == "long_text"]
        found = long[0] if len(long) == 1 else None
    return None if found is None else text({"comment": _value(found)}, "comment")


def _hidden(
    hidden: Mapping[str, Any], context: Context, what: str, usual: tuple[str, ...]
) -> str | None:
    """A hidden field, by the settings' name for it or a usual one; an empty one is none."""
    own = _setting(context, what)
    return identifier(hidden, *((own,) if own else usual))


def _setting(context: Context, what: str) -> str | None:
    columns = context.settings.get("columns") or {}
    return str(columns[what]) if columns.get(what) else None


READER = Reader(
    source="typeform",
    formats=("ndjson", "json", "csv"),
    looks_like=looks_like,
    parse=parse,
    header=header,
    page_keys=("items",),
)
