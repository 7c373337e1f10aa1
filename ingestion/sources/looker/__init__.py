"""Reader of Looker's System Activity history: CSV or JSON, under field labels or field names.

Knows: the fields of the history explore. Must not know: whose use counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Reject, Sample
from ingestion.values.declared import declared_instant
from ingestion.values.fields import bag, identifier, match_header, number, renamed, text

_ALIASES: dict[str, tuple[str, ...]] = {
    "history_id": ("history.id", "History ID"),
    "slug": ("history.slug", "History Slug"),
    "created_at": ("history.created_time", "History Created Time"),
    "completed_at": ("history.completed_time", "History Completed Time"),
    "status": ("history.status", "History Status"),
    "source": ("history.source", "History Source"),
    "issuer_source": ("history.issuer_source", "History Issuer Source"),
    "result_source": ("history.result_source", "History Result Source"),
    "runtime_seconds": ("history.runtime", "History Runtime in Seconds", "History Runtime"),
    "dashboard_id": ("history.real_dash_id", "Dashboard ID (Inclusive)", "History Dashboard ID (Inclusive)"),
    "own_dashboard_id": ("history.dashboard_id", "History Dashboard ID", "dashboard.id", "Dashboard ID"),
    "look_id": ("look.id", "Look ID", "history.look_id"),
    "message": ("history.message", "History Message"),
    "query_id": ("query.id", "Query ID"),
    "query_model": ("query.model", "Query Model"),
    "query_explore": ("query.view", "Query Explore", "Query View"),
    "query_fields": ("query.formatted_fields", "Query Fields", "Query Formatted Fields"),
    "query_filters": ("query.filters", "Query Filters"),
    "user_id": ("user.id", "User ID"),
    "user_email": ("user.email", "User Email"),
    "user_name": ("user.name", "User Name"),
    "role_name": ("role.name", "Role Name"),
}  # fmt: skip
_MEASURES = ("query_run_count", "query run count", "cache_result_query_count", "database_result_query_count", "count of", "average runtime", "average_runtime")  # fmt: skip


def looks_like(sample: Sample) -> bool:
    """A run has the time and the id or source of the history explore."""
    for record in sample.records:
        keys = renamed(record, _ALIASES).keys()
        named = any(str(key).casefold().startswith("history") for key in record)
        if named and {"history_id", "created_at"} <= keys:
            return True
    return False


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps labels or names; a download that counts runs has no rows of its own and is refused."""
    given = next(rows)
    _refuse_counts(given, match_header(given, _ALIASES, (), context))
    return match_header(given, _ALIASES, ("history_id", "created_at"), context)


def learn(records: Iterable[Mapping[str, Any]], context: Context) -> Mapping[str, Any]:
    """How many rows the download has: the limits of the tool cut it without a word."""
    rows = 0
    for record in records:
        if rows == 0:
            _refuse_counts(record, renamed(record, _ALIASES, context))
        rows += 1
    return {"export_rows": rows}


def _refuse_counts(given: Iterable[str], known: Collection[str]) -> None:
    """A download of measures without the runs themselves has nothing to load."""
    counts = [name for name in given if any(measure in name.casefold() for measure in _MEASURES)]
    if counts and "history_id" not in known:
        raise Reject(
            "SHAPE",
            f"this download counts runs ({', '.join(counts)}) instead of listing them; add the field History ID "
            "and remove the measures",
        )


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One run as one row."""
    found = record if "history_id" in record else renamed(record, _ALIASES, context)
    seconds = number(found, "runtime_seconds", context=context)
    if seconds is not None and seconds < 0:
        raise BadRecord("NUMBER", "the runtime is below 0")
    return {
        "history_id": identifier(found, "history_id", required=True),
        "slug": text(found, "slug"),
        "created_at": declared_instant(found, "created_at", context, required=True),
        "completed_at": declared_instant(found, "completed_at", context),
        "zone": _zone(found, context),
        "status": text(found, "status"),
        "source": text(found, "source"),
        "issuer_source": text(found, "issuer_source"),
        "result_source": text(found, "result_source"),
        "runtime_seconds": seconds,
        "dashboard_id": identifier(found, "dashboard_id", "own_dashboard_id"),
        "look_id": identifier(found, "look_id"),
        "message": text(found, "message"),
        "query_id": identifier(found, "query_id"),
        "query_model": text(found, "query_model"),
        "query_explore": text(found, "query_explore"),
        "query_fields": text(found, "query_fields"),
        "query_filters": text(found, "query_filters"),
        "user_id": identifier(found, "user_id"),
        "user_email": text(found, "user_email"),
        "user_name": text(found, "user_name"),
        "role_name": text(found, "role_name"),
        "export_rows": context.learned.get("export_rows"),
        "properties": bag({k: v for k, v in found.items() if k not in _ALIASES}),
    }


def _zone(found: Mapping[str, Any], context: Context) -> str:
    """Looker writes times without a zone; one that carries an offset was edited, and is believed."""
    written = (text(found, "created_at") or "").strip()
    if written.endswith("Z") or written[-6:-5] in ("+", "-"):
        return "given"
    return "declared" if context.settings.get("timezone") else "assumed"


READER = Reader(
    source="looker",
    formats=("csv", "json", "ndjson"),
    looks_like=looks_like,
    parse=parse,
    header=header,
    learn=learn,
)
