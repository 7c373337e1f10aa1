"""Reader of GrowthBook: pages of experiments, and results of one experiment.

Knows: GrowthBook's two objects and their names. Must not know: which experiments the company's own registry has, or what
a status means to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingestion.spec import Context, Reader, Sample
from ingestion.values.fields import bag, boolean, identifier, instant, integer, part, text


def looks_like(sample: Sample) -> bool:
    """An experiment has a tracking key and variations; a result belongs to an experiment and a phase."""
    return any(
        ("trackingKey" in record and "variations" in record) or _is_result(record)
        for record in sample.records
    )


def table_of(member: str, page_key: str | None, record: Mapping[str, Any]) -> str:
    """`results` for what was measured, `experiments` for the rest."""
    return "results" if _is_result(record) else "experiments"


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One experiment or one result as one row."""
    return _result(record) if context.table == "results" else _experiment(record)


def _is_result(record: Mapping[str, Any]) -> bool:
    inner = part(record, "result") or record
    return "experimentId" in inner and "phase" in inner


def _experiment(record: Mapping[str, Any]) -> Mapping[str, Any]:
    outcome = part(record, "resultSummary")
    return {
        "experiment_id": identifier(record, "id", required=True),
        "tracking_key": identifier(record, "trackingKey"),
        "name": text(record, "name"),
        "type": text(record, "type"),
        "status": text(record, "status"),
        "is_archived": boolean(record, "archived"),
        "hypothesis": text(record, "hypothesis"),
        "description": text(record, "description"),
        "project_id": identifier(record, "project"),
        "owner": text(record, "owner"),
        "owner_email": text(record, "ownerEmail"),
        "tags": bag(record.get("tags")),
        "hash_attribute": text(record, "hashAttribute"),
        "fallback_attribute": text(record, "fallbackAttribute"),
        "hash_version": integer(record, "hashVersion"),
        "variations": bag(record.get("variations")),
        "phases": bag(record.get("phases")),
        "settings": bag(record.get("settings")),
        "result_status": text(outcome, "status"),
        "winner_id": identifier(outcome, "winner"),
        "conclusions": text(outcome, "conclusions"),
        "released_variation_id": identifier(outcome, "releasedVariationId"),
        "linked_features": bag(record.get("linkedFeatures")),
        "custom_fields": bag(record.get("customFields")),
        "created_at": instant(record, "dateCreated"),
        "updated_at": instant(record, "dateUpdated"),
    }


def _result(record: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = part(record, "result") or record
    return {
        "result_id": identifier(inner, "id"),
        "experiment_id": identifier(inner, "experimentId", required=True),
        "phase": text(inner, "phase"),
        "dimension": text(part(inner, "dimension"), "type"),
        "start_at": instant(inner, "dateStart"),
        "end_at": instant(inner, "dateEnd"),
        "results": bag(inner.get("results")),
    }


READER = Reader(
    source="growthbook",
    formats=("json", "ndjson"),
    looks_like=looks_like,
    parse=parse,
    table_of=table_of,
    page_keys=("experiments",),
)
