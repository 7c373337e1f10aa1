"""Reader of Statsig: experiments of the Console API, and the report of first exposures.

Knows: Statsig's experiment object and the columns of its report. Must not know: which experiments the registry has.
The report's days are Pacific days; only its instant, which is UTC, is used as a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.spec import Context, Reader, Sample
from ingestion.values.fields import (  # fmt: skip
    bag,
    boolean,
    identifier,
    instant,
    integer,
    match_header,
    number,
    part,
    text,
)

_REPORT: dict[str, tuple[str, ...]] = {
    "name": ("experiment", "experiment_name"),
    "experiment_group": ("group", "group_name"),
    "unit_id": (),
    "unit_type": (),
    "user_id": (),
    "stable_id": (),
    "first_exposure_utc": (),
}
_NEEDED = ("name", "experiment_group", "unit_id", "first_exposure_utc")


def looks_like(sample: Sample) -> bool:
    """An experiment has groups and an id type; a report has the time of the first exposure in UTC."""
    return any(
        "first_exposure_utc" in record
        or {"groups", "idType", "status"} <= _experiment_of(record).keys()
        for record in sample.records
    )


def table_of(member: str, page_key: str | None, record: Mapping[str, Any]) -> str:
    """`exposures` for rows of the report, `experiments` for the rest."""
    return "exposures" if "first_exposure_utc" in record else "experiments"


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps the header of the report."""
    return match_header(next(rows), _REPORT, _NEEDED, context)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One experiment or one first exposure as one row."""
    if context.table == "exposures":
        return _exposure(record)
    return _experiment(_experiment_of(record))


def _experiment_of(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The experiment; asked for alone, it stands under `data` of the answer."""
    return part(record, "data") if "message" in record else record


def _experiment(record: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "experiment_id": identifier(record, "id", required=True),
        "name": text(record, "name"),
        "description": text(record, "description"),
        "hypothesis": text(record, "hypothesis"),
        "status": text(record, "status"),
        "experiment_type": text(record, "experimentType"),
        "id_type": text(record, "idType"),
        "groups": bag(record.get("groups")),
        "allocation_percent": number(record, "allocation"),
        "planned_duration_days": integer(record, "duration"),
        "launched_group_id": identifier(record, "launchedGroupID"),
        "decision_reason": text(record, "decisionReason"),
        "primary_metrics": bag(record.get("primaryMetrics")),
        "secondary_metrics": bag(record.get("secondaryMetrics")),
        "tags": bag(record.get("tags")),
        "owner_name": text(part(record, "owner"), "ownerName"),
        "creator_email": text(record, "creatorEmail"),
        "layer_id": identifier(record, "layerID"),
        "targeting_gate_id": identifier(record, "targetingGateID"),
        "holdout_ids": bag(record.get("holdoutIDs")),
        "health_check_status": text(record, "healthCheckStatus"),
        "health_checks": bag(record.get("healthChecks")),
        "confidence_interval": text(record, "defaultConfidenceInterval"),
        "is_bonferroni_corrected": boolean(record, "bonferroniCorrection"),
        "targeting_rules": bag(record.get("inlineTargetingRulesJSON")),
        "created_at": instant(record, "createdTime"),
        "modified_at": instant(record, "lastModifiedTime"),
        "start_at": instant(record, "startTime"),
        "end_at": instant(record, "endTime"),
        "decided_at": instant(record, "decisionTime"),
    }


def _exposure(record: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "experiment_id": identifier(record, "name", required=True),
        "variant": identifier(record, "experiment_group", required=True),
        "variant_id": identifier(record, "group_id"),
        "unit_id": identifier(record, "unit_id", required=True),
        "unit_type": text(record, "unit_type"),
        "user_id": identifier(record, "user_id"),
        "stable_id": identifier(record, "stable_id"),
        "exposed_at": instant(record, "first_exposure_utc", required=True),
        "exposure_type": text(record, "exposure_type"),
        "rule": text(record, "rule"),
        "rollout": text(record, "rollout"),
        "dimensions": bag(record.get("user_dimensions")),
    }


READER = Reader(
    source="statsig",
    formats=("json", "ndjson", "csv"),
    looks_like=looks_like,
    parse=parse,
    table_of=table_of,
    header=header,
)
