"""The rules of a tracking plan over one event, in plain Python: what dbt must say of keys, types and values.

Knows one declaration and one bag. Must not know SQL, dbt or the product's own code.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

VENDOR = re.compile(r"\$|mp_|utm_|\[|(token|distinct_id|time)$")


def violations(
    properties: dict[str, dict[str, Any]], bag: dict[str, Any], known_keys: set[str], source: str
) -> set[tuple[str, str]]:
    """Pairs of property and rule that the event breaks; `known_keys` are those of the whole plan."""
    found = set()
    for name, declared in properties.items():
        if source in declared.get("sources", [source]) and (rule := _declared(declared, name, bag)):
            found.add((name, rule))
    for key in bag:
        if key in properties or VENDOR.match(key):
            continue
        found.add((key, "additional_property" if key in known_keys else "unplanned_property"))
        if key not in known_keys and not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", key):
            found.add((key, "name_convention"))
        if _fold(key) in {_fold(name) for name in properties}:
            found.add((key, "near_duplicate_name"))
    return found


def _declared(declared: dict[str, Any], name: str, bag: dict[str, Any]) -> str | None:
    required = declared.get("required", False)
    if name not in bag:
        return "required_missing" if required else None
    value = bag[name]
    if value is None:
        if declared.get("nullable", not required):
            return None
        return "required_missing" if required else "type_mismatch"
    fits, value = _typed(declared["type"], value, declared.get("cast", False))
    if not fits:
        return "type_mismatch"
    if "allowed" in declared:
        values = value if isinstance(value, list) else [value]
        if any(item not in declared["allowed"] for item in values):
            return "value_not_allowed"
    if "minimum" in declared and value < declared["minimum"]:
        return "value_not_allowed"
    if "maximum" in declared and value > declared["maximum"]:
        return "value_not_allowed"
    if "pattern" in declared and not re.fullmatch(declared["pattern"], value):
        return "value_not_allowed"
    return None


def _typed(kind: str, value: Any, cast: bool) -> tuple[bool, Any]:
    """Whether the value is of the type, and the value as that type."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "string":
        if cast and (number or isinstance(value, bool)):
            return True, str(value).lower() if isinstance(value, bool) else str(value)
        return isinstance(value, str), value
    if kind in ("integer", "number"):
        if cast and isinstance(value, str):
            try:
                value, number = float(value), True
            except ValueError:
                return False, value
        return number and (kind == "number" or value == int(value)), value
    if kind == "boolean":
        if cast and isinstance(value, str) and value.lower() in ("true", "false"):
            return True, value.lower() == "true"
        return isinstance(value, bool), value
    if kind == "timestamp":
        if cast and number and value >= 0:
            return True, value
        try:
            return isinstance(value, str) and bool(datetime.fromisoformat(value)), value
        except ValueError:
            return False, value
    wanted = {"list": list, "object": dict}.get(kind, object)
    return isinstance(value, wanted), value


def _fold(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
