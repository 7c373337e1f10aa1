"""The dbt project as two assets, staging and what is published, so that a gate can stand between them.

Knows dagster-dbt's decorator and our in-process dbt. Must not know any model by name.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from ingestion.failpoints import reach
from orchestration import build_state, evidence, selection
from orchestration.dbt_invocation import NodeResult, Project, build
from orchestration.evidence import PUBLISHED, STAGING
from orchestration.settings import Settings
from orchestration.translator import WarehouseTranslator


def staging_assets(settings: Settings, project: Project) -> dg.AssetsDefinition:
    """All models in models/staging."""
    return _half(settings, project, STAGING, select=f"fqn:{_name(project)}.staging", exclude=None)


def published_assets(settings: Settings, project: Project) -> dg.AssetsDefinition:
    """Everything after staging: intermediate, marts, KPIs."""
    name = _name(project)
    return _half(
        settings,
        project,
        PUBLISHED,
        select=f"fqn:{name}.intermediate fqn:{name}.marts fqn:{name}.kpis",
        exclude=None,
    )


def _half(
    settings: Settings, project: Project, half: str, select: str, exclude: str | None
) -> dg.AssetsDefinition:
    translator = WarehouseTranslator()

    @dbt_assets(
        manifest=project.manifest,
        select=select,
        exclude=exclude,
        name=f"dbt_{half}",
        dagster_dbt_translator=translator,
        pool="warehouse_writer",
    )
    def models(context: dg.AssetExecutionContext) -> Iterator[Any]:
        reach(f"dbt.{half}.start")
        results = _build(settings, project, half)
        for result in results:
            yield from _event(context, project, translator, result)
        _raise_for(settings, results)

    return models


def _build(settings: Settings, project: Project, half: str) -> list[NodeResult]:
    """Build what the news of this build feed; the results of all nodes, with the standing ones of those left alone."""
    todo = evidence.plan(settings)
    only = None
    results: dict[str, NodeResult] = {}
    if todo.news is not None:
        fed = selection.fed_by(project.manifest, todo.tables)
        standing = evidence.standing(settings, half)
        # A node of which nothing is known runs as well.
        nodes = selection.of_half(project.manifest, half)
        only = {node for node in nodes if node in fed or node not in standing}
        # In the order of the build that ran them all: Dagster wants a model after those that it reads.
        results = {n: replace(r, is_kept=True) for n, r in standing.items() if n in nodes}
    empty = build_state.empty_tables(settings)
    passed = selection.tests_without_rows(project.manifest, half, empty)
    ran, compiled = build(project, half, full_refresh=todo.full_refresh, only=only, passed=passed)
    reach(f"dbt.{half}.end")
    results |= {result.unique_id: result for result in ran}
    evidence.write_dbt(settings, half, list(results.values()), compiled)
    return list(results.values())


def _event(
    context: dg.AssetExecutionContext,
    project: Project,
    translator: WarehouseTranslator,
    result: NodeResult,
) -> Iterator[Any]:
    if result.kind == "model" and result.status == "success":
        node = project.manifest["nodes"][result.unique_id]
        yield dg.MaterializeResult(
            asset_key=translator.get_asset_key(node),
            metadata={"seconds": result.seconds, "built_at": result.ran_at},
        )
    if result.kind == "test" and result.status in ("pass", "warn", "fail", "error"):
        key = get_asset_check_key_for_test(project.manifest, translator, result.unique_id, None)
        if key is not None and key in context.selected_asset_check_keys:
            yield dg.AssetCheckResult(
                passed=result.status == "pass",
                asset_key=key.asset_key,
                check_name=key.name,
                severity=dg.AssetCheckSeverity.WARN
                if result.status == "warn"
                else dg.AssetCheckSeverity.ERROR,
                metadata={
                    "failures": result.failures or 0,
                    "seconds": result.seconds,
                    "ran_at": result.ran_at,
                },
            )


def _raise_for(settings: Settings, results: list[NodeResult]) -> None:
    """A broken model fails the run; a failed test holds the publish (case 124, 125). Both stop what comes after."""
    broken = [r for r in results if r.is_model_failure]
    if broken:
        raise dg.Failure(f"{broken[0].kind} {broken[0].name} failed: {broken[0].message}")
    failed = [r for r in results if r.is_test_failure]
    if failed:
        first = failed[0]
        evidence.hold(
            settings,
            f"dbt test {first.name}",
            f"{first.failures} row(s) break the test {first.name}"
            + (f", and {len(failed) - 1} more tests fail" if len(failed) > 1 else ""),
            f"productops dev, then look at {first.name}; run again when the data or the model is corrected",
        )
        raise dg.Failure(f"{len(failed)} dbt test(s) failed; first: {first.name}")


def _name(project: Project) -> str:
    return str(project.manifest["metadata"]["project_name"])
