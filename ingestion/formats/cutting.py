"""Lines of JSON as columns of texts, as DuckDB takes them, without a parser of its own.

Knows: how lines are handed to the compiled part, and how DuckDB reads what it cut. Must not know: JSON's grammar or
sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingestion.spec import DEPTH_LIMIT

try:
    from ingestion.formats import _cutter
except ImportError:  # set up without a C compiler: every line is looked at, with the same result
    _cutter = None  # type: ignore[assignment]

DRAFT, LINE = "__draft", "__row"  # columns beside the wanted ones


@dataclass(frozen=True)
class Cut:
    """The lines that could be cut, and of each piece those that need a closer look, from 0."""

    rows: _cutter.Rows
    suspects: list[list[int]]

    def stream(self) -> Any:
        """An Arrow stream of the wanted columns, of LINE (among all pieces, from 1) and DRAFT; to be read once."""
        return self.rows.stream()

    def column(self, name: str, type_: str) -> str:
        """An expression for the column as DuckDB's reader of JSON gives it."""
        column = '"' + name.replace('"', '""') + '"'
        # as delivered, a bag may have blanks and escapes that the reader does not keep
        return f"json({column})" if type_ == "JSON" else column


class Cutter:
    """Cuts the same columns out of many lines; for any number of threads."""

    def __init__(self, columns: Mapping[str, str]) -> None:
        self._names = tuple(columns)
        self._are_json = bytes(type_ == "JSON" for type_ in columns.values())

    def cut(self, pieces: Sequence[tuple[int, bytes, int]]) -> Cut:
        """The lines of the pieces, each with the number of its draft, its bytes and how many lines these are."""
        whole = tuple(
            (draft, data if data.endswith(b"\n") else data + b"\n", lines)
            for draft, data, lines in pieces
        )
        return Cut(*_cutter.cut(self._names, self._are_json, DEPTH_LIMIT, whole))


def can_cut() -> bool:
    """True where the compiled part was built for this machine."""
    return _cutter is not None


if __name__ == "__main__" and not can_cut():
    print("setup: no C compiler was found; event exports are read line by line, which takes several times as long")  # noqa: T201  # fmt: skip
