"""Which models carry product events, and which events each of them takes.

Knows dbt's manifest, the mark `carries: product_events` of the model where all events meet, any other `carries` as the end
of the way (the clock of the data is made of events too, and no number is wrong for it), and how DuckDB reads a statement. Must not know any model by name. What a statement takes is read from its `where`: names that `event_name` is
compared with, `is_active_event`, `is_value_event`; a statement without such a condition takes every event.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

MARK = "product_events"
NAMES = ("event_name", "source_event_name")
FLAGS = {"is_active_event": "active", "is_value_event": "value"}


def event_lineage(manifest: dict[str, Any], compiled: dict[str, str]) -> dict[str, Any]:
    """For each model that events reach: its layer, the models above it that carry events, and what it takes itself."""
    import duckdb

    models = {
        unique_id: node
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
    }
    reached = _reached(models)
    found = {}
    with duckdb.connect() as connection:
        for unique_id in sorted(reached, key=lambda name: models[name]["name"]):
            node = models[unique_id]
            above = [parent for parent in node["depends_on"]["nodes"] if parent in reached]
            statement = compiled.get(node["name"]) if above else None
            found[node["name"]] = {
                "layer": node["fqn"][1],
                "parents": sorted(models[parent]["name"] for parent in above),
                "takes": taken(connection, statement) if statement else {},
            }
    return found


def taken(connection: duckdb.DuckDBPyConnection, statement: str) -> dict[str, Any]:
    """`{"names": […], "flags": […]}` of a statement's conditions; empty where it takes every event."""
    text = connection.execute("select json_serialize_sql(?)", [statement]).fetchall()[0][0]
    names, flags = set[str](), set[str]()
    for condition in _conditions(json.loads(text)):
        names |= _names(condition)
        flags |= {FLAGS[column] for column in _columns(condition) if column in FLAGS}
    found = {"names": sorted(names), "flags": sorted(flags)}
    return {key: value for key, value in found.items() if value}


def _reached(models: dict[str, Any]) -> set[str]:
    """The marked models and all that is built from them, however far away."""
    found = {name for name, node in models.items() if _carries(node) == MARK}
    ends = {name for name, node in models.items() if _carries(node) not in (None, MARK)}
    while True:
        more = {
            name
            for name, node in models.items()
            if name not in found | ends and found & set(node["depends_on"]["nodes"])
        }
        if not more:
            return found
        found |= more


def _carries(node: dict[str, Any]) -> Any:
    config = node.get("config") or {}
    return {**(config.get("meta") or {}), **(node.get("meta") or {})}.get("carries")


def _conditions(tree: Any) -> Iterator[dict[str, Any]]:
    """Each part of each `where`, at any depth; the parts of an `and` one by one."""
    if isinstance(tree, list):
        for item in tree:
            yield from _conditions(item)
    elif isinstance(tree, dict):
        if tree.get("where_clause"):
            yield from _parts(tree["where_clause"])
        for value in tree.values():
            yield from _conditions(value)


def _parts(condition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if condition.get("type") == "CONJUNCTION_AND":
        for child in condition["children"]:
            yield from _parts(child)
    else:
        yield condition


def _names(condition: dict[str, Any]) -> set[str]:
    """The texts that the name of an event is compared with."""
    kind = condition.get("type")
    if kind == "CONJUNCTION_OR":
        each = [_names(child) for child in condition["children"]]
        return set().union(*each) if all(each) else set()
    if kind == "COMPARE_IN":
        parts = condition["children"]
    elif kind == "COMPARE_EQUAL":
        parts = [condition["left"], condition["right"]]
    else:
        return set()
    if not any(_column(part) in NAMES for part in parts):
        return set()
    return {
        str(part["value"]["value"])
        for part in parts
        if part.get("class") == "CONSTANT" and not part["value"]["is_null"]
    }


def _columns(condition: dict[str, Any]) -> set[str]:
    """Columns that a condition wants to be true; what is denied restricts to the others, so it says nothing."""
    if condition.get("type") == "COLUMN_REF":
        return {_column(condition)}
    return set()


def _column(part: dict[str, Any]) -> str:
    return str(part["column_names"][-1]) if part.get("type") == "COLUMN_REF" else ""
