"""The raw tables as assets: one op reads everything that landed, and lays down what the models need besides.

Knows ingestion's public calls. One op for all sources, because ingestion shares its worker processes between files; a
broken source only rejects its own files. Must not know any source by name.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration import build_state, evidence, lock
from orchestration.ingest import ingest_pending
from orchestration.settings import Settings
from orchestration.translator import raw_key

# A run with this tag reads no new file: `productops build`.
NO_INGEST = {"productops/ingest": "no"}


def raw_assets(settings: Settings, manifest: dict[str, Any]) -> dg.AssetsDefinition:
    """One asset for each raw table that a model reads or a contract declares."""
    from ingestion.contract import all_tables

    declared = {(c.source, t.name): t.description for c, t in all_tables()}
    for source in manifest["sources"].values():
        declared.setdefault(
            (source["source_name"], source["name"]), source.get("description") or ""
        )
    specs = [
        dg.AssetSpec(raw_key(*name), description=text, group_name="raw", kinds={"parquet"})
        for name, text in sorted(declared.items())
    ]

    @dg.multi_asset(name="raw", specs=specs, pool="warehouse_writer")
    def raw(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        from ingestion.company import compile as compile_company
        from ingestion.company import load as load_company
        from ingestion.load import ensure_raw_schema, export_loads, recover

        # Held until this process ends or its caller gives it back: every later op of the run writes too.
        lock.acquire(settings.lock_file, "run")
        evidence.clear(settings)
        load_company(settings.company_dir)
        ensure_raw_schema(settings.paths)
        reports: list[dict[str, Any]] = []
        if context.run_tags.get("productops/ingest") != "no":
            at_rest_only = context.run_tags.get("productops/landing") == "at-rest"
            waiting = evidence.waiting(settings) if at_rest_only else frozenset()
            reports = ingest_pending(settings, waiting)
        else:
            recover(settings.paths)
        evidence.write_reports(settings, reports)
        compile_company(settings.company_dir, settings.paths)
        export_loads(settings.paths)
        todo = build_state.plan(settings, build_state.inputs(settings))
        evidence.write_plan(settings, todo)
        build_state.begin(settings, todo)
        read = _read_by_source(reports)
        for spec in specs:
            yield dg.MaterializeResult(
                asset_key=spec.key, metadata={"new_files": read.get(spec.key.path[1], 0)}
            )

    return raw


def _read_by_source(reports: list[dict[str, Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for report in reports:
        source = str(report.get("source"))
        found[source] = found.get(source, 0) + 1
    return found
