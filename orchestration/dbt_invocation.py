"""Run dbt inside this process and say what each node did.

Knows dbt's programmatic runner and its result objects. In-process, because every dbt command costs four seconds of
imports and a parse; one process pays them once for both halves of a build (docs/decisions). Must not know Dagster, nor
what any model means.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration import parsed_project
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
    ran_at: str
    # Not part of this build: nothing that it reads is new, so what an earlier build said of it still holds.
    is_kept: bool = False

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
    """Parse the project, unless the same files were parsed before; raises CommandError naming the file that is wrong."""
    export_to_process(settings)
    versions = json.dumps([version(name) for name in ("dbt-core", "dbt-duckdb", "dbt-adapters")])
    name = parsed_project.key(settings.dbt_project_dir, versions)
    kept = parsed_project.read(settings.parsed_dir, name, settings.paths.raw)
    if kept is None:
        manifest, text = _parse_anew(settings)
        parsed_project.keep(settings.parsed_dir, name, manifest, text)
        kept = parsed_project.at(manifest, text, settings.paths.raw)
    return Project(settings, kept.manifest, kept.document)


def _parse_anew(settings: Settings) -> tuple[Any, str]:
    """dbt's own object and the text of its manifest, for a data folder that is nobody's."""
    from dbt.cli.main import dbtRunner

    nobodys = replace(settings, data_dir=parsed_project.ANYWHERE)
    arguments = ["parse", *_common(settings, raw=nobodys.paths.raw)]
    try:
        export_to_process(nobodys)
        with _quiet(), _log(settings) as log:
            done = dbtRunner(callbacks=[log]).invoke(arguments)
    finally:
        export_to_process(settings)
    if not done.success:
        raise CommandError(
            "DBT_PARSE",
            "the dbt project cannot be read",
            str(done.exception),
            "correct the named file; nothing was built or published",
        )
    file = target_dir(settings) / "manifest.json"
    return done.result, file.read_text(encoding="utf-8")


def build(
    project: Project,
    half: str,
    *,
    full_refresh: bool,
    only: Collection[str] | None = None,
    passed: Collection[str] = (),
) -> tuple[list[NodeResult], dict[str, str]]:
    """Build and test one half of the project; results of its nodes, and the compiled SQL of its models.

    Where `only` (ids) is given, other nodes are left as they are. Tests in `passed` (ids) are not run: they are known to
    find nothing.
    """
    from dbt.cli.main import dbtRunner

    now = datetime.now(UTC).isoformat(timespec="seconds")
    nodes = project.manifest["nodes"]
    results = [
        NodeResult(test, "test", nodes[test]["name"], "pass", "its table has no rows", 0, 0.0, now)
        for test in sorted(passed)
        if only is None or test in only
    ]
    compiled: dict[str, str] = {}
    manifest = parsed_project.without(project.parsed, passed)
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    if only is None:
        arguments += ["--selector", half, "--indirect-selection", "buildable"]
    else:
        wanted = {*only} - {*passed}
        if not wanted:
            return results, compiled
        manifest = parsed_project.marked(manifest, wanted)
        tag = f"tag:{parsed_project.WANTED}"
        arguments += ["--select", tag, "--indirect-selection", "empty"]
    if full_refresh:
        arguments.append("--full-refresh")
    try:
        with _quiet(), _log(project.settings) as log:
            done = dbtRunner(manifest=manifest, callbacks=[log]).invoke(
                [*arguments, *_common(project.settings), "--no-write-json"]
            )
    finally:
        release()
    if done.result is None:
        raise CommandError(
            "DBT_FAILED",
            f"dbt could not run the models of {half}",
            str(done.exception),
            f"read {project.settings.logs_dir / 'dbt.log'}; the last good version is still served",
        )
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
                ran_at=now,
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


def _common(settings: Settings, raw: Path | None = None) -> Sequence[str]:
    folder = settings.dbt_project_dir
    variables = json.dumps({"lake": str(raw or settings.paths.raw)})
    return [
        *("--project-dir", str(folder), "--profiles-dir", str(folder)),
        *("--target-path", str(target_dir(settings)), "--log-path", str(settings.logs_dir)),
        *("--vars", variables, "--log-level", "none", "--log-level-file", "none"),
        *("--no-use-colors", "--no-send-anonymous-usage-stats", "--no-version-check"),
    ]


_LOG_BYTES = 10_000_000


@contextlib.contextmanager
def _log(settings: Settings) -> Iterator[Callable[[Any], None]]:
    """What dbt tells, debugging left out, in `dbt.log`: its own writer formats every debug line to throw it away."""
    _leave_debugging_out()
    settings.logs_dir.mkdir(parents=True, exist_ok=True)
    file = settings.logs_dir / "dbt.log"
    if file.exists() and file.stat().st_size > _LOG_BYTES:
        file.replace(file.with_name("dbt.log.1"))
    with open(file, "a", encoding="utf-8", buffering=1) as lines:

        def tell(message: Any) -> None:
            info = message.info
            lines.write(f"{info.ts.ToJsonString()} [{info.level:<5}] {info.msg}\n")

        yield tell


def _leave_debugging_out() -> None:
    """dbt makes a message of each debug event, ten for a node, before it looks whether anybody wants them."""
    from dbt_common.events.base_types import BaseEvent, EventLevel
    from dbt_common.events.event_manager import EventManager
    from dbt_common.events.event_manager_client import ctx_set_event_manager

    class WithoutDebugging(EventManager):
        def fire_event(
            self, e: BaseEvent, level: EventLevel | None = None, *more: Any, **named: Any
        ) -> None:
            if (level or e.level_tag()) != EventLevel.DEBUG:
                super().fire_event(e, level, *more, **named)

    ctx_set_event_manager(WithoutDebugging())


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Whatever dbt prints goes to stderr: stdout belongs to the command's own document."""
    with contextlib.redirect_stdout(sys.stderr):
        yield
