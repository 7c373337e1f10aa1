"""dbt's parsed project, kept by the content of its files: a build in another data folder does not parse again.

Knows that a parse depends on the project's files and on versions, and that of the data folder only the raw zone's path
goes into it, which is put in afterwards. Must not know how to parse, nor what any model means.
"""

from __future__ import annotations

import copy
import dataclasses
import gc
import hashlib
import json
import os
import pickle
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Parsed with this data folder, which is nobody's; `at` puts the real one in its place.
ANYWHERE = Path("/productops-data-folder")

# The tag of what a build that leaves the rest alone has to run.
WANTED = "productops_wanted"

# Results of tools; they are never input to a parse or a build.
TOOL_FOLDERS = {"target", "logs", "dbt_packages", "__pycache__"}
# Projects; ours is 5 MB, those of most tests 1 MB. Tests and people who edit models make new ones all the time: with few places
# they would put out the one that everybody uses, whose parse takes ten seconds.
_KEPT = 40


@dataclass(frozen=True)
class Parsed:
    """dbt's own object for later runs, the dictionary that others read, and what else a build need not ask dbt for."""

    manifest: Any
    document: dict[str, Any]
    sql: Mapping[str, str]  # of models and tests, where it is the same in every build
    session: Mapping[str, Any]  # what the profile sets in each session


def key(project: Path, versions: str) -> str:
    """Names and bytes of all files of the project, and of all that parses it."""
    digest = hashlib.sha256(f"{sys.version}\n{versions}\n".encode())
    for file in sorted(project.rglob("*")):
        inside = file.relative_to(project)
        if not TOOL_FOLDERS & set(inside.parts) and file.is_file() and file.name != ".user.yml":
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"{inside.as_posix()}:{content}\n".encode())
    return digest.hexdigest()[:32]


def read(folder: Path, name: str, raw: Path) -> Parsed | None:
    """What was kept under this key, told where the raw zone is; none where nothing or nothing whole is there."""
    file = folder / f"{name}.pickle"
    try:
        content = file.read_bytes()
        os.utime(file)
    except OSError:
        return None
    collecting = gc.isenabled()
    gc.disable()  # a collection after every few thousand new objects triples the time
    try:
        # Our own file, beside our own code, written by the same user.
        parts, text, sql, session = pickle.loads(content)
    except (pickle.UnpicklingError, AttributeError, EOFError, ImportError, ValueError):
        return None
    finally:
        if collecting:
            gc.enable()
    from dbt.contracts.graph.manifest import Manifest

    return at(Manifest(**parts), text, sql, session, raw)


def keep(
    folder: Path,
    name: str,
    manifest: Any,
    text: str,
    sql: Mapping[str, str],
    session: Mapping[str, Any],
) -> None:
    """Write it for the next process; a folder that cannot be written to only costs the next parse."""
    # `files` serves only dbt's partial parsing.
    parts = {name: value for name, value in _fields(manifest).items() if name != "files"}
    file = folder / f"{name}.pickle"
    beside = file.with_name(f".{name}.{os.getpid()}.tmp")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(pickle.dumps((parts, text, sql, session), protocol=5))
        os.replace(beside, file)
        for old in sorted(folder.glob("*.pickle"), key=_last_used, reverse=True)[_KEPT:]:
            old.unlink(missing_ok=True)
    except OSError:
        beside.unlink(missing_ok=True)


def at(
    manifest: Any, text: str, sql: Mapping[str, str], session: Mapping[str, Any], raw: Path
) -> Parsed:
    """The project parsed for `ANYWHERE`, told to read the raw zone at `raw`."""
    before, after = str(ANYWHERE / "raw"), str(raw).replace("'", "''")  # it stands in SQL quotes
    for source in manifest.sources.values():
        location = source.config.get("external_location")
        if location:
            source.config["external_location"] = location.replace(before, after)
        if source.relation_name:
            source.relation_name = source.relation_name.replace(before, after)
    quoted = json.dumps(after)[1:-1]
    here = {name: query.replace(before, after) for name, query in sql.items()}
    return Parsed(manifest, json.loads(text.replace(before, quoted)), here, session)


def marked(manifest: Any, wanted: Collection[str]) -> Any:
    """The manifest with the tag WANTED on these nodes; the one given stays as it is.

    To name them one by one costs dbt a search through all nodes for each.
    """
    nodes = dict(manifest.nodes)
    for name in wanted:
        nodes[name] = copy.copy(nodes[name])
        nodes[name].tags = [*nodes[name].tags, WANTED]
    return remade(manifest, nodes=nodes)


def without(manifest: Any, nodes: Collection[str]) -> Any:
    """The manifest less some nodes; the one given stays whole."""
    if not nodes:
        return manifest
    kept = {name: node for name, node in manifest.nodes.items() if name not in nodes}
    return remade(manifest, nodes=kept)


def remade(manifest: Any, **changed: Any) -> Any:
    """The manifest with some fields changed; the one given stays as it is."""
    return type(manifest)(**{**_fields(manifest), **changed})


def _fields(manifest: Any) -> dict[str, Any]:
    """Field by field: the manifest's own pickling and copying (dbt 1.11) leaves one out and mixes up the rest."""
    return {
        field.name: getattr(manifest, field.name)
        for field in dataclasses.fields(manifest)
        if not field.name.startswith("_")
    }


def _last_used(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0.0
