"""The SQL of models and tests that is the same in every build, and what a build then still needs of the manifest.

Knows which macros ask the warehouse or the build: what reaches none of them is rendered once, right after the parse, and a
build spares dbt most of a node's work, which is templates. Must not know any model by name.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from orchestration.parsed_project import remade

# What a node that reaches one of these says depends on the warehouse as it is, or on how it is built.
_ASKING = {
    f"macro.dbt.{name}" for name in ("is_incremental", "load_relation", "run_query", "statement")
}
# Macros that dbt's adapter calls by name.
_OF_ADAPTER = (
    "alter_column_type",
    "check_schema_exists",
    "create_schema",
    "drop_relation",
    "drop_schema",
    "get_columns_in_relation",
    "list_relations_without_caching",
    "list_schemas",
    "rename_relation",
    "truncate_relation",
)
_ADAPTER = "duckdb"
# With one of these in it dbt would take a text for a template again.
_TEMPLATE = re.compile(r"[{][{%#]|[#}%][}]")


def render(manifest: Any) -> dict[str, str]:
    """Node to SQL, for models and tests whose SQL asks nobody. Call it in the process that has just parsed."""
    from dbt.compilation import Compiler

    compiler = Compiler(_adapter().config)
    nodes = {
        name: node
        for name, node in manifest.nodes.items()
        if node.resource_type in ("model", "test")
        and not _ASKING & _reached(manifest, node.depends_on.macros)
    }
    slim = slimmed(manifest, nodes.values(), ())
    found = {}
    for name, node in nodes.items():
        done = compiler.compile_node(copy.copy(node), slim, {}, write=False)
        if done.compiled_code and not _TEMPLATE.search(done.compiled_code):
            found[name] = done.compiled_code
    return found


def session() -> dict[str, Any]:
    """What the profile sets in each session of the build file. Call it in the process that has just parsed."""
    return dict(_adapter().config.credentials.settings or {})


def _adapter() -> Any:
    from dbt.adapters import factory

    found: Any = factory
    return found.get_adapter_by_type(_ADAPTER)


def told(manifest: Any, nodes: Collection[str], sql: Mapping[str, str]) -> Any:
    """The manifest for a build of these nodes: SQL where a template was, and no macro that none of them needs."""
    every = dict(manifest.nodes)
    for name in nodes:
        if name in sql:
            every[name] = copy.copy(every[name])
            every[name].raw_code = sql[name]
    return slimmed(manifest, (every[name] for name in nodes), sql, nodes=every)


def slimmed(manifest: Any, needing: Iterable[Any], sql: Collection[str], **fields: Any) -> Any:
    """The manifest with the macros that these nodes need: dbt makes an object of each macro twice for each node."""
    roots = {f"macro.dbt.{name}" for name in _OF_ADAPTER}
    ways = set[str]()
    for node in needing:
        if node.unique_id not in sql or node.config.pre_hook or node.config.post_hook:
            roots |= {*node.depends_on.macros}
        way = f"materialization_{node.get_materialization()}"
        ways |= {f"{way}_{_ADAPTER}", f"{way}_default"}
    roots |= {name for name, macro in manifest.macros.items() if macro.name in ways}
    needed = _reached(manifest, roots)
    macros = {name: macro for name, macro in manifest.macros.items() if name in needed}
    return remade(manifest, macros=macros, **fields)


def _reached(manifest: Any, names: Iterable[str]) -> set[str]:
    """These macros and all that they call, however deep."""
    found = set[str]()
    ahead = [*names]
    while ahead:
        name = ahead.pop()
        if name not in found and name in manifest.macros:
            found.add(name)
            ahead += manifest.macros[name].depends_on.macros
    return found
