"""Run dbt inside this process and say what each node did.

Knows dbt's programmatic runner and its result objects. In-process, because every dbt command costs four seconds of
imports and a parse; one process pays them once for both halves of a build (docs/decisions). Must not know Dagster, nor
what any model means.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.errors import CommandError
from orchestration.settings import Settings, export_to_process


@dataclass(frozen=True)
class NodeResult:
    """One model or test of one build."""

    unique_id: str
    kind: str
    name: str
    status: str
    message: str
    failures: int | None
    seconds: float

    @property
    def is_model_failure(self) -> bool:
        return self.status == "error"

    @property
    def is_test_failure(self) -> bool:
        return self.kind == "test" and self.status == "fail"


@dataclass(frozen=True)
class Project:
    """A parsed dbt project: dbt's own object for later runs, and the dictionary that others read."""

    settings: Settings
    parsed: Any
    manifest: dict[str, Any]


def parse(settings: Settings) -> Project:
    """Parse the project (partial where nothing changed); raises CommandError naming the file that is wrong."""
    from dbt.cli.main import dbtRunner

    export_to_process(settings)
    with _quiet():
        done = dbtRunner().invoke(["parse", *_common(settings)])
    if not done.success:
        raise CommandError(
            "DBT_PARSE",
            "the dbt project cannot be read",
            str(done.exception),
            "correct the named file; nothing was built or published",
        )
    file = target_dir(settings) / "manifest.json"
    return Project(settings, done.result, json.loads(file.read_text(encoding="utf-8")))


def build(
    project: Project, selector: str, *, full_refresh: bool
) -> tuple[list[NodeResult], dict[str, str]]:
    """Build and test one half of the project; results of all nodes, and the compiled SQL of its models."""
    from dbt.cli.main import dbtRunner

    arguments = ["build", "--selector", selector, "--exclude-resource-type", "unit_test"]
    arguments += ["--indirect-selection", "buildable"]
    if full_refresh:
        arguments.append("--full-refresh")
    try:
        with _quiet():
            done = dbtRunner(manifest=project.parsed).invoke(
                [*arguments, *_common(project.settings)]
            )
    finally:
        release()
    if done.result is None:
        raise CommandError(
            "DBT_FAILED",
            f"dbt could not run the models of {selector}",
            str(done.exception),
            f"read {project.settings.logs_dir / 'dbt.log'}; the last good version is still served",
        )
    results, compiled = [], {}
    finished: Any = done.result
    for item in finished.results:
        node = item.node
        results.append(
            NodeResult(
                unique_id=node.unique_id,
                kind=str(getattr(node.resource_type, "value", node.resource_type)),
                name=node.name,
                status=str(getattr(item.status, "value", item.status)),
                message=str(item.message or ""),
                failures=item.failures,
                seconds=round(item.execution_time or 0.0, 3),
            )
        )
        code = getattr(node, "compiled_code", None)
        if code and results[-1].kind == "model":
            compiled[node.name] = code
    return results, compiled


def release() -> None:
    """dbt keeps its connection after a run; let other connections open the build file."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()


def target_dir(settings: Settings) -> Path:
    return settings.build_dir / "dbt"


def staging_relations(manifest: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Raw (source, table) to the staging relation that holds its live rows: `stg_<source>__<table>`."""
    sources = {(s["source_name"], s["name"]) for s in manifest["sources"].values()}
    schemas = {
        node["name"]: node["schema"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    names = {pair: f"stg_{pair[0].strip('_')}__{pair[1]}" for pair in sources}
    return {pair: f"{schemas[name]}.{name}" for pair, name in names.items() if name in schemas}


def lineage_tables(manifest: dict[str, Any]) -> set[str]:
    """Published tables that tell how data came here (`meta: {lineage: true}`), not what it says."""
    return {
        f"{node['schema']}.{node['name']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and ((node.get("config") or {}).get("meta") or {}).get("lineage")
    }


def _common(settings: Settings) -> Sequence[str]:
    folder = settings.dbt_project_dir
    variables = json.dumps({"lake": str(settings.paths.raw)})
    return [
        *("--project-dir", str(folder), "--profiles-dir", str(folder)),
        *("--target-path", str(target_dir(settings)), "--log-path", str(settings.logs_dir)),
        *("--vars", variables, "--log-level", "none", "--log-level-file", "info"),
        *("--no-use-colors", "--no-send-anonymous-usage-stats", "--no-version-check"),
    ]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Whatever dbt prints goes to stderr: stdout belongs to the command's own document."""
    with contextlib.redirect_stdout(sys.stderr):
        yield
