"""Reader of the Okta System Log: arrays of an API page, lines, and the admin console's CSV.

Knows: Okta's log event. Must not know: which applications are tools of the company.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.fields import (  # fmt: skip
    bag,
    identifier,
    inside,
    instant,
    match_header,
    part,
    parts,
    text,
)

_ALIASES: dict[str, tuple[str, ...]] = {
    "uuid": ("event id",),
    "published": ("timestamp", "time"),
    "eventType": ("event type",),
    "legacyEventType": (),
    "severity": (),
    "outcome.result": ("result",),
    "outcome.reason": ("reason",),
    "actor.alternateId": ("actor login",),
    "actor.id": (),
    "actor.type": (),
    "authenticationContext.externalSessionId": ("external session id",),
    "transaction.id": ("transaction id",),
}
_TARGET = re.compile(r"^target\.?\[?(\d+)\]?\.(.+)$", re.IGNORECASE)
_TARGET_FIELDS = {"id": "id", "type": "type", "alternateid": "alternateId", "displayname": "displayName"}  # fmt: skip


def looks_like(sample: Sample) -> bool:
    """A log event has an eventType, an actor and when it was published."""
    if sample.shape == "csv":
        folded = {re.sub(r"[\s_]", "", name).casefold() for name in sample.header}
        return "eventtype" in folded and "actor.alternateid" in folded
    return any("eventType" in r and "published" in r for r in sample.records)


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps the dotted columns of the console's CSV."""
    return match_header(next(rows), _ALIASES, ("published", "eventType"), context)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One log event as one row; the application is the target of type AppInstance, wherever it stands."""
    is_flat = "actor.alternateId" in record or "outcome.result" in record
    record = _nested(record) if is_flat else record
    kind = text(record, "eventType")
    if not kind:
        raise BadRecord("TYPE", "eventType is missing")
    targets = parts(record, "target")
    app = next((t for t in targets if t.get("type") == "AppInstance"), {})
    actor = part(record, "actor")
    uuid = identifier(record, "uuid")
    return {
        "uuid": uuid,
        "published_at": instant(record, "published", required=True, context=context),
        "event_type": kind,
        "legacy_event_type": text(record, "legacyEventType"),
        "severity": text(record, "severity"),
        "outcome": text(part(record, "outcome"), "result"),
        "outcome_reason": text(part(record, "outcome"), "reason"),
        "actor_login": text(actor, "alternateId"),
        "actor_id": identifier(actor, "id"),
        "actor_type": text(actor, "type"),
        "app_id": identifier(app, "id"),
        "app_name": text(app, "displayName"),
        "targets": bag(targets),
        "session_id": identifier(part(record, "authenticationContext"), "externalSessionId"),
        "transaction_id": identifier({"id": inside(record, "transaction.id")}, "id"),
        "__marks": "" if uuid else "NO_ID",
    }


def _nested(record: Mapping[str, Any]) -> dict[str, Any]:
    """The event of a CSV row, whose columns are dotted paths and whose targets are numbered."""
    found: dict[str, Any] = {}
    targets: dict[int, dict[str, Any]] = {}
    for name, value in record.items():
        numbered = _TARGET.match(name)
        if numbered:
            field = _TARGET_FIELDS.get(numbered.group(2).replace("_", "").casefold())
            if field and value:
                targets.setdefault(int(numbered.group(1)), {})[field] = value
        elif "." in name:
            outer, inner = name.split(".", 1)
            found.setdefault(outer, {})[inner] = value
        else:
            found[name] = value
    found["target"] = [targets[number] for number in sorted(targets)]
    return found


READER = Reader(
    source="okta",
    formats=("json", "ndjson", "csv"),
    looks_like=looks_like,
    parse=parse,
    header=header,
)
