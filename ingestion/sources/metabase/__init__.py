"""Reader of tables of Metabase's application database: CSV with the columns' names, JSON rows, or a dump.

Knows: which columns make which table, and how databases write booleans, nulls and times. Must not know: whose use counts.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Reject, Sample
from ingestion.values.fields import bag, identifier, instant, integer, match_header, renamed, text

# The columns that are read; whatever else a newer version has is kept as properties where the table has them.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "query_execution": ("id", "hash", "started_at", "running_time", "result_rows", "native", "context", "error", "executor_id", "card_id", "dashboard_id", "pulse_id", "database_id", "cache_hit", "action_id", "is_sandboxed"),
    "core_user": ("id", "email", "first_name", "last_name", "is_active", "is_superuser", "date_joined", "last_login", "updated_at"),
    "view_log": ("id", "user_id", "model", "model_id", "timestamp", "context", "has_access"),
    "activity": ("id", "topic", "timestamp", "user_id", "model", "model_id", "database_id", "table_id", "custom_id", "details"),
    "report_card": ("id", "name", "description", "creator_id", "collection_id", "database_id", "table_id", "display", "query_type", "archived", "created_at", "updated_at"),
    "report_dashboard": ("id", "name", "description", "creator_id", "collection_id", "archived", "created_at", "updated_at"),
}  # fmt: skip
# What a table must have, the most telling first; a card has all that a dashboard has.
_NEEDED: dict[str, tuple[str, ...]] = {
    "query_execution": ("id", "started_at", "running_time"),
    "core_user": ("id", "email", "date_joined"),
    "activity": ("id", "topic", "timestamp"),
    "view_log": ("id", "model", "model_id", "timestamp"),
    "report_card": ("id", "name", "creator_id", "display"),
    "report_dashboard": ("id", "name", "creator_id"),
}
_TELLING: dict[str, tuple[str, ...]] = {
    "query_execution": ("executor_id", "running_time"),
    "core_user": ("date_joined", "email"),
    "activity": ("topic", "model_id"),
    "view_log": ("model_id", "timestamp"),
    "report_card": ("creator_id", "display"),
    "report_dashboard": ("creator_id", "archived"),
}
_KNOWN: dict[str, tuple[str, ...]] = {name: () for names in _COLUMNS.values() for name in names}
_NULLS = ("\\N", "NULL")
_FLAGS = {"t": True, "true": True, "1": True, "yes": True, "f": False, "false": False, "0": False, "no": False}  # fmt: skip
_ZONED = re.compile(r"(Z|UTC|[+-]\d{2}(:?\d{2})?)$", re.IGNORECASE)
_SECRETS = ("password", "password_salt", "reset_token", "session_token")


def looks_like(sample: Sample) -> bool:
    """The columns of one of the tables, under the names of the database."""
    for record in sample.records:
        keys = set(renamed(record, _KNOWN))
        table = _table(keys)
        if table and set(_TELLING[table]) <= keys:
            return True
    return False


def _table(names: Collection[str]) -> str | None:
    """The table whose needed columns are all there."""
    found = (table for table, needed in _NEEDED.items() if all(name in names for name in needed))
    return next(found, None)


def table_of(member: str, page_key: str | None, record: Mapping[str, Any]) -> str:
    """By the columns of the record; a dump says the table."""
    if page_key in _COLUMNS:
        return page_key
    return _table(record) or _table(renamed(record, _KNOWN)) or "query_execution"


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header; Reject(HEADER) names what the nearest table lacks."""
    given = next(rows)
    found = match_header(given, _KNOWN, (), context)
    if _table(found) is None:
        nearest = max(_NEEDED, key=lambda table: len(set(_COLUMNS[table]) & set(found)))
        lacking = ", ".join(name for name in _NEEDED[nearest] if name not in found)
        raise Reject(
            "HEADER",
            f"this is none of {', '.join(_NEEDED)}; the nearest, {nearest}, needs {lacking} too; "
            f"it has {', '.join(given[:30])}",
        )
    return found


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One row of the table that its columns make."""
    # rows of a CSV have their names by now, and a log of queries is long
    named = record if _table(record) else renamed(record, _KNOWN, context)
    found = {name: None if value in _NULLS else value for name, value in named.items()}
    return _ROWS[context.table](found, context)


def _execution(found: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    return {
        "execution_id": identifier(found, "id", required=True),
        "query_hash": _hexadecimal(text(found, "hash")),
        "started_at": _at(found, "started_at", context, required=True),
        "zone": _zone(found, "started_at", context),
        "running_time_ms": _count(found, "running_time"),
        "result_rows": _count(found, "result_rows"),
        "is_native": _flag(found, "native"),
        "context": text(found, "context"),
        "error": text(found, "error"),
        "executor_id": identifier(found, "executor_id"),
        "card_id": identifier(found, "card_id"),
        "dashboard_id": identifier(found, "dashboard_id"),
        "pulse_id": identifier(found, "pulse_id"),
        "database_id": identifier(found, "database_id"),
        "is_cache_hit": _flag(found, "cache_hit"),
        "action_id": identifier(found, "action_id"),
        "is_sandboxed": _flag(found, "is_sandboxed"),
        "properties": bag(_others(found, "query_execution")),
    }


def _user(found: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    joined = _at(found, "date_joined", context)
    last_login = _at(found, "last_login", context)
    email = text(found, "email")
    if not email:
        raise BadRecord("TYPE", "email is missing")
    return {
        "user_id": identifier(found, "id", required=True),
        "email": email,
        "first_name": text(found, "first_name"),
        "last_name": text(found, "last_name"),
        "is_active": _flag(found, "is_active"),
        "is_superuser": _flag(found, "is_superuser"),
        "joined_at": joined,
        "last_login_at": last_login,
        "updated_at": _at(found, "updated_at", context) or last_login or joined,
    }


def _thing(found: Mapping[str, Any], context: Context, key: str) -> dict[str, Any]:
    name = text(found, "name")
    if not name:
        raise BadRecord("TYPE", "name is missing")
    created = _at(found, "created_at", context)
    return {
        key: identifier(found, "id", required=True),
        "name": name,
        "description": text(found, "description"),
        "creator_id": identifier(found, "creator_id"),
        "collection_id": identifier(found, "collection_id"),
        "is_archived": _flag(found, "archived"),
        "created_at": created,
        "updated_at": _at(found, "updated_at", context) or created,
    }


def _dashboard(found: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    return _thing(found, context, "dashboard_id")


def _card(found: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    return {
        **_thing(found, context, "card_id"),
        "database_id": identifier(found, "database_id"),
        "table_id": identifier(found, "table_id"),
        "display": text(found, "display"),
        "query_type": text(found, "query_type"),
    }


def _view(found: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    return {
        "view_id": identifier(found, "id", required=True),
        "user_id": identifier(found, "user_id"),
        "model": text(found, "model"),
        "model_id": identifier(found, "model_id"),
        "viewed_at": _at(found, "timestamp", context, required=True),
        "zone": _zone(found, "timestamp", context),
        "context": text(found, "context"),
        "has_access": _flag(found, "has_access"),
        "properties": bag(_others(found, "view_log")),
    }


def _activity(found: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    topic = text(found, "topic")
    if not topic:
        raise BadRecord("TYPE", "topic is missing")
    return {
        "activity_id": identifier(found, "id", required=True),
        "topic": topic,
        "occurred_at": _at(found, "timestamp", context, required=True),
        "zone": _zone(found, "timestamp", context),
        "user_id": identifier(found, "user_id"),
        "model": text(found, "model"),
        "model_id": identifier(found, "model_id"),
        "database_id": identifier(found, "database_id"),
        "table_id": identifier(found, "table_id"),
        "custom_id": text(found, "custom_id"),
        "details": bag(found.get("details")),
    }


def _others(found: Mapping[str, Any], table: str) -> dict[str, Any]:
    """Columns of newer versions that are there and filled."""
    known = (*_COLUMNS[table], *_SECRETS)
    return {k: v for k, v in found.items() if k not in known and v not in (None, "")}


def _at(
    found: Mapping[str, Any], name: str, context: Context, required: bool = False
) -> str | None:
    return instant(found, name, required=required, context=context)


def _zone(found: Mapping[str, Any], name: str, context: Context) -> str:
    """Where the zone of a written time is from; numbers are epochs and so given."""
    written = found.get(name)
    if not isinstance(written, str) or _ZONED.search(written.strip()):
        return "given"
    return "declared" if context.settings.get("timezone") else "assumed"


def _flag(found: Mapping[str, Any], name: str) -> bool | None:
    """True or false as databases write them: t, true, TRUE, 1."""
    written = text(found, name)
    if written is None:
        return None
    if written.strip().casefold() not in _FLAGS:
        raise BadRecord("TYPE", f"{name} is neither true nor false")
    return _FLAGS[written.strip().casefold()]


def _count(found: Mapping[str, Any], name: str) -> int | None:
    value = integer(found, name)
    if value is not None and value < 0:
        raise BadRecord("NUMBER", f"{name} is below 0")
    return value


def _hexadecimal(written: str | None) -> str | None:
    r"""The digits of a hash, which is written as `\x5f3a` or in base 64; another text as it is."""
    if written is None:
        return None
    if written.startswith("\\x"):
        return written[2:].lower()
    try:
        decoded = base64.b64decode(written.strip(), validate=True)
    except (ValueError, binascii.Error):
        return written
    return decoded.hex() if len(decoded) == 32 else written


_ROWS: dict[str, Callable[[Mapping[str, Any], Context], Mapping[str, Any]]] = {
    "query_execution": _execution,
    "core_user": _user,
    "report_dashboard": _dashboard,
    "report_card": _card,
    "view_log": _view,
    "activity": _activity,
}

READER = Reader(
    source="metabase",
    formats=("csv", "json", "ndjson", "pgdump"),
    looks_like=looks_like,
    parse=parse,
    header=header,
    table_of=table_of,
    page_keys=tuple(_COLUMNS),
)
