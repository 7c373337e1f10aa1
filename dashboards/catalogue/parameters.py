"""Typed parameters: text or JSON values in, checked values out.

Knows the types a parameter may have and how a wrong value is explained. Must not know the data; whether an event or a
project exists is checked by `ask`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dashboards.answer import BadParameter

OPERATORS = (
    "eq",
    "ne",
    "in",
    "not_in",
    "gt",
    "gte",
    "lt",
    "lte",
    "contains",
    "not_contains",
    "regex",
    "set",
    "not_set",
)
OWNERS = ("event", "person", "account")  # whose property a condition reads
DURATION = re.compile(r"^(\d+)([smhdw])$")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
LONGEST = 10_000  # characters of one value; longer ones are a mistake or an attack


@dataclass(frozen=True)
class Parameter:
    """One declared parameter."""

    name: str
    type: str
    default: Any = None
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    describes: str = ""


@dataclass(frozen=True)
class Condition:
    """One condition on a property of the event, of the person or of the event's account."""

    property: str
    op: str
    value: Any
    of: str


@dataclass(frozen=True)
class Selector:
    """Which events: names (none = any active event) and conditions on them."""

    names: tuple[str, ...]
    where: tuple[Condition, ...] = ()
    anchored: bool = False  # of a step of a funnel in any order: it keeps its place

    @property
    def label(self) -> str:
        """How the selector is named on an answer."""
        text = " or ".join(self.names) if self.names else "any active event"
        return f"{text} (filtered)" if self.where else text


def nearest(text: str, known: Sequence[str]) -> str | None:
    """The known value that is written most like `text`."""
    from rapidfuzz import fuzz, process

    if not known:
        return None
    found = process.extractOne(text[:200].lower(), known, scorer=fuzz.WRatio, processor=str.lower)
    return found[0] if found else None


def parse(parameter: Parameter, given: Any) -> Any:
    """The checked value of one parameter; raises BadParameter with the nearest valid one."""
    if isinstance(given, str) and len(given) > LONGEST:
        raise BadParameter(f"`{parameter.name}` is longer than {LONGEST} characters")
    return TYPES[parameter.type](parameter, given)


def conditions(name: str, given: Any) -> tuple[Condition, ...]:
    """A JSON list of conditions."""
    data = _json(name, given)
    if isinstance(data, dict):
        data = [data]
    if not isinstance(data, list):
        raise BadParameter(
            f'`{name}` is a JSON list of conditions like {{"property": "plan", "op": "eq", "value": "pro"}}'
        )
    return tuple(_condition(name, item) for item in data)


def selector(name: str, given: Any) -> Selector:
    """A name, {"event": …} or {"any_of": […]}, with optional conditions."""
    data = given
    if isinstance(given, str) and given.lstrip()[:1] in ("{", "["):
        data = _json(name, given)
    if isinstance(data, str) and data.strip():
        return Selector((data,))
    if not isinstance(data, dict):
        raise BadParameter(
            f'`{name}` is an event name, {{"event": "x"}} or {{"any_of": ["x", "y"]}}'
        )
    _known_keys(name, data, ("event", "any_of", "where"))
    if ("event" in data) == ("any_of" in data):
        raise BadParameter(f"`{name}` needs exactly one of `event` and `any_of`")
    names = [data["event"]] if "event" in data else data["any_of"]
    if not isinstance(names, list) or not names or not all(isinstance(n, str) and n for n in names):
        raise BadParameter(f"`{name}` names its events as text")
    where = conditions(f"{name}.where", data["where"]) if data.get("where") else ()
    return Selector(tuple(dict.fromkeys(names)), where)


def seconds(name: str, given: Any) -> int:
    """A duration like 10s, 30m, 1h, 14d in seconds."""
    found = DURATION.match(given.strip()) if isinstance(given, str) else None
    if not found:
        raise BadParameter(f"`{name}` is a duration like 10s, 30m, 1h or 14d, not {_short(given)}")
    value = int(found[1]) * SECONDS[found[2]]
    if not 0 < value <= 3660 * 86400:
        raise BadParameter(f"`{name}` is longer than ten years or not above zero")
    return value


def _choice(parameter: Parameter, given: Any) -> str:
    text = given if isinstance(given, str) else json.dumps(given)
    if text in parameter.values:
        return text
    close = nearest(text, parameter.values)
    raise BadParameter(
        f"`{parameter.name}` is one of {', '.join(parameter.values)}, not {_short(given)}; the nearest is `{close}`"
    )


def _number(parameter: Parameter, given: Any) -> float:
    try:
        value = float(given) if not isinstance(given, bool) else math.nan
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise BadParameter(f"`{parameter.name}` is a number, not {_short(given)}")
    if parameter.minimum is not None and value < parameter.minimum:
        raise BadParameter(
            f"`{parameter.name}` is at least {parameter.minimum:g}, not {_short(given)}; the nearest is {parameter.minimum:g}"
        )
    if parameter.maximum is not None and value > parameter.maximum:
        raise BadParameter(
            f"`{parameter.name}` is at most {parameter.maximum:g}, not {_short(given)}; the nearest is {parameter.maximum:g}"
        )
    return value


def _integer(parameter: Parameter, given: Any) -> int:
    value = _number(parameter, given)
    if value != int(value):
        raise BadParameter(
            f"`{parameter.name}` is a whole number, not {_short(given)}; the nearest is {round(value)}"
        )
    return int(value)


def _boolean(parameter: Parameter, given: Any) -> bool:
    if isinstance(given, bool):
        return given
    if str(given).lower() in ("true", "false"):
        return str(given).lower() == "true"
    raise BadParameter(f"`{parameter.name}` is true or false, not {_short(given)}")


def _text(parameter: Parameter, given: Any) -> str:
    if isinstance(given, str) and given.strip():
        return given.strip()
    if isinstance(given, int | float) and not isinstance(given, bool):
        return str(given)
    raise BadParameter(f"`{parameter.name}` is text, not {_short(given)}")


def _duration(parameter: Parameter, given: Any) -> int:
    return seconds(parameter.name, given)


def _selector(parameter: Parameter, given: Any) -> Selector:
    return selector(parameter.name, given)


def _steps(parameter: Parameter, given: Any) -> tuple[Selector, ...]:
    data = _json(parameter.name, given)
    if not isinstance(data, list):
        raise BadParameter(f'`{parameter.name}` is a JSON list of steps like ["signup", "buy"]')
    if not 1 <= len(data) <= 20:
        raise BadParameter(f"`{parameter.name}` has 1 to 20 steps, not {len(data)}")
    return tuple(_step(f"{parameter.name}[{n}]", item) for n, item in enumerate(data, 1))


def _step(name: str, item: Any) -> Selector:
    """An event selector that may say `"anchored": true`."""
    if not isinstance(item, dict) or "anchored" not in item:
        return selector(name, item)
    if not isinstance(item["anchored"], bool):
        raise BadParameter(f"`{name}.anchored` is true or false, not {_short(item['anchored'])}")
    rest = {key: value for key, value in item.items() if key != "anchored"}
    return replace(selector(name, rest), anchored=item["anchored"])


def _eligibility(parameter: Parameter, given: Any) -> Selector:
    """An event, or conditions as in `where` that an active event meets."""
    data = given
    if isinstance(given, str) and given.lstrip()[:1] in ("{", "["):
        data = _json(parameter.name, given)
    if isinstance(data, list) or isinstance(data, dict) and "property" in data:
        return Selector((), conditions(parameter.name, data))
    return selector(parameter.name, data)


def _criteria(parameter: Parameter, given: Any) -> tuple[tuple[Selector, int], ...]:
    """Events that all have to happen, each with how often."""
    data = _json(parameter.name, given) if str(given).lstrip()[:1] in ("[", "{") else given
    items = data if isinstance(data, list) else [data]
    if not 1 <= len(items) <= 10:
        raise BadParameter(f"`{parameter.name}` has 1 to 10 criteria, not {len(items)}")
    found = []
    for n, item in enumerate(items, 1):
        name = f"{parameter.name}[{n}]"
        times = item.get("times", 1) if isinstance(item, dict) else 1
        if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= 1000:
            raise BadParameter(
                f"`{name}.times` is a whole number from 1 to 1000, not {_short(times)}"
            )
        if isinstance(item, dict):
            item = {key: value for key, value in item.items() if key != "times"}
        found.append((selector(name, item), times))
    return tuple(found)


def _exclusions(parameter: Parameter, given: Any) -> tuple[tuple[Selector, int | None], ...]:
    data = _json(parameter.name, given)
    if not isinstance(data, list):
        raise BadParameter(
            f'`{parameter.name}` is a JSON list like [{{"event": "refund", "after_step": 1}}]'
        )
    found = []
    for n, item in enumerate(data, 1):
        name = f"{parameter.name}[{n}]"
        if isinstance(item, str):
            item = {"event": item}
        if not isinstance(item, dict):
            raise BadParameter(f"`{name}` is an event with an optional `after_step`")
        rest = {key: value for key, value in item.items() if key != "after_step"}
        step = item.get("after_step")
        if step is not None and (isinstance(step, bool) or not isinstance(step, int) or step < 1):
            raise BadParameter(f"`{name}.after_step` is the number of a step, not {_short(step)}")
        found.append((selector(name, rest), step))
    return tuple(found)


def _brackets(parameter: Parameter, given: Any) -> tuple[tuple[int, int], ...]:
    data = given
    if isinstance(given, str):
        data = (
            _json(parameter.name, given)
            if given.lstrip().startswith("[")
            else [part.strip() for part in given.split(",")]
        )
    found: list[tuple[int, int]] = []
    for item in data if isinstance(data, list | tuple) else [data]:
        pair = (
            re.fullmatch(r"(\d{1,4})(?:\s*-\s*(\d{1,4}))?", item.strip())
            if isinstance(item, str)
            else None
        )
        if pair:
            low, high = int(pair[1]), int(pair[2] or pair[1])
        elif isinstance(item, int) and not isinstance(item, bool):
            low = high = item
        elif (
            isinstance(item, list | tuple) and len(item) == 2 and all(type(x) is int for x in item)
        ):
            low, high = item
        else:
            raise BadParameter(
                f"`{parameter.name}` is a list of intervals like 0, 1-3, 4-7, not {_short(item)}"
            )
        if low < 0 or high < low or (found and low <= found[-1][1]):
            raise BadParameter(
                f"`{parameter.name}` rises and does not overlap, {_short(item)} does"
            )
        found.append((low, high))
    return tuple(found)


def _condition(name: str, item: Any) -> Condition:
    if not isinstance(item, dict):
        raise BadParameter(
            f"a condition of `{name}` is an object with property, op and value, not {_short(item)}"
        )
    _known_keys(name, item, ("property", "op", "value", "of"))
    prop, op, of, value = (
        item.get("property"),
        item.get("op", "eq"),
        item.get("of", "event"),
        item.get("value"),
    )
    if not isinstance(prop, str) or not prop:
        raise BadParameter(f"a condition of `{name}` needs a `property`")
    if op not in OPERATORS:
        raise BadParameter(
            f"the op of a condition is one of {', '.join(OPERATORS)}, not {_short(op)}; the nearest is `{nearest(str(op), OPERATORS)}`"
        )
    if of not in OWNERS:
        raise BadParameter(
            f"`of` of a condition is one of {', '.join(OWNERS)}, not {_short(of)}; the nearest is `{nearest(str(of), OWNERS)}`"
        )
    if op in ("in", "not_in"):
        if not isinstance(value, list):
            raise BadParameter(f"the value of `{op}` on `{prop}` is a list")
        value = [_as_text(x) for x in value]
    elif op in ("set", "not_set"):
        value = None
    elif value is None or isinstance(value, dict | list):
        raise BadParameter(f"`{op}` on `{prop}` needs one `value`")
    elif op in ("eq", "ne", "contains", "not_contains", "regex"):
        value = _as_text(value)
    return Condition(prop, op, value, of)


def _as_text(value: Any) -> str:
    """How a JSON value reads as text, so that it compares with the text of a property."""
    return value if isinstance(value, str) else json.dumps(value)


def _json(name: str, given: Any) -> Any:
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except (ValueError, RecursionError) as error:
        raise BadParameter(f"`{name}` is not valid JSON: {str(error)[:80]}") from error


def _known_keys(name: str, item: Mapping[str, Any], known: Sequence[str]) -> None:
    for key in item:
        if key not in known:
            raise BadParameter(
                f"`{name}` has the unknown key `{str(key)[:60]}`; the nearest is `{nearest(str(key), known)}`"
            )


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return f"`{text[:60]}`"


TYPES: dict[str, Callable[[Parameter, Any], Any]] = {
    "choice": _choice,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "text": _text,
    "duration": _duration,
    "selector": _selector,
    "steps": _steps,
    "exclusions": _exclusions,
    "eligibility": _eligibility,
    "criteria": _criteria,
    "brackets": _brackets,
    "feature": _text,
    "experiment": _text,
    "property": _text,
}
