"""`definitions.json` of a published version: what each model means, how it was tested, where its data came from.

Knows dbt's manifest and the evidence of the build. Must not know any model by name.
"""

from __future__ import annotations

from typing import Any

from orchestration import evidence
from orchestration.event_lineage import event_lineage
from orchestration.settings import Settings


def definitions_document(settings: Settings, manifest: dict[str, Any]) -> dict[str, Any]:
    """Everything that a reader may want to know beside the tables."""
    nodes = evidence.nodes(settings)
    compiled = evidence.compiled(settings)
    tests = [node for node in nodes if node["kind"] == "test"]
    return {
        "data_through": _data_through(settings),
        "models": _models(manifest, compiled),
        "event_lineage": event_lineage(manifest, compiled),
        "tests": {
            "passed": sum(node["status"] == "pass" for node in tests),
            "failed": sum(node["status"] in ("fail", "error") for node in tests),
            "warned": sorted(node["name"] for node in tests if node["status"] == "warn"),
        },
        "gates": [
            {
                key: gate.get(key)
                for key in ("name", "severity", "status", "message", "measured", "allowed", "fix")
            }
            for gate in evidence.gates(settings)
        ],
        "sources": _sources(settings),
        "held": None,
        "timing": _timing(tests),
    }


def _timing(tests: list[dict[str, Any]]) -> dict[str, Any]:
    """When the tests ran: one that nothing new concerns stands from an earlier build."""
    return {
        "tests_ran": sum(not test["is_kept"] for test in tests),
        "tests_kept": sum(test["is_kept"] for test in tests),
        "oldest_test_at": min((test["ran_at"] for test in tests), default=None),
    }


def _models(manifest: dict[str, Any], compiled: dict[str, str]) -> dict[str, Any]:
    found = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model" or node["fqn"][1] not in ("marts", "kpis"):
            continue
        config = node.get("config") or {}
        meta = {**(config.get("meta") or {}), **(node.get("meta") or {})}
        found[node["name"]] = {
            "schema": node["schema"],
            "description": node.get("description") or "",
            "owner": meta.get("owner"),
            "meta": meta,
            "columns": {
                name: {
                    "description": column.get("description") or "",
                    "type": column.get("data_type"),
                    "class": (
                        (column.get("config") or {}).get("meta") or column.get("meta") or {}
                    ).get("class"),
                }
                for name, column in node["columns"].items()
            },
            "compiled_sql": compiled.get(node["name"]),
            "depends_on": sorted(parent.split(".")[-1] for parent in node["depends_on"]["nodes"]),
            "sources": sorted(_sources_behind(manifest, node["unique_id"])),
        }
    return found


def _sources_behind(manifest: dict[str, Any], unique_id: str) -> set[str]:
    """The delivered sources that a model is built from, however far away.

    A model that says `tells_reach` only tells until when there is data: who asks it for the time counts none of its sources.
    """
    found: set[str] = set()
    seen, ahead = set[str](), [unique_id]
    while ahead:
        current = ahead.pop()
        if current in seen:
            continue
        seen.add(current)
        if current.startswith("source."):
            name = str(manifest["sources"][current]["source_name"])
            if not name.startswith("_") and name != "company":
                found.add(name)
            continue
        node = manifest["nodes"][current]
        if current != unique_id and ((node.get("config") or {}).get("meta") or {}).get(
            "tells_reach"
        ):
            continue
        ahead += node["depends_on"]["nodes"]
    return found


def _sources(settings: Settings) -> list[dict[str, Any]]:
    """What every source delivered, over all its loads: the same rows as `productops status`."""
    from orchestration.deliveries import deliveries

    return deliveries(settings)


def _data_through(settings: Settings) -> str | None:
    import duckdb

    with duckdb.connect(str(settings.paths.warehouse), read_only=True) as connection:
        known = connection.execute(
            "select 1 from information_schema.tables where table_schema = 'marts' and table_name = 'dim_data_through'"
        ).fetchall()
        if not known:
            return None
        rows = connection.execute(
            "select max(data_through_at) from marts.dim_data_through"
        ).fetchall()
    return None if rows[0][0] is None else rows[0][0].isoformat()
