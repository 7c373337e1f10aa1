"""Persons and experiments of PostHog as SQL.

Knows: the change log of persons and the experiments API. Must not know: events, or which version of a person counts.
"""

from __future__ import annotations

from ingestion.spec import TypedSql
from ingestion.values.typing_sql import content_of, joined, unpacked, utc

_PERSON = ("team_id", "distinct_id", "person_id", "person_distinct_id_version", "person_version", "is_deleted", "created_at", "_inserted_at")  # fmt: skip
_EXPERIMENT_TEXTS = ("id", "name", "description", "feature_flag_key", "type", "status", "start_date", "end_date", "created_at", "updated_at", "conclusion", "conclusion_comment", "archived", "deleted", "version")  # fmt: skip
_EXPERIMENT_BAGS = ("feature_flag", "holdout", "parameters", "filters", "created_by", "exposure_criteria", "stats_config", "metrics", "metrics_secondary", "saved_metrics", "excluded_variants", "tags")  # fmt: skip


def persons() -> TypedSql:
    """One version of one distinct id; files are change logs, so every version is kept."""
    versions = ("v_id_version", "v_version")
    return TypedSql(
        columns={**dict.fromkeys(_PERSON, "VARCHAR"), "properties": "JSON"},
        let={
            "v_id": "nullif(distinct_id, '')",
            "v_person": "nullif(person_id, '')",
            "v_id_version": "try_cast(person_distinct_id_version as bigint)",
            "v_version": "try_cast(person_version as bigint)",
            "v_properties": unpacked("properties"),
        },
        select={
            "team_id": "team_id",
            "distinct_id": "v_id",
            "person_id": "v_person",
            "person_distinct_id_version": "v_id_version",
            "person_version": "v_version",
            "is_deleted": "coalesce(try_cast(is_deleted as boolean), false)",
            "properties": "v_properties",
            "created_at": utc("created_at"),
            "inserted_at": utc("_inserted_at"),
        },
        key=joined(
            ("coalesce(team_id, '')", "v_id", *(f"coalesce({name}, -1)" for name in versions))
        ),
        content=content_of(_PERSON),
        code=(
            "case when v_id is null or v_person is null then 'TYPE' "
            "when not json_valid(v_properties) then 'TYPE' end"
        ),
        message=(
            "case when v_id is null or v_person is null then 'distinct_id and person_id are both needed' "
            "else 'properties is not JSON' end"
        ),
    )


def experiments() -> TypedSql:
    """One experiment; what older versions of PostHog do not send stays empty."""
    times = ("start_date", "end_date", "created_at", "updated_at")
    booleans = {"archived": "is_archived", "deleted": "is_deleted"}
    plain = [name for name in _EXPERIMENT_TEXTS if name not in (*times, *booleans, "id")]
    return TypedSql(
        columns={
            **dict.fromkeys(_EXPERIMENT_TEXTS, "VARCHAR"),
            **dict.fromkeys(_EXPERIMENT_BAGS, "JSON"),
        },
        let={"v_id": "nullif(id, '')", "v_flag": "nullif(feature_flag_key, '')"},
        select={
            "experiment_id": "v_id",
            **{name: f"nullif({name}, '')" for name in plain},
            "feature_flag_key": "v_flag",
            "start_at": utc("start_date"),
            "end_at": utc("end_date"),
            "created_at": utc("created_at"),
            "updated_at": utc("updated_at"),
            **{ours: f"try_cast({theirs} as boolean)" for theirs, ours in booleans.items()},
            **{name: name for name in _EXPERIMENT_BAGS},
        },
        key="v_id",
        content=content_of(_EXPERIMENT_TEXTS),
        code="case when v_id is null or v_flag is null then 'TYPE' end",
        message="'id and feature_flag_key are both needed'",
    )
