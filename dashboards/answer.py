"""The answer to a question: its envelope, how it is written, and the errors that a person can cause.

Knows the public form of an answer. Must not know DuckDB, the catalogue or how a number is computed.
"""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


class UsageError(Exception):
    """The person asked for something that does not exist; `message` names the nearest thing that does."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UnknownQuestion(UsageError):
    """No question has that id."""


class BadParameter(UsageError):
    """A parameter is unknown, of the wrong type, out of its values, or not implemented."""


@dataclass(frozen=True)
class Column:
    """One column of an answer. `unit` is what the number counts: people, events, seconds, rate, score, none."""

    name: str
    type: str
    unit: str | None = None


@dataclass(frozen=True)
class Answer:
    """Everything a reader needs to trust a number, the number included."""

    question: str
    params: dict[str, Any]
    columns: list[Column]
    rows: list[dict[str, Any]]
    summary: dict[str, Any]
    definition: str
    definition_version: str
    data_version: str
    freshness: list[dict[str, Any]]
    quality: dict[str, Any]
    sql: str
    caveats: list[str] = field(default_factory=list)
    differences: list[dict[str, Any]] | None = None  # side by side with the dialects, when asked

    def to_dict(self) -> dict[str, Any]:
        """The public JSON form, free of nan and inf."""
        found = {
            "question": self.question,
            "params": plain(self.params),
            "columns": [{"name": c.name, "type": c.type, "unit": c.unit} for c in self.columns],
            "rows": [plain(row) for row in self.rows],
            "summary": plain(self.summary),
            "definition": self.definition,
            "definition_version": self.definition_version,
            "data_version": self.data_version,
            "freshness": plain(self.freshness),
            "quality": plain(self.quality),
            "sql": self.sql,
            "caveats": list(self.caveats),
        }
        return (
            found if self.differences is None else found | {"differences": plain(self.differences)}
        )

    def to_json(self) -> str:
        """One JSON document."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False, indent=1)

    def to_csv(self) -> str:
        """The rows with a header; text that a spreadsheet would run as a formula is neutralised, numbers stay numbers."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow([column.name for column in self.columns])
        for row in self.rows:
            writer.writerow([_cell(plain(row.get(column.name))) for column in self.columns])
        return text.getvalue()

    def to_table(self) -> str:
        """The rows for a terminal, with the summary and the caveats below."""
        from dashboards import terminal

        return terminal.table(self)


def plain(value: Any) -> Any:
    """A JSON value: times in ISO 8601, nan and inf as null, containers walked."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "__float__"):
        return plain(float(value))
    return str(value)


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    # ASVS 1.2.10: a leading quote is what spreadsheets strip again, so the text survives a round trip.
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r", "\0"):
        return "'" + value
    return value
