"""The last assets: the published version, the snapshots that are due, and the digest of what is new.

Knows publish, the snapshot taker and the digest writer. Must not know what is in a mart.
"""

from typing import Any

import dagster as dg

from ingestion.failpoints import reach
from orchestration import build_state, digests, evidence
from orchestration.dbt_invocation import Project, lineage_tables
from orchestration.definitions_document import definitions_document
from orchestration.publish import Standing, publish
from orchestration.restatements.inputs import of_workspace
from orchestration.settings import Settings
from orchestration.snapshots import take_due
from orchestration.translator import WarehouseTranslator
from orchestration.versions import current_id

PUBLISHED = dg.AssetKey(["published", "version"])
SNAPSHOTS = dg.AssetKey(["published", "snapshots"])
DIGEST = dg.AssetKey(["published", "digest"])


def published_version(settings: Settings, project: Project) -> dg.AssetsDefinition:
    """One immutable version out of the build file; waits for every mart and KPI and for the gates on them."""
    translator = WarehouseTranslator()
    marts = [
        translator.get_asset_key(node)
        for node in project.manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] in ("marts", "kpis")
    ]

    @dg.asset(key=PUBLISHED, deps=marts, group_name="published", pool="warehouse_writer")
    def version(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        now = build_state.inputs(settings)
        receipt = publish(
            settings.paths.warehouse,
            settings.paths.published,
            definitions_document(settings, project.manifest),
            lineage_tables(project.manifest),
            settings.keep_versions,
            of_workspace(settings),
            _standing(settings, project),
        )
        build_state.finish(settings, now, receipt.version)
        reach("publish.finished")
        evidence.release(settings)
        evidence.write_receipt(settings, receipt.as_dict())
        return dg.MaterializeResult(
            metadata={
                "version": receipt.version,
                "is_new": receipt.published,
                "content_hash": receipt.content_hash,
                "rows": receipt.rows,
                "restated": len(receipt.restated),
            }
        )

    return version


def _standing(settings: Settings, project: Project) -> Standing:
    """Published tables that the served version holds as they are, or but for the rows that this build changed.

    Nothing when a delivery was replaced: its rows are gone then, and a file that goes on would keep their bytes in its free room.
    """
    served = current_id(settings.paths.published)
    if evidence.plan(settings).full_refresh or build_state.last_version(settings) != served:
        return Standing()
    unchanged, increments = set(), {}
    for result in evidence.nodes(settings):
        if result["kind"] == "model":
            node = project.manifest["nodes"][result["unique_id"]]
            table, grain = f"{node['schema']}.{node['name']}", node["config"].get("unique_key")
            if result["is_kept"]:
                unchanged.add(table)
            elif node["config"]["materialized"] == "incremental":
                increments[table] = [grain] if isinstance(grain, str) else grain
    return Standing(unchanged, increments)


def snapshots(settings: Settings) -> dg.AssetsDefinition:
    """Reports of the weeks and months that ended; each is taken once."""

    @dg.asset(key=SNAPSHOTS, deps=[PUBLISHED], group_name="published")
    def due_snapshots(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        reach("notify")
        taken = take_due(settings)
        evidence.write_snapshots(settings, taken)
        return dg.MaterializeResult(metadata={"taken": taken})

    return due_snapshots


def digest(settings: Settings) -> dg.AssetsDefinition:
    """What is new among the violations of the tracking plan, for each owner; written once for each version."""

    @dg.asset(key=DIGEST, deps=[PUBLISHED], group_name="published")
    def digest_of_version(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        new = digests.write(settings)
        return dg.MaterializeResult(metadata={"new": sum(new.values()), "owners": sorted(new)})

    return digest_of_version
