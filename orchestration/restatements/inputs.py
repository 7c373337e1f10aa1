"""What a version was made of besides its loads: the company's files and the SQL of the models, each with its hash.

Knows the two folders and `inputs.json` of a version. Must not know what a file means.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.build_state import IGNORED_FILES
from orchestration.durable import read_json
from orchestration.parsed_project import TOOL_FOLDERS
from orchestration.settings import Settings

FILE = "inputs.json"


@dataclass(frozen=True)
class Inputs:
    """Name to hash, of the company's files and of the models' SQL."""

    company: Mapping[str, str]
    models: Mapping[str, str]

    def as_dict(self) -> dict[str, dict[str, str]]:
        return {"company": dict(self.company), "models": dict(self.models)}


def of_workspace(settings: Settings) -> Inputs:
    """What the build that is about to be published was made of."""
    return Inputs(
        company=_hashes(settings.company_dir, ""),
        models=_hashes(settings.dbt_project_dir, ".sql"),
    )


def of_version(folder: Path) -> Inputs | None:
    """What a published version was made of; none where it is from before the ledger."""
    document = read_json(folder / FILE)
    if document is None:
        return None
    company, models = document.get("company"), document.get("models")
    return Inputs(
        company=company if isinstance(company, dict) else {},
        models=models if isinstance(models, dict) else {},
    )


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Files that were added, removed or have another content."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def _hashes(folder: Path, ending: str) -> dict[str, str]:
    found = {}
    for file in sorted(folder.rglob(f"*{ending}")):
        inside = file.relative_to(folder)
        is_tools = file.name in IGNORED_FILES or TOOL_FOLDERS & set(inside.parts)
        if not is_tools and file.is_file():
            found[inside.as_posix()] = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    return found
