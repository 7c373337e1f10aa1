"""Run tests whose SQL is known, as dbt judges them, in one session: dbt's own way costs ten times what the query costs.

Knows the SQL of tests, dbt's settings of a test and the build file. Must not know what any test means.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Verdict:
    """What one test found: status, message and count in dbt's words."""

    unique_id: str
    status: str
    message: str
    failures: int | None
    seconds: float


def is_plain(node: Mapping[str, Any]) -> bool:
    """Whether a test only counts rows: one that keeps them in a table is dbt's."""
    config = node.get("config") or {}
    return not config.get("store_failures") and not config.get("store_failures_as")


def run(
    warehouse: Path,
    session: Mapping[str, Any],
    tests: Mapping[str, Mapping[str, Any]],
    sql: Mapping[str, str],
    broken: Collection[str],
) -> Iterator[Verdict]:
    """Verdicts in the order of the tests' ids. A test on a model in `broken` is skipped."""
    import duckdb

    if not tests:
        return
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for name, value in session.items():
            connection.execute(f"set {name} = '{value}'")
        for unique_id, node in sorted(tests.items()):
            if {*broken} & {*node["depends_on"]["nodes"]}:
                yield Verdict(unique_id, "skipped", "", None, 0.0)
            else:
                yield _judged(connection, unique_id, node, sql[unique_id])


def _judged(connection: Any, unique_id: str, node: Mapping[str, Any], rows: str) -> Verdict:
    import duckdb

    config = node["config"]
    count, limit = config["fail_calc"], config.get("limit")
    query = (
        f"select {count}, {count} {config['warn_if']}, {count} {config['error_if']} "  # noqa: S608 the project's own SQL
        f"from ({rows}\n{f'limit {limit}' if limit else ''}) as dbt_internal_test"
    )
    began = time.perf_counter()
    try:
        ((failures, is_warning, is_error),) = connection.execute(query).fetchall()
    except duckdb.Error as error:
        seconds = round(time.perf_counter() - began, 3)
        return Verdict(unique_id, "error", str(error), None, seconds)
    seconds = round(time.perf_counter() - began, 3)
    told = f"Got {failures} result{'' if failures == 1 else 's'}, configured to"
    if is_error and config["severity"].upper() == "ERROR":
        return Verdict(unique_id, "fail", f"{told} fail if {config['error_if']}", failures, seconds)
    if is_warning:
        return Verdict(unique_id, "warn", f"{told} warn if {config['warn_if']}", failures, seconds)
    return Verdict(unique_id, "pass", "", 0, seconds)
