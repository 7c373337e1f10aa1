"""Tests on models whose sources delivered nothing are known to pass; all others run."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.selection import tests_without_rows as found

EMPTY = {("jira", "issues"), ("jira", "changelogs")}


def source(name: str, table: str) -> dict[str, Any]:
    return {"source_name": name, "name": table}


def model(layer: str, *reads: str) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "fqn": ["productops", layer, "m"],
        "depends_on": {"nodes": list(reads)},
    }


def test_on(name: str | None, *models: str) -> dict[str, Any]:
    about = {"name": name} if name else None
    return {"resource_type": "test", "test_metadata": about, "depends_on": {"nodes": list(models)}}


test_on.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("reads", "test", "is_left_out"),
    [
        (("s.issues", "s.loads"), "unique_grain", True),
        (("s.issues", "s.changelogs", "s.loads"), "between", True),
        (("s.issues", "s.tickets", "s.loads"), "unique_grain", False),
        (("s.loads",), "unique_grain", False),
        (("s.issues", "m.other"), "unique_grain", False),
        (("s.issues", "s.loads"), "one_row", False),
        (("s.issues", "s.loads"), None, False),
    ],
    ids=[
        "one empty table",
        "two empty tables",
        "one of two tables has rows",
        "the table of loads itself",
        "another model besides",
        "a test that an empty table fails",
        "a test written as a query",
    ],
)
def test_only_tests_that_find_nothing_in_no_rows_are_left_out(
    reads: tuple[str, ...], test: str | None, is_left_out: bool
) -> None:
    manifest = {
        "sources": {
            "s.issues": source("jira", "issues"),
            "s.changelogs": source("jira", "changelogs"),
            "s.tickets": source("zendesk", "tickets"),
            "s.loads": source("_ingestion", "loads"),
        },
        "nodes": {"m.one": model("staging", *reads), "t.one": test_on(test, "m.one")},
    }
    assert found(manifest, "staging", EMPTY) == ({"t.one"} if is_left_out else set())
    assert found(manifest, "published", EMPTY) == set(), "the other half"
