"""Conditions and selectors as SQL with bound values.

Knows the operators of the interface. Must not know questions. No text of a person ever becomes part of a statement:
names, values and JSON paths are parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import Condition, Selector, nearest

# Attributes that every event has as a column, addressable like a property of that name.
BUILT_IN = {
    "platform": "fct_events.platform",
    "country": "fct_events.country",
    "feature": "fct_events.feature",
    "area": "fct_events.area",
    "source": "fct_events.source",
    "project": "fct_events.project",
}
# What the list of accounts says of one; a name would tell which it is, so `account` is its opaque key.
OF_ACCOUNT = ("plan", "segment", "currency", "group_type")
# A condition may also read what would tell accounts apart: who asks names it, the answer does not.
ASKED_OF_ACCOUNT = (*OF_ACCOUNT, "account_id", "revenue", "mrr")
FEW_VALUES = 50
_LOOKED_UP = "json_extract_string(fct_events.properties, ?)"
COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@dataclass(frozen=True)
class Fragment:
    """A piece of SQL and the values bound to its question marks, in order."""

    sql: str
    params: tuple[Any, ...] = field(default=())


def joined(parts: Iterable[Fragment], word: str) -> Fragment:
    """Fragments with a word between them."""
    found = list(parts)
    return Fragment(
        word.join(part.sql for part in found),
        tuple(value for part in found for value in part.params),
    )


def pointer(name: str) -> str:
    """The JSON pointer of a top-level property; every character of the name is data."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def property_text(name: str, of: str = "event") -> Fragment:
    """The text of a property of the event, of the person as of that event, or of the account that the event belongs to."""
    if of == "account":
        return _account_text(name)
    if of == "person":
        return Fragment(
            "json_extract_string(coalesce(fct_events.person_properties, dim_persons.person_properties), ?)",
            (pointer(name),),
        )
    if name in BUILT_IN:
        return Fragment(f"coalesce({_LOOKED_UP}, {BUILT_IN[name]})", (pointer(name),))
    return Fragment(_LOOKED_UP, (pointer(name),))


def _account_text(name: str, listed: tuple[str, ...] = OF_ACCOUNT) -> Fragment:
    if name == "account":
        return Fragment("fct_events.account_key::varchar")
    if name not in listed:
        known = ("account", *listed)
        raise BadParameter(
            f"of an account there is {', '.join(known)}, not `{name[:60]}`; the nearest is `{nearest(name, known)}`"
        )
    return Fragment(
        f"(select accounts.{name}::varchar from marts.dim_accounts as accounts where accounts.account_key = fct_events.account_key)"  # noqa: S608
    )


def with_kept(fragment: Fragment, kept: Mapping[str, str]) -> Fragment:
    """The same, read from an event's own column where its property has one (by JSON pointer) instead of from the bag."""
    values, params, found = iter(fragment.params), list[Any](), ""
    for n, part in enumerate(fragment.sql.split(_LOOKED_UP)):
        if n:
            pointed = next(values)
            column = kept.get(pointed)
            found += f"fct_events.{column}" if column else _LOOKED_UP
            params += [] if column else [pointed]
        found += part
        params += [next(values) for _ in range(part.count("?"))]
    return Fragment(found, tuple(params))


def condition_sql(
    condition: Condition, text: Fragment | None = None, is_filter: bool = False
) -> Fragment:
    """One condition as a boolean expression that is never null; as a filter, which drops null like false, a quicker one."""
    found = text or _asked_text(condition)
    value, sql = condition.value, found.sql

    def bound(template: str, *values: Any) -> Fragment:
        return Fragment(template.replace("{}", sql), found.params + values)

    def told(template: str, *values: Any) -> Fragment:
        return bound(template if is_filter else f"coalesce({template}, false)", *values)

    match condition.op:
        case "eq":
            return told("{} = ?", value)
        case "ne":
            return bound("{} is distinct from ?", value)
        case "in":
            return _in(found, value, is_filter)
        case "not_in":
            among = _in(found, value, False)
            return Fragment(f"not {among.sql}", among.params)
        case "gt" | "gte" | "lt" | "lte":
            sign = COMPARISONS[condition.op]
            number = _number(value)
            if number is not None:
                return told(f"try_cast({{}} as double) {sign} ?", number)
            return told(f"{{}} {sign} ?", str(value))
        case "contains":
            return told("contains(lower({}), lower(?))", value)
        case "not_contains":
            return bound("not coalesce(contains(lower({}), lower(?)), false)", value)
        case "regex":
            return told("regexp_matches({}, ?)", value)
        case "set":
            return bound("{} is not null")
        case _:
            return bound("{} is null")


def _asked_text(condition: Condition) -> Fragment:
    if condition.of == "account":
        return _account_text(condition.property, ASKED_OF_ACCOUNT)
    return property_text(condition.property, condition.of)


def selector_sql(selector: Selector) -> Fragment:
    """Which events a selector takes; without names it takes active events."""
    if selector.names:
        names = _among("fct_events.event_name", selector.names)
        if len(selector.names) == 1:
            names = Fragment("fct_events.event_name = ?", (selector.names[0],))
    else:
        names = Fragment("fct_events.is_active_event")
    return joined([names, *(condition_sql(c) for c in selector.where)], " and ")


def needs_person(conditions: Iterable[Condition]) -> bool:
    """Whether any condition reads the person's state."""
    return any(condition.of == "person" for condition in conditions)


def _in(text: Fragment, values: list[str], is_filter: bool) -> Fragment:
    if 0 < len(values) <= FEW_VALUES:
        # A function is told once for each different text of a block of rows, `in` for each row: five times as quick.
        found = Fragment(f"list_contains(?::varchar[], {text.sql})", (list(values), *text.params))
    else:
        among = _among(text.sql, values)
        found = Fragment(among.sql, (*text.params, *among.params))
    return found if is_filter else Fragment(f"coalesce({found.sql}, false)", found.params)


def _among(text: str, values: Sequence[str]) -> Fragment:
    """Whether a text is one of some values: of a few each is compared, which is faster than to look it up in a list."""
    if 0 < len(values) <= FEW_VALUES:
        return Fragment(f"{text} in ({', '.join('?' * len(values))})", tuple(values))
    return Fragment(f"{text} in (select unnest(?::varchar[]))", (list(values),))


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
