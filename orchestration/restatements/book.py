"""The ledger's rows: written with each version, all that were there before included.

Knows the file beside a version's warehouse, its columns (declared by the reader) and how the rows of a publish or of a
rollback come together. Must not know what a metric means nor decide whether a version is good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboards.ledger import COLUMNS, FILE
from orchestration.restatements import causes, comparison
from orchestration.restatements.comparison import Difference
from orchestration.restatements.inputs import Inputs, of_version

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Entry:
    """One number of a closed period that changed, as the ledger keeps it."""

    difference: Difference
    cause: str
    detail: str

    def as_dict(self) -> dict[str, Any]:
        row = {**asdict(self.difference), "cause": self.cause, "detail": self.detail}
        row["period_start"] = self.difference.period_start.isoformat()
        return row


def is_readable(folder: Path) -> bool:
    """Whether a version can be compared with. A damaged one is replaced by a publish or a rollback, which must not fail."""
    import duckdb

    try:
        with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
            comparison.closed_before(connection, "warehouse")
    except duckdb.Error:
        return False
    return True


def entries(
    connection: duckdb.DuckDBPyConnection,
    served: Path,
    after: str,
    inputs: Inputs | None,
    models: tuple[Mapping[str, Any], Mapping[str, Any]],
) -> list[Entry]:
    """What the attached catalog `after` restates of the version in the folder `served`, and why; `models` of both."""
    connection.execute(f"attach '{_literal(served / 'warehouse.duckdb')}' as served (read_only)")
    try:
        found = comparison.differences(connection, "served", after)
        if not found:
            return []
        known = causes.evidence(connection, "served", after, (of_version(served), inputs), models)
        return [Entry(difference, *known.why(difference)) for difference in found]
    finally:
        connection.execute("drop table if exists moved")
        connection.execute("detach served")


def rolled_back(served: Path, target: Path) -> list[Entry]:
    """What a rollback from one version to another does to the numbers of closed periods."""
    import duckdb

    with duckdb.connect(":memory:") as connection:
        for name, folder in (("served", served), ("target", target)):
            connection.execute(
                f"attach '{_literal(folder / 'warehouse.duckdb')}' as {name} (read_only)"
            )
        return [
            Entry(difference, "rollback", f"rolled back to {target.name}")
            for difference in comparison.differences(connection, "served", "target")
        ]


def write(folder: Path, served: Path | None, version: str, found: Iterable[Entry]) -> None:
    """The ledger of a new version in its folder: the rows of the version served until now, and the new ones."""
    import duckdb

    at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    declared = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"create table told ({declared})")
        if served is not None and (served / FILE).is_file():
            connection.execute(
                f"insert into told by name select * from read_parquet('{_literal(served / FILE)}')"  # noqa: S608 our own path
            )
        values = [
            {
                **entry.as_dict(),
                "version": version,
                "previous_version": served.name if served else None,
                "at": at,
            }
            for entry in found
        ]
        if values:
            lists = ", ".join(f"unnest(?::{kind}[])" for kind in COLUMNS.values())
            connection.execute(
                f"insert into told select {lists}",
                [[row[name] for row in values] for name in COLUMNS],
            )
        connection.execute(
            f"copy told to '{_literal(folder / FILE)}' (format parquet, compression zstd)"
        )


def _literal(path: Path) -> str:
    return str(path).replace("'", "''")
