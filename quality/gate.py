"""What a gate is: a named judgement at one border, with what it measured and what it allows.

Knows the form of gates and results. Must not know Dagster, nor move or change any data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

HOLD = "hold"
WARN = "warn"

RAW = "raw"
STAGING = "staging"
MARTS = "marts"
BORDERS = (RAW, STAGING, MARTS)


@dataclass(frozen=True)
class GateResult:
    """One verdict. A failed one with severity hold keeps the last good version in place."""

    name: str
    severity: str
    passed: bool
    message: str
    measured: str = ""
    allowed: str = ""
    fix: str = ""

    @property
    def holds(self) -> bool:
        return self.severity == HOLD and not self.passed

    @property
    def status(self) -> str:
        """passed, warned or held."""
        return "passed" if self.passed else ("held" if self.severity == HOLD else "warned")

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {
            "status": self.status
        }


class Database(Protocol):
    """The reading half of a DuckDB connection; the build file is attached as `warehouse`."""

    def execute(self, query: str, parameters: object = ...) -> Any: ...


@dataclass(frozen=True)
class Evidence:
    """What a gate may look at.

    `lake` is the raw folder, `staging` maps a raw (source, table) to its staging relation, `cadences` maps
    (source, project) to the hours within which an owner promised the next delivery, `published_loads` are the loads that
    the version which is served now was made of.
    """

    database: Database
    lake: Path
    staging: Mapping[tuple[str, str], str] = field(default_factory=dict)
    cadences: Mapping[tuple[str, str], float] = field(default_factory=dict)
    published_loads: frozenset[int] = frozenset()

    def rows(
        self, query: str, parameters: Sequence[object] | Mapping[str, object] = ()
    ) -> list[tuple[Any, ...]]:
        """All rows of one query."""
        if isinstance(parameters, Mapping):
            return list(self.database.execute(query, dict(parameters)).fetchall())
        if parameters:
            return list(self.database.execute(query, list(parameters)).fetchall())
        return list(self.database.execute(query).fetchall())

    @property
    def loads_file(self) -> str:
        return str(self.lake / "_ingestion" / "loads" / "load=0" / "part-0.parquet")

    def has_columns(self, relation: str, *names: str) -> bool:
        """Is there such a schema.table in the build file, with all of these columns?"""
        schema, table = relation.split(".")
        found = self.rows(
            "select column_name from information_schema.columns where table_catalog = 'warehouse' "
            "and table_schema = ? and table_name = ?",
            [schema, table],
        )
        return {*names} <= {name for (name,) in found}

    def has(self, relation: str) -> bool:
        """Is there such a schema.table in the build file?"""
        schema, name = relation.split(".")
        return bool(
            self.rows(
                "select 1 from information_schema.tables where table_catalog = 'warehouse' "
                "and table_schema = ? and table_name = ?",
                [schema, name],
            )
        )


@dataclass(frozen=True)
class Gate:
    """One file of `quality/gates/`: its name is the thing that it protects."""

    name: str
    border: str
    severity: str
    protects: str
    check: Callable[[Evidence], list[GateResult]]

    def passed(self, message: str, measured: str = "", allowed: str = "") -> GateResult:
        return GateResult(self.name, self.severity, True, message, measured, allowed)
