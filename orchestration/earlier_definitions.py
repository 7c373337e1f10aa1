"""Definitions that a KPI had before: kept with their SQL, so that both series can be shown once a definition changes.

Knows the definitions of two versions that follow each other. Must not know what a KPI means, or how it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def number(model: Mapping[str, Any]) -> int:
    """The version of a model's definition; 1 where it says none."""
    return int((model.get("meta") or {}).get("definition_version") or 1)


def with_earlier(
    models: Mapping[str, Any], served: Mapping[str, Any], version: str, day: str
) -> dict[str, Any]:
    """The models of the new version, each KPI with the definitions that it had before, oldest first.

    `served` are the models of the version before. A definition that another one takes the place of says in which version
    and on which day; one that comes back is no longer an earlier one.
    """
    found = {}
    for name, model in models.items():
        before = served.get(name) or {}
        earlier = list(before.get("earlier") or [])
        if model.get("schema") == "kpis" and before and number(before) != number(model):
            earlier.append(
                {
                    "definition_version": number(before),
                    "compiled_sql": before.get("compiled_sql"),
                    "replaced_in": version,
                    "replaced_on": day,
                }
            )
        others = [one for one in earlier if one["definition_version"] != number(model)]
        found[name] = {**model, "earlier": others} if others else dict(model)
    return found
