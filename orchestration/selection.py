"""Which models and tests have something to do, told from what they read.

Knows dbt's manifest: the raw tables that a model reads, and what is built from it. dbt's own selectors for this do not fit:
`source_status:fresher+` sees a newer row but no replaced load, and all of staging reads the table of loads. Must not know
what any model means, nor how to run it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

Table = tuple[str, str]
"""A raw table: its source and its name."""

# One row per load of any table. A model that reads another raw table reads of it only that table's loads.
LOADS: Table = ("_ingestion", "loads")

# Generic tests that find nothing in a table without rows, whatever their arguments.
_ABOUT_ROWS = {"unique_grain", "between", "accepted_values", "not_null", "unique"}


def fed_by(manifest: dict[str, Any], news: Collection[Table]) -> set[str]:
    """Ids of all models that are built from one of these raw tables, however far away, and of the tests on them."""
    nodes = manifest["nodes"]
    fed = {name for name, reads in _raw_reads(manifest).items() if reads & set(news)}
    children: dict[str, set[str]] = {}
    for name, node in nodes.items():
        for parent in node["depends_on"]["nodes"]:
            children.setdefault(parent, set()).add(name)
    ahead = list(fed)
    while ahead:
        below = children.get(ahead.pop(), set()) - fed
        fed |= below
        ahead += below
    return {name for name in fed if nodes[name]["resource_type"] in ("model", "test")}


def of_half(manifest: dict[str, Any], half: str) -> set[str]:
    """Ids of the models and tests that one half of a build runs: those of staging, or all others."""
    return {
        name
        for name, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "test")
        and (node["fqn"][1] == "staging") == (half == "staging")
    }


def tests_without_rows(manifest: dict[str, Any], layer: str, empty: Collection[Table]) -> set[str]:
    """Ids of tests on models of this layer whose rows come from nothing but `empty` raw tables."""
    nodes = manifest["nodes"]
    without_rows = {
        name
        for name, reads in _raw_reads(manifest).items()
        if nodes[name]["fqn"][1] == layer
        and reads <= set(empty)
        and all(above in manifest["sources"] for above in nodes[name]["depends_on"]["nodes"])
    }
    return {
        name
        for name, node in nodes.items()
        if node["resource_type"] == "test"
        and (node.get("test_metadata") or {}).get("name") in _ABOUT_ROWS
        and node["depends_on"]["nodes"]
        and set(node["depends_on"]["nodes"]) <= without_rows
    }


def _raw_reads(manifest: dict[str, Any]) -> dict[str, set[Table]]:
    """Of each model that reads raw tables itself: which rows it reads, by table."""
    tables = {
        name: (source["source_name"], source["name"])
        for name, source in manifest["sources"].items()
    }
    found = {}
    for name, node in manifest["nodes"].items():
        if node["resource_type"] == "model":
            reads = {tables[above] for above in node["depends_on"]["nodes"] if above in tables}
            if reads:
                found[name] = reads - {LOADS} or reads
    return found
