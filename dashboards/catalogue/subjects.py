"""What an ask is about: the events, features and experiments that its parameters name.

Knows the types of parameters. Must not know the question log or the data. Values of conditions are left out: who or what
somebody filtered by is nobody's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboards.answer import BadParameter
from dashboards.catalogue.declaration import Question
from dashboards.catalogue.parameters import Selector, parse

LONGEST = 200  # characters of one name; what is longer is cut off a log
MOST = 40


def subjects(question: Question, params: Mapping[str, Any]) -> list[str]:
    """`event:signup`, `feature:export`, `experiment:exp-01`, each once; what cannot be read names nothing."""
    found: dict[str, None] = {}
    for name, value in params.items():
        parameter = question.params.get(name)
        if parameter is None or value in (None, ""):
            continue
        try:
            read = parse(parameter, value)
        except BadParameter:
            continue
        if parameter.type in ("feature", "experiment"):
            found[f"{parameter.type}:{str(read)[:LONGEST]}"] = None
        for selector in _selectors(read):
            found |= {f"event:{event[:LONGEST]}": None for event in selector.names}
    return list(found)[:MOST]


def _selectors(value: Any) -> list[Selector]:
    if isinstance(value, Selector):
        return [value]
    if isinstance(value, tuple | list):
        return [found for item in value for found in _selectors(item)]
    return []
