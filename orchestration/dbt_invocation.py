"""Run dbt inside this process and say what each node did.

Knows dbt's programmatic runner and its result objects. In-process, because every dbt command costs four seconds of
imports and a parse; one process pays them once for both halves of a build (docs/decisions). Must not know Dagster, nor
what any model means.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration import compiled_sql, data_tests, parsed_project, selection
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
    """A parsed dbt project: dbt's own object for later runs, the dictionary that others read, SQL that needs no dbt."""

    settings: Settings
    parsed: Any
    manifest: dict[str, Any]
    sql: Mapping[str, str]
    session: Mapping[str, Any]


def parse(settings: Settings) -> Project:
    """Parse the project, unless the same files were parsed before; raises CommandError naming the file that is wrong."""
    export_to_process(settings)
    versions = json.dumps([version(name) for name in ("dbt-core", "dbt-duckdb", "dbt-adapters")])
    name = parsed_project.key(settings.dbt_project_dir, versions)
    kept = parsed_project.read(settings.parsed_dir, name, settings.paths.raw)
    if kept is None:
        found = _parse_anew(settings)
        parsed_project.keep(settings.parsed_dir, name, *found)
        kept = parsed_project.at(*found, settings.paths.raw)
    return Project(settings, kept.manifest, kept.document, kept.sql, kept.session)


def _parse_anew(settings: Settings) -> tuple[Any, str, dict[str, str], dict[str, Any]]:
    """dbt's own object, the text of its manifest, SQL and session, for a data folder that is nobody's."""
    from dbt.cli.main import dbtRunner

    nobodys = replace(settings, data_dir=parsed_project.ANYWHERE)
    arguments = ["parse", *_common(settings, raw=nobodys.paths.raw)]
    try:
        export_to_process(nobodys)
        with _quiet(), _log(settings) as log:
            done = dbtRunner(callbacks=[log]).invoke(arguments)
            if not done.success:
                raise CommandError(
                    "DBT_PARSE",
                    "the dbt project cannot be read",
                    str(done.exception),
                    "correct the named file; nothing was built or published",
                )
            manifest: Any = done.result
            sql, session = compiled_sql.render(manifest), compiled_sql.session()
    finally:
        export_to_process(settings)
    text = (target_dir(settings) / "manifest.json").read_text(encoding="utf-8")
    return manifest, text, sql, session


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
    find nothing. Tests run when all models are there.
    """
    nodes = project.manifest["nodes"]
    wanted = selection.of_half(project.manifest, half)
    if only is not None:
        wanted &= {*only}
    plain = {
        name
        for name in wanted
        if nodes[name]["resource_type"] == "test"
        and name in project.sql
        and data_tests.is_plain(nodes[name])
    }
    now = datetime.now(UTC).isoformat(timespec="seconds")
    results = [
        NodeResult(test, "test", nodes[test]["name"], "pass", "its table has no rows", 0, 0.0, now)
        for test in sorted(wanted & {*passed})
    ]
    built, compiled = _by_dbt(project, half, wanted - plain - {*passed}, full_refresh)
    broken = {node.unique_id for node in built if node.status in ("error", "skipped")}
    verdicts = data_tests.run(
        project.settings.paths.warehouse,
        project.session,
        {name: nodes[name] for name in plain - {*passed}},
        project.sql,
        broken,
    )
    tested = [
        NodeResult(kind="test", name=nodes[found.unique_id]["name"], ran_at=now, **vars(found))
        for found in verdicts
    ]
    return [*results, *built, *tested], compiled


def _by_dbt(
    project: Project, half: str, wanted: Collection[str], full_refresh: bool
) -> tuple[list[NodeResult], dict[str, str]]:
    """What dbt itself has to run: models, and tests that do more than count."""
    from dbt.cli.main import dbtRunner

    results: list[NodeResult] = []
    compiled: dict[str, str] = {}
    if not wanted:
        return results, compiled
    now = datetime.now(UTC).isoformat(timespec="seconds")
    tests = {name for name, node in project.parsed.nodes.items() if node.resource_type == "test"}
    manifest = parsed_project.without(project.parsed, tests - {*wanted})
    manifest = parsed_project.marked(compiled_sql.told(manifest, wanted, project.sql), wanted)
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    arguments += ["--select", f"tag:{parsed_project.WANTED}", "--indirect-selection", "empty"]
    if full_refresh:
        arguments.append("--full-refresh")
    try:
        with _quiet(), _log(project.settings) as log, _as_parsed():
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
def _as_parsed() -> Iterator[None]:
    """Spare a build what the parse has done: a schema to validate each settings file by, and a copy of each statement in
    two files that nobody reads."""
    from dbt.contracts.graph import nodes
    from dbt_common import dataclass_schema

    node: Any = nodes.ParsedNode
    base: Any = dataclass_schema.dbtClassMixin
    schema, write = base.__dict__["json_schema"], node.write_node
    anything: dict[str, Any] = {}
    try:
        base.json_schema = classmethod(lambda cls: anything)
        node.write_node = lambda *arguments: None
        yield
    finally:
        base.json_schema, node.write_node = schema, write


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Whatever dbt prints goes to stderr: stdout belongs to the command's own document."""
    with contextlib.redirect_stdout(sys.stderr):
        yield
