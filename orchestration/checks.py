"""Gates as blocking asset checks: what a failed one guards is never started.

Knows quality's runner and the borders. Each border's checks hang on one asset of the op before it, which suffices: the
op after it waits for them (tests/orchestration/test_gates_stop_the_build.py). Must not judge anything itself.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from ingestion.failpoints import reach
from orchestration import build_state, evidence, expectations
from orchestration.dbt_invocation import Project, staging_relations
from orchestration.settings import Settings
from orchestration.translator import raw_key
from quality.gate import MARTS, RAW, STAGING, Evidence, GateResult
from quality.runner import gates, run_gates


def contract_check(settings: Settings) -> dg.AssetChecksDefinition:
    """Great Expectations suites, made from the contracts, on the rows of new loads."""
    spec = dg.AssetCheckSpec(
        "contract",
        asset=_loads(),
        blocking=True,
        description="New rows are what the contracts of their sources promise.",
    )

    @dg.multi_asset_check(name="contract_of_new_loads", specs=[spec])
    def contract() -> Iterator[dg.AssetCheckResult]:
        known = build_state.previous_live_loads(settings)
        new: dict[tuple[str, str], list[int]] = {}
        for source, table, load in build_state.live_loads(settings):
            if load not in known:
                new.setdefault((source, table), []).append(load)
        results = expectations.check(settings, new)
        reach("audit.contract")
        evidence.write_gates(settings, "contract", results)
        yield _check_result(settings, spec, results)

    return contract


def border_checks(
    settings: Settings, project: Project, border: str, anchor: dg.AssetKey
) -> dg.AssetChecksDefinition:
    """All gates of one border in one op, one check each, on one asset of the op before."""
    found = gates(border)
    specs = [
        dg.AssetCheckSpec(gate.name, asset=anchor, blocking=True, description=gate.protects)
        for gate in found
    ]

    @dg.multi_asset_check(name=f"{border}_gates", specs=specs)
    def check() -> Iterator[dg.AssetCheckResult]:
        results = judge(settings, project, border)
        reach(f"audit.{border}")
        evidence.write_gates(settings, border, results)
        for spec in specs:
            yield _check_result(settings, spec, [r for r in results if r.name == spec.name])

    return check


def judge(settings: Settings, project: Project, border: str) -> list[GateResult]:
    """Run one border's gates on a read-only view of the build file."""
    import duckdb

    with duckdb.connect(":memory:") as connection:
        connection.execute("set timezone = 'UTC'")
        if settings.paths.warehouse.exists() and border != RAW:
            name = str(settings.paths.warehouse).replace("'", "''")
            connection.execute(f"attach '{name}' as warehouse (read_only)")
        return run_gates(
            border,
            Evidence(
                database=connection,
                lake=settings.paths.raw,
                staging=staging_relations(project.manifest),
                cadences=_cadences(settings),
                published_loads=frozenset(build_state.previous_live_loads(settings)),
            ),
        )


def all_checks(settings: Settings, project: Project) -> Sequence[dg.AssetChecksDefinition]:
    """The three borders."""
    return [
        contract_check(settings),
        border_checks(settings, project, RAW, _loads()),
        border_checks(settings, project, STAGING, _anchor(project, "staging")),
        border_checks(settings, project, MARTS, _anchor(project, "marts")),
    ]


def _loads() -> dg.AssetKey:
    return raw_key("_ingestion", "loads")


def _anchor(project: Project, layer: str) -> dg.AssetKey:
    """The model of this layer that most others of a later op wait for; any would do, this one reads well in the UI."""
    names = sorted(
        node["name"]
        for node in project.manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == layer
    )
    for ending in ("ingestion__loads", "fct_events"):
        names.sort(key=lambda name: not name.endswith(ending))
    return dg.AssetKey([layer, names[0]])


def _check_result(
    settings: Settings, spec: dg.AssetCheckSpec, results: Sequence[GateResult]
) -> dg.AssetCheckResult:
    bad = [result for result in results if not result.passed]
    held = [result for result in bad if result.holds]
    for result in held:
        evidence.hold(settings, result.name, result.message, result.fix)
    metadata: dict[str, Any] = {
        "messages": dg.MetadataValue.md(
            "\n".join(f"- {r.message}" for r in results) or "nothing to judge"
        )
    }
    return dg.AssetCheckResult(
        passed=not bad,
        asset_key=spec.asset_key,
        check_name=spec.name,
        severity=dg.AssetCheckSeverity.ERROR if held else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )


def _cadences(settings: Settings) -> dict[tuple[str, str], float]:
    """Hours within which an owner promised the next delivery, from `cadence` in settings.yml."""
    from ingestion.company import load

    found = {}
    for source, declared in load(settings.company_dir).settings.sources.items():
        for project, options in (declared.get("projects") or {}).items():
            cadence = (options or {}).get("cadence") or declared.get("cadence")
            if cadence:
                found[(source, project)] = cadence_hours(str(cadence))
    return found


_WORDS = {"hourly": 1.0, "daily": 24.0, "weekly": 168.0, "monthly": 744.0}
_UNITS = {"m": 1 / 60, "h": 1.0, "d": 24.0, "w": 168.0}


def cadence_hours(text: str) -> float:
    """`daily`, `24h`, `7d` in hours."""
    if text in _WORDS:
        return _WORDS[text]
    matched = re.fullmatch(r"(\d+)\s*([mhdw])", text)
    if not matched:
        raise ValueError(
            f"cadence {text!r} in settings.yml: write hourly, daily, weekly, monthly, or 24h, 7d"
        )
    return int(matched[1]) * _UNITS[matched[2]]
