"""Literal exports with the rows that they must become: one module per family of sources, each with its EXAMPLES.

The exports are the vendors' own (documentation, published samples) or composed from their field lists, so that a reader
is not only held against the demo's generator. Long ones lie in `tests/fixtures/exports/<source>/`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from ingestion.registry import readers

EXPORTS = Path(__file__).parents[2] / "fixtures" / "exports"


@dataclass(frozen=True)
class Example:
    """A literal export of one raw table with the rows that it must become."""

    source: str
    data: str
    table: str
    columns: str  # select list over the raw table
    rows: list[tuple[Any, ...]]
    name: str = "export.json"
    settings: dict[str, Any] | None = (
        None  # the project's settings, where the export cannot be read without
    )

    @property
    def id(self) -> str:
        return f"{self.source}-{self.table}-{self.name}"

    @property
    def is_json(self) -> bool:
        return not self.name.endswith((".csv", ".yml", ".ics", ".tsv"))

    def records(self) -> list[dict[str, Any]]:
        """The records of a JSON export, whatever its shape."""
        value, _ = self._document()
        return value

    def with_records(self, records: list[dict[str, Any]]) -> str:
        """An export of the same shape that holds these records."""
        _, key = self._document()
        if key == "lines":
            return "\n".join(map(json.dumps, records))
        if key == "array":
            return json.dumps(records)
        return json.dumps({**json.loads(self.data), key: records})

    def _document(self) -> tuple[list[dict[str, Any]], str]:
        try:
            value = json.loads(self.data)
        except ValueError:
            return [json.loads(line) for line in self.data.splitlines() if line], "lines"
        if isinstance(value, list):
            return value, "array"
        for key in (*readers()[self.source].page_keys, "data"):
            if isinstance(value.get(key), list):
                return value[key], key
        return [value], "lines"


def fixture(path: str) -> str:
    """The text of an export under `tests/fixtures/exports`."""
    return (EXPORTS / path).read_bytes().decode("utf-8")


def all_examples() -> list[Example]:
    """Every example of every family."""
    families = sorted(module.name for module in iter_modules(__path__))
    return [
        example for family in families for example in import_module(f"{__name__}.{family}").EXAMPLES
    ]
