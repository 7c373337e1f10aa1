"""A warehouse to build in tests: raw rows written as loads, dbt run in this process, results read back.

Knows the raw zone's layout and the dbt project. Must not know any model's SQL.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest

from ingestion.contract import all_contracts
from ingestion.landing import DataPaths
from ingestion.load import FileRequest, IngestSettings, ingest
from ingestion.manifest import Manifest
from ingestion.rawzone import LOADS_COLUMNS, ensure_raw_schema
from orchestration.dbt_invocation import Project, parse
from orchestration.model_lint import KPI_COLUMNS
from orchestration.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "dbt_project"


@functools.cache
def _memory() -> duckdb.DuckDBPyConnection:
    """Opening a DuckDB costs more than a test's other steps together; what writes Parquet needs only one."""
    return duckdb.connect()


@dataclass(frozen=True)
class Delivery:
    """An export in text, the project that it goes to, and the settings that it needs."""

    source: str
    name: str
    data: str
    project: str = "p"
    settings: dict[str, Any] | None = None


class Warehouse:
    """A data folder with raw tables that tests fill, and the dbt project built on it.

    The project is parsed once for all warehouses: `lake` is a link that is turned to the warehouse at work.
    """

    lake: Path
    project: Project | None = None

    def __init__(self, root: Path) -> None:
        self.paths = DataPaths(root)
        self.target = root / "target"
        self.loads: dict[int, tuple[str, str, str, str]] = {}
        self.compiled: dict[str, str] = {}  # SQL of the models that were built or tested last
        self._built: duckdb.DuckDBPyConnection | None = None
        shutil.copytree(self._empty(), self.paths.raw)

    @classmethod
    def _empty(cls) -> Path:
        """A raw zone with every table and no rows, made once."""
        empty = DataPaths(cls.lake.with_name("empty"))
        if not empty.raw.exists():
            ensure_raw_schema(empty)
        return empty.raw

    def load(
        self,
        source: str,
        table: str,
        rows: list[dict],
        project: str = "app",
        load_id: int | None = None,
    ) -> int:
        """Writes rows as one live load; `_key`, `_second` and `_second_at` override the contract's identity."""
        number = load_id or max(self.loads, default=0) + 1
        contract = all_contracts()[source]
        spec = contract.table(table)
        full = [
            self._system(source, spec, project, number, line, row)
            for line, row in enumerate(rows, 1)
        ]
        self._write(self.paths.load_dir(source, table, number), contract.raw_types(spec), full)
        self.loads[number] = (source, project, table, "live")
        return number

    def take_in(self, inbox: Path, files: Iterable[Delivery]) -> None:
        """Files as ingestion reads them: those without settings in one call, the others in one more."""
        plain: list[FileRequest] = []
        declared: list[FileRequest] = []
        settings: dict[str, dict[str, Any]] = {}
        for number, file in enumerate(files):
            path = inbox / str(number) / file.name
            path.parent.mkdir(parents=True)
            path.write_text(file.data)
            (declared if file.settings else plain).append(
                FileRequest(path, file.source, file.project)
            )
            if file.settings:
                projects = settings.setdefault(file.source, {"projects": {}})["projects"]
                assert projects.setdefault(file.project, file.settings) == file.settings
        reports = ingest(self.paths, plain)
        reports += ingest(self.paths, declared, IngestSettings(settings))
        assert {report.status for report in reports} == {"loaded"}, reports
        self.use_manifest()

    def use_manifest(self) -> None:
        """From now on the loads are those that ingestion has committed."""
        with Manifest(self.paths.manifest) as manifest:
            self.loads = {
                load.load_id: (load.source, load.project, load.table_name, load.state)
                for load in manifest.loads()
            }

    def declare(self, table: str, rows: list[dict]) -> None:
        """Replaces one table of the company's declarations."""
        contract = all_contracts()["company"]
        types = contract.raw_types(contract.table(table))
        self._write(self.paths.load_dir("company", table, 0), types, rows)

    def supersede(self, load_id: int) -> None:
        """Marks a load as replaced by a newer file."""
        source, project, table, _ = self.loads[load_id]
        self.loads[load_id] = (source, project, table, "superseded")

    def dbt(self, *arguments: str) -> bool:
        """Runs dbt here and lets go of the warehouse file; true when all went well."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        self.close()
        self._export_loads()
        parsed = self._parsed()
        self.lake.unlink(missing_ok=True)
        self.lake.symlink_to(self.paths.raw)
        os.environ["PRODUCTOPS_WAREHOUSE"] = str(self.paths.warehouse)
        common = [
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(self.target), "--log-path", str(self.target)),
            *("--log-level", "error", "--log-level-file", "none", "--no-write-json"),
            *("--vars", json.dumps({"lake": str(self.lake)})),
        ]
        try:
            result = dbtRunner(manifest=parsed).invoke([*arguments, *common])
        finally:
            DuckDBConnectionManager.close_all_connections()
            del os.environ["PRODUCTOPS_WAREHOUSE"]
        for done in getattr(result.result, "results", None) or ():
            code = getattr(done.node, "compiled_code", None)
            if code:
                self.compiled[done.node.name] = code
        return result.success

    @classmethod
    def _parsed(cls):
        """The project as any build keeps it: parsed once for all processes, as long as its files stay the same."""
        if cls.project is None:
            surroundings = dict(os.environ)
            try:
                cls.project = parse(load_settings({"PRODUCTOPS_DATA": str(cls.lake.parent)}))
            finally:
                os.environ.clear()
                os.environ.update(surroundings)
        return cls.project.parsed

    def build(self, *arguments: str) -> None:
        """Builds models without their tests."""
        assert self.dbt("run", *arguments)

    def rows(self, query: str, as_of: str | None = None) -> list[tuple]:
        """Rows of a query on the built file, as of an instant where one is given."""
        if self._built is None:
            self._built = duckdb.connect(str(self.paths.warehouse), read_only=True)
            self._built.execute("set global timezone = 'UTC'")
        with self._built.cursor() as con:
            if as_of:
                con.execute(f"set variable as_of = '{as_of}'")
            return con.execute(query).fetchall()

    def close(self) -> None:
        """Lets go of the built file; dbt wants it for itself."""
        if self._built is not None:
            self._built.close()
            self._built = None

    def manifest(self) -> dict:
        """What dbt knows of the project."""
        self._parsed()
        return self.project.manifest

    def kpi(
        self, model: str, as_of: str | None = None, period: str = "quarter"
    ) -> dict[tuple[str, str], dict]:
        """A KPI told again from its compiled SQL, by variant and period start, as the published reader does it."""
        sql = self.compiled[model]
        told = self.rows(
            f"select {', '.join(KPI_COLUMNS)} from ({sql}) where period = '{period}'", as_of
        )
        return {(row[2], str(row[4])): dict(zip(KPI_COLUMNS, row, strict=True)) for row in told}

    def _system(self, source: str, spec, project: str, load_id: int, line: int, row: dict) -> dict:
        own = {name: value for name, value in row.items() if not name.startswith("_")}
        payload = hashlib.md5(json.dumps(own, sort_keys=True, default=str).encode()).hexdigest()
        key = (
            row.get("_key")
            or ",".join(str(row.get(name)) for name in spec.identity)
            or f"#{payload}"
        )
        return {
            "_load_id": load_id,
            "_project": project,
            "_member": "",
            "_line": line,
            "_identity": f"{source}|{project}|{key}",
            "_second_identity": row.get("_second"),
            "_second_at": row.get("_second_at"),
            "_payload_hash": row.get("_hash", payload),
            "_flags": row.get("_flags", ""),
            **own,
        }

    def _write(self, folder: Path, types: dict[str, str], rows: list[dict]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        unknown = {name for row in rows for name in row} - set(types)
        assert not unknown, f"no such raw columns: {unknown}"
        # One statement for all rows: to bind a row costs as much as to write the file.
        values = [[_bound(row.get(name)) for row in rows] for name in types]
        columns = ", ".join(f'unnest(?::{type_}[]) as "{name}"' for name, type_ in types.items())
        with _memory().cursor() as con:
            con.execute(f"create temp table raw as select {columns}", values)
            con.execute(f"copy raw to '{folder / 'part-0.parquet'}' (format parquet)")

    def _export_loads(self) -> None:
        names = ("load_id", "source", "project", "table_name", "state")
        rows = [
            dict(zip(names, (number, *load), strict=True)) for number, load in self.loads.items()
        ]
        self._write(self.paths.load_dir("_ingestion", "loads", 0), LOADS_COLUMNS, rows)


def _bound(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


@pytest.fixture(scope="session")
def delivery() -> type[Delivery]:
    return Delivery


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """One company with a bit of everything, built once for all tests that only read."""
    Warehouse.lake = tmp_path_factory.mktemp("lake") / "raw"
    built = Warehouse(tmp_path_factory.mktemp("story"))
    for part in ("story", "shipping_story"):
        _part(part).tell(built)
    built.build()
    yield built


class MadeTables:
    """Tables of the told story's form, filled by hand, on which a compiled model is run alone: random histories cost no build."""

    def __init__(self, told: Warehouse) -> None:
        self.compiled = told.compiled
        self.con = duckdb.connect()
        self.con.execute("set timezone = 'UTC'")
        self.con.execute(f"attach '{told.paths.warehouse}' as told (read_only)")
        self.con.execute("attach ':memory:' as warehouse")

    def fill(self, **tables: list[dict]) -> None:
        """Replaces tables, named `layer__table`, by these rows; columns that a row leaves out are null."""
        for name, rows in tables.items():
            table = name.replace("__", ".", 1)
            self.con.execute(f"create schema if not exists warehouse.{table.partition('.')[0]}")
            self.con.execute(
                f"create or replace table warehouse.{table} as from told.{table} limit 0"
            )
            if rows:  # one statement for all rows: each costs as much as the rest together
                columns = list(dict.fromkeys(column for row in rows for column in row))
                marks = f"({', '.join('?' * len(columns))})"
                self.con.execute(
                    f"insert into warehouse.{table} ({', '.join(columns)}) values {', '.join([marks] * len(rows))}",
                    [row.get(column) for row in rows for column in columns],
                )

    def take(self, built: Warehouse, *tables: str) -> None:
        """Replaces tables, named `layer.table`, by those that another warehouse has built."""
        self.con.execute(f"attach '{built.paths.warehouse}' as built (read_only)")
        for table in tables:
            self.con.execute(f"create schema if not exists warehouse.{table.partition('.')[0]}")
            self.con.execute(f"create or replace table warehouse.{table} as from built.{table}")
        self.con.execute("detach built")

    def run(self, model: str, as_of: str | None = None) -> list[dict]:
        """The rows of a compiled model on what was filled in."""
        if as_of:
            self.con.execute(f"set variable as_of = '{as_of}'")
        told = self.con.execute(self.compiled[model])
        names = [column[0] for column in told.description]
        return [dict(zip(names, row, strict=True)) for row in told.fetchall()]


@pytest.fixture(scope="module")
def made(story) -> Iterator[MadeTables]:
    """Tables to fill by hand."""
    tables = MadeTables(story)
    with tables.con:
        yield tables


def _part(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
