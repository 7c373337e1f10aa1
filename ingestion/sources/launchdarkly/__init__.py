"""Reader of LaunchDarkly: pages of experiments with their iterations, and pages of feature flags.

Knows: LaunchDarkly's objects. Must not know: which environment the company measures in, or what an iteration counts as.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ingestion.spec import Context, Reader, Sample
from ingestion.values.fields import bag, boolean, identifier, instant, part, parts, text

_ITERATION_TIMES = ("createdAt", "startedAt", "endedAt")


def looks_like(sample: Sample) -> bool:
    """An experiment stands in an environment and has iterations; a flag has a kind, variations and environments."""
    return any(
        (
            "environmentKey" in record
            and ("currentIteration" in record or "draftIteration" in record)
        )
        or _is_flag(record)
        for record in sample.records
    )


def table_of(member: str, page_key: str | None, record: Mapping[str, Any]) -> str:
    """`flags` for feature flags, `experiments` for the rest."""
    return "flags" if _is_flag(record) else "experiments"


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One experiment or one flag as one row."""
    return _flag(record) if context.table == "flags" else _experiment(record)


def _is_flag(record: Mapping[str, Any]) -> bool:
    return "variations" in record and "environments" in record and "kind" in record


def _experiment(record: Mapping[str, Any]) -> Mapping[str, Any]:
    iterations = [
        part(record, "currentIteration"),
        part(record, "draftIteration"),
        *parts(record, "previousIterations"),
    ]
    created, archived = instant(record, "_creationDate"), instant(record, "archivedDate")
    changes = [instant(iteration, name) for iteration in iterations for name in _ITERATION_TIMES]
    return {
        "experiment_id": identifier(record, "_id", required=True),
        "key": identifier(record, "key", required=True),
        "name": text(record, "name"),
        "description": text(record, "description"),
        "environment_key": text(record, "environmentKey"),
        "maintainer_id": identifier(record, "_maintainerId"),
        "holdout_id": identifier(record, "holdoutId"),
        "created_at": created,
        "archived_at": archived,
        "current_iteration": bag(record.get("currentIteration")),
        "previous_iterations": bag(record.get("previousIterations")),
        "draft_iteration": bag(record.get("draftIteration")),
        "changed_at": _last((created, archived, *changes)),
    }


def _flag(record: Mapping[str, Any]) -> Mapping[str, Any]:
    environments = part(record, "environments")
    created = instant(record, "creationDate")
    changes = [instant(part(environments, name), "lastModified") for name in environments]
    return {
        "flag_key": identifier(record, "key", required=True),
        "name": text(record, "name"),
        "kind": text(record, "kind"),
        "variations": bag(record.get("variations")),
        "environments": bag(record.get("environments")),
        "tags": bag(record.get("tags")),
        "is_temporary": boolean(record, "temporary"),
        "is_archived": boolean(record, "archived"),
        "maintainer": bag(record.get("_maintainer")),
        "created_at": created,
        "changed_at": _last((created, *changes)),
    }


def _last(times: Iterable[str | None]) -> str | None:
    """The latest of several times in the one form that `instant` gives."""
    return max((time for time in times if time), default=None)


READER = Reader(
    source="launchdarkly",
    formats=("json", "ndjson"),
    looks_like=looks_like,
    parse=parse,
    table_of=table_of,
    page_keys=("items",),
)
