"""Reader of Optimizely experiments: a bare array of the REST API.

Knows: names of fields from practice only; Optimizely publishes no list of them, so everything but the id may be missing.
Must not know: what a status means to the registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.fields import bag, identifier, instant, integer, parts, text


def looks_like(sample: Sample) -> bool:
    """Its variations have a `variation_id`."""
    return any(
        "variation_id" in variation
        for record in sample.records
        for variation in parts(record, "variations")
    )


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One experiment as one row."""
    if "variations" not in record and "status" not in record:
        raise BadRecord("TYPE", "neither variations nor status: this is not an experiment")
    return {
        "experiment_id": identifier(record, "id", required=True),
        "key": identifier(record, "key"),
        "name": text(record, "name"),
        "description": text(record, "description"),
        "status": text(record, "status"),
        "type": text(record, "type"),
        "project_id": identifier(record, "project_id"),
        "campaign_id": identifier(record, "campaign_id"),
        "traffic_allocation": integer(record, "traffic_allocation"),
        "holdback": integer(record, "holdback"),
        "allocation_policy": text(record, "allocation_policy"),
        "variations": bag(record.get("variations")),
        "metrics": bag(record.get("metrics")),
        "audience_conditions": bag(record.get("audience_conditions")),
        "created_at": instant(record, "created"),
        "modified_at": instant(record, "last_modified"),
        "earliest_at": instant(record, "earliest"),
        "latest_at": instant(record, "latest"),
    }


READER = Reader(
    source="optimizely",
    formats=("json", "ndjson"),
    looks_like=looks_like,
    parse=parse,
    page_keys=("experiments",),
)
