"""Read a question's YAML with the line of every key, and refuse what is not declared.

Knows the form of `dashboards/questions/<area>/<id>.yml`. Must not know the data or how a question is computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dashboards.answer import Column
from dashboards.catalogue.parameters import TYPES, Parameter

REQUIRED = ("id", "asks", "owner", "answer_is", "definition", "version", "columns", "params")
OPTIONAL = (
    "phrasings",
    "synonyms",
    "presets",
    "range",
    "range_in_words",
    "where",
    "inputs",
    "takes",
    "unit",
    "show",
    "caveats",
    "golden",
    "metric_rules",
    "dialects",
)
DIALECT_KEYS = ("set", "to", "rule", "because")
PARAMETER_KEYS = ("type", "default", "values", "minimum", "maximum", "required", "describes")
COLUMN_KEYS = ("name", "type", "unit")
# Which events a question takes when nobody names one; none said is every event.
TAKES = ("active", "value", "every", "named")


class DeclarationError(Exception):
    """A question's declaration is wrong; the message names file, line and fix."""


@dataclass(frozen=True)
class DialectRule:
    """One rule in which a vendor's documented definition differs from ours: what it sets a parameter to, and why."""

    parameter: str
    value: Any
    rule: str
    because: str


@dataclass(frozen=True)
class Question:
    """One governed question as declared."""

    id: str
    area: str
    asks: str
    phrasings: tuple[str, ...]
    synonyms: dict[str, str]
    presets: tuple[dict[str, Any], ...]
    owner: str
    answer_is: str
    definition: str
    version: str
    params: dict[str, Parameter]
    columns: tuple[Column, ...]
    range: str
    range_in_words: bool  # "last month" in a sentence is its `from` and `to`
    where: bool
    inputs: tuple[str, ...]
    takes: tuple[str, ...]
    show: dict[str, Any]
    caveats: tuple[str, ...]
    golden: tuple[dict[str, Any], ...]
    metric_rules: tuple[str, ...]
    dialects: dict[str, tuple[DialectRule, ...]] = field(default_factory=dict)
    twin: Path = field(repr=False, default=Path())


def read_question(path: Path) -> Question:
    """The declaration of one question, checked against its form and its twin."""
    data, lines = read_yaml(path)
    _only(data, REQUIRED + OPTIONAL, path, lines, ())
    for key in REQUIRED:
        if key not in data:
            raise DeclarationError(
                f"{path}:1: the key `{key}` is missing; a question needs {', '.join(REQUIRED)}"
            )
    if data["id"] != path.stem:
        raise DeclarationError(
            f"{path}:{lines[('id',)]}: id is `{data['id']}` but the file is called {path.name}"
        )
    twins = [
        path.with_suffix(suffix) for suffix in (".sql", ".py") if path.with_suffix(suffix).is_file()
    ]
    if len(twins) != 1:
        raise DeclarationError(
            f"{path}:1: a question has exactly one twin, {path.stem}.sql or {path.stem}.py; found {len(twins)}"
        )
    return Question(
        id=data["id"],
        area=path.parent.name,
        asks=data["asks"],
        phrasings=tuple(data.get("phrasings") or ()),
        synonyms=dict(data.get("synonyms") or {}),
        presets=tuple(data.get("presets") or ()),
        owner=data["owner"],
        answer_is=data["answer_is"],
        definition=" ".join(str(data["definition"]).split()),
        version=str(data["version"]),
        params={
            name: _parameter(name, body, path, lines)
            for name, body in (data["params"] or {}).items()
        },
        columns=tuple(_column(n, body, path, lines) for n, body in enumerate(data["columns"])),
        range=_one_of(data.get("range", "recent"), ("recent", "all", "none"), "range", path, lines),
        range_in_words=bool(data.get("range_in_words", data.get("range", "recent") == "recent")),
        where=bool(data.get("where", True)),
        inputs=tuple(data.get("inputs") or ()),
        takes=tuple(
            _one_of(value, TAKES, "takes", path, lines) for value in data.get("takes") or ()
        ),
        show=dict(data.get("show") or {}),
        caveats=tuple(data.get("caveats") or ()),
        golden=tuple(data.get("golden") or ()),
        metric_rules=tuple(data.get("metric_rules") or ()),
        dialects={
            name: tuple(
                _dialect_rule(name, n, body, data["params"], path, lines)
                for n, body in enumerate(rules or ())
            )
            for name, rules in (data.get("dialects") or {}).items()
        },
        twin=twins[0],
    )


def read_yaml(path: Path) -> tuple[dict[str, Any], dict[tuple[Any, ...], int]]:
    """A YAML mapping and the line of each key, by its path of keys."""
    text = path.read_text(encoding="utf-8")
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(
            text
        )  # ten times faster where libyaml is there
        node = loader.get_single_node()
        data = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DeclarationError(f"{path}:{line}: not valid YAML: {error.problem}") from error
    if not isinstance(data, dict):
        raise DeclarationError(f"{path}:1: a declaration is a mapping of keys")
    lines: dict[tuple[Any, ...], int] = {}
    _lines(node, (), lines, path)
    return data, lines


def _lines(node: Any, at: tuple[Any, ...], lines: dict[tuple[Any, ...], int], path: Path) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*at, key.value)
            if here in lines:
                raise DeclarationError(
                    f"{path}:{key.start_mark.line + 1}: the key `{key.value}` is given twice"
                )
            lines[here] = key.start_mark.line + 1
            _lines(value, here, lines, path)
    elif isinstance(node, yaml.SequenceNode):
        for n, value in enumerate(node.value):
            lines[(*at, n)] = value.start_mark.line + 1
            _lines(value, (*at, n), lines, path)


def _parameter(name: str, body: Any, path: Path, lines: Mapping[tuple[Any, ...], int]) -> Parameter:
    line = lines.get(("params", name), 1)
    if not isinstance(body, dict):
        raise DeclarationError(
            f"{path}:{line}: parameter `{name}` is a mapping with at least a type"
        )
    _only(body, PARAMETER_KEYS, path, lines, ("params", name))
    if body.get("type") not in TYPES:
        raise DeclarationError(
            f"{path}:{line}: parameter `{name}` has type {body.get('type')!r}; types are {', '.join(sorted(TYPES))}"
        )
    values = tuple(str(value) for value in body.get("values") or ())
    if body["type"] == "choice" and not values:
        raise DeclarationError(f"{path}:{line}: parameter `{name}` is a choice and needs `values`")
    return Parameter(
        name=name,
        type=body["type"],
        default=body.get("default"),
        values=values,
        minimum=body.get("minimum"),
        maximum=body.get("maximum"),
        required=bool(body.get("required", False)),
        describes=str(body.get("describes", "")),
    )


def _dialect_rule(
    name: str,
    n: int,
    body: Any,
    params: Mapping[str, Any],
    path: Path,
    lines: Mapping[tuple[Any, ...], int],
) -> DialectRule:
    line = lines.get(("dialects", name, n), 1)
    if name not in (params.get("dialect") or {}).get("values", ()):
        raise DeclarationError(f"{path}:{line}: `{name}` is no value of the parameter `dialect`")
    if not isinstance(body, dict) or sorted(body) != sorted(DIALECT_KEYS):
        raise DeclarationError(
            f"{path}:{line}: a rule of a dialect has the keys {', '.join(DIALECT_KEYS)}"
        )
    if body["set"] not in params:
        raise DeclarationError(
            f"{path}:{line}: a dialect sets `{body['set']}`, which is no parameter of the question"
        )
    return DialectRule(body["set"], body["to"], str(body["rule"]), str(body["because"]))


def _column(n: int, body: Any, path: Path, lines: Mapping[tuple[Any, ...], int]) -> Column:
    if not isinstance(body, dict) or not body.get("name") or not body.get("type"):
        raise DeclarationError(
            f"{path}:{lines.get(('columns', n), 1)}: a column needs a name and a type"
        )
    _only(body, COLUMN_KEYS, path, lines, ("columns", n))
    return Column(body["name"], body["type"], body.get("unit"))


def _only(
    data: Mapping[str, Any],
    known: tuple[str, ...],
    path: Path,
    lines: Mapping[tuple[Any, ...], int],
    at: tuple[Any, ...],
) -> None:
    for key in data:
        if key not in known:
            line = lines.get((*at, key), 1)
            raise DeclarationError(
                f"{path}:{line}: unknown key `{key}`; the keys here are {', '.join(known)}"
            )


def _one_of(
    value: Any, known: tuple[str, ...], key: str, path: Path, lines: Mapping[tuple[Any, ...], int]
) -> str:
    if value not in known:
        raise DeclarationError(
            f"{path}:{lines.get((key,), 1)}: `{key}` is {value!r}; it is one of {', '.join(known)}"
        )
    return str(value)
