"""Reads the YAML that a company writes, safely, and remembers the line of every value.

Knows: YAML, caps against hostile documents, the small language in which a form is declared, how to name the nearest
valid key. Must not know: what any particular file means.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 2_000_000
MAX_ALIASES = 50
MAX_DEPTH = 32
MAX_NODES = 200_000

# libyaml where it is there: the same language, ten times as fast.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

VERSION_TEXT = re.compile(r"\d{1,9}(\.\d{1,9}){0,2}")

# The place of a value inside a document: keys and list positions from the top.
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a declaration, and how to put it right."""

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class CompanyError(Exception):
    """The company's declarations cannot be used; every problem names file, line and fix."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True)
class Document:
    """A parsed file: plain values, and the line on which each of them stands."""

    file: Path
    value: Any
    lines: Mapping[Place, int] = field(default_factory=dict)

    def line(self, place: Place) -> int:
        """The line of a value, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def problem(self, place: Place, message: str) -> Problem:
        return Problem(self.file, self.line(place), message)


# Forms -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scalar:
    """A single value: text, integer, number, boolean, date, version or anything."""

    kind: str
    choices: tuple[str, ...] = ()
    minimum: float | None = None


@dataclass(frozen=True)
class ListOf:
    item: Any
    or_single: bool = False


@dataclass(frozen=True)
class MapOf:
    item: Any
    or_empty: bool = False


@dataclass(frozen=True)
class OneOf:
    """Any of several forms; `said` tells a person which."""

    forms: tuple[Any, ...]
    said: str


@dataclass(frozen=True)
class Form:
    """A mapping with known keys; every other key is an error. `about` says in words what a key is for."""

    keys: Mapping[str, Any]
    required: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)


TEXT = Scalar("text")
INTEGER = Scalar("integer")
NUMBER = Scalar("number")
BOOLEAN = Scalar("boolean")
DATE = Scalar("date")
VERSION = Scalar("version")
ANY = Scalar("anything")


def choice(*values: str) -> Scalar:
    return Scalar("text", choices=values)


def nearest(word: str, known: Iterable[str]) -> str:
    """The words 'did you mean x?' or the whole list, for an error message."""
    names = sorted(known)
    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"use one of {', '.join(names)}"


def read(path: Path) -> Document:
    """Parse one YAML file. Raises CompanyError for what cannot be read at all or has duplicate keys."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CompanyError([Problem(path, 1, f"cannot be read: {error.strerror}")]) from error
    if len(raw) > MAX_BYTES:
        message = f"is {len(raw):,} bytes; a declaration may have {MAX_BYTES:,}. Split the file"
        raise CompanyError([Problem(path, 1, message)])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise CompanyError([Problem(path, line, "is not UTF-8; save it as UTF-8")]) from error
    try:
        _check_caps(path, text)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise CompanyError([_broken(path, error)]) from error
    if root is None:
        return Document(path, None, {})
    reader = _NodeReader(path)
    value = reader.value(root, ())
    if reader.problems:
        raise CompanyError(reader.problems)
    return Document(path, value, reader.lines)


def check(document: Document, form: Any, place: Place = ()) -> list[Problem]:
    """What in the document does not fit the form."""
    value = document.value
    for step in place:
        value = value[step]
    return _check(document, form, value, place)


def _broken(path: Path, error: yaml.YAMLError) -> Problem:
    """What the parser says, at the line where a person must look."""
    what = getattr(error, "problem", None) or "it cannot be parsed"
    mark, opened = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    # What is never closed is only missed at the end of the file, far from where it was opened.
    if opened and "end of" in what:
        mark, what = opened, f"{getattr(error, 'context', '')}: {what}"
    line = mark.line + 1 if mark else 1
    fix = "close or indent what stands there, or put the text in quotes"
    return Problem(path, line, f"is not valid YAML: {what}; {fix}")


def _check_caps(path: Path, text: str) -> None:
    """Refuse alias bombs and absurd nesting before anything is built from the document."""
    aliases = depth = 0
    for nodes, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            aliases += 1
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if aliases > MAX_ALIASES:
            raise CompanyError([Problem(path, line, f"has more than {MAX_ALIASES} aliases")])
        if depth > MAX_DEPTH:
            raise CompanyError([Problem(path, line, f"is nested deeper than {MAX_DEPTH} levels")])
        if nodes > MAX_NODES:
            raise CompanyError([Problem(path, line, f"has more than {MAX_NODES:,} values")])


class _NodeReader:
    """Turns YAML nodes into plain values; keys stay the text that was written (`on`, `1.10`)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._scalars = yaml.constructor.SafeConstructor()
        self._seen = 0

    def value(self, node: yaml.Node, place: Place) -> Any:
        self.lines.setdefault(place, node.start_mark.line + 1)
        self._seen += 1
        if self._seen > MAX_NODES or len(place) > MAX_DEPTH:
            line = node.start_mark.line + 1
            raise CompanyError([Problem(self.path, line, "aliases make this document too large")])
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*place, n)) for n, child in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(self.path, line, "a key must be a plain word"))
                continue
            key = key_node.value
            if key in result:
                first = self.lines[(*place, key)]
                message = f"key `{key}` is already on line {first}; keep one of them"
                self.problems.append(Problem(self.path, line, message))
                continue
            self.lines[(*place, key)] = line
            result[key] = self.value(value_node, (*place, key))
        return result

    def _scalar(self, node: yaml.Node) -> Any:
        try:
            return self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            line = node.start_mark.line + 1
            what = getattr(error, "problem", None) or str(error)
            self.problems.append(Problem(self.path, line, f"cannot be read: {what}"))
            return None


def _check(document: Document, form: Any, value: Any, place: Place) -> list[Problem]:
    if isinstance(form, Scalar):
        return _check_scalar(document, form, value, place)
    if isinstance(form, OneOf):
        attempts = [_check(document, option, value, place) for option in form.forms]
        if any(not attempt for attempt in attempts):
            return []
        fitting = [
            a for option, a in zip(form.forms, attempts, strict=True) if _fits(option, value)
        ]
        return fitting[0] if fitting else [document.problem(place, f"{_name(place)}{form.said}")]
    if isinstance(form, ListOf):
        if form.or_single and not isinstance(value, list):
            return _check(document, form.item, value, place)
        if not isinstance(value, list):
            return [document.problem(place, f"{_name(place)}must be a list")]
        return [
            problem
            for n, item in enumerate(value)
            for problem in _check(document, form.item, item, (*place, n))
        ]
    if not isinstance(value, dict):
        return [document.problem(place, f"{_name(place)}must be a mapping of keys")]
    if isinstance(form, MapOf):
        return [
            problem
            for key, item in value.items()
            if not (form.or_empty and item is None)
            for problem in _check(document, form.item, item, (*place, key))
        ]
    return _check_form(document, form, value, place)


def _check_form(
    document: Document, form: Form, value: dict[str, Any], place: Place
) -> list[Problem]:
    problems = []
    for key, item in value.items():
        if key not in form.keys:
            message = f"unknown key `{key}`; {nearest(key, form.keys)}"
            problems.append(document.problem((*place, key), message))
        elif item is not None or key in form.required:
            problems.extend(_check(document, form.keys[key], item, (*place, key)))
    for key in form.required:
        if key not in value:
            problems.append(document.problem(place, f"{_name(place)}needs the key `{key}`"))
    return problems


def _check_scalar(document: Document, form: Scalar, value: Any, place: Place) -> list[Problem]:
    if not _fits(form, value):
        message = f"{_name(place)}must be {_article(form.kind)}, not {_said(value)}"
        return [document.problem(place, message)]
    if form.choices and str(value).lower() not in form.choices:
        message = f"{_name(place)}cannot be `{value}`; {nearest(str(value), form.choices)}"
        return [document.problem(place, message)]
    if form.minimum is not None and value < form.minimum:
        return [document.problem(place, f"{_name(place)}must be at least {form.minimum:g}")]
    return []


def _fits(form: Any, value: Any) -> bool:
    if isinstance(form, Form | MapOf):
        return isinstance(value, dict)
    if isinstance(form, ListOf):
        return isinstance(value, list)
    kind = form.kind
    if kind == "anything":
        return True
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "date":
        return isinstance(value, date) and not isinstance(value, datetime)
    if kind == "version":
        # 1.10 without quotes has become the number 1.1 already, so a fraction cannot be believed.
        return (isinstance(value, int) and not isinstance(value, bool) and value >= 0) or (
            isinstance(value, str) and VERSION_TEXT.fullmatch(value) is not None
        )
    # An id that YAML took for a number or a date is still the text that was written.
    return isinstance(value, str | int | float | date) and not isinstance(value, bool)


def _name(place: Place) -> str:
    keys = [str(step) for step in place if isinstance(step, str)]
    return f"`{keys[-1]}` " if keys else ""


def _article(kind: str) -> str:
    return {
        "text": "text",
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
        "date": "a date like 2026-01-31",
        "version": "a version like 1.2.0",
    }.get(kind, kind)


def _said(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"`{value}`"
