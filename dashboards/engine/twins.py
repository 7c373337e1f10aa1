"""Run a question's twin: an SQL file in sections, or a Python file with `answer(scope)`.

Knows the sections of an SQL twin. Must not know any single question.

An SQL twin is a list of sections, each begun by a comment line; only those run whose tables the result reads.
`-- @events a, b, c` makes `scoped_events` of the counted events up to `to` with these columns (`all` after the list takes
every event, not only the counted ones);
`-- @periods NAME` makes `periods` of the unit in parameter NAME;
`-- @actor_periods BACK` makes `actor_periods` (person, period, last_at) and `-- @first_periods` makes `first_periods` (person,
first_period), which is less to read than events; `-- @period_counts BACK` makes the counts of both, which is least;
`-- @unit_counts` makes `unit_counts` and `unit_people`, `-- @recent_days N` makes `recent_days`, `-- @sessions_begun` the sessions that begin
in the range; `-- @person_groups PERIOD` makes `person_groups` (person, period, value, place) of the breakdown; `-- @temp NAME` makes
a temporary table of the select below it; `-- @rows` (`-- @groups` with a breakdown) and `-- @summary` give the answer;
`-- @outcomes` gives (actor, outcome) rows, of which `--explain-difference` counts those that a rule changes.
Parameters are written `$name` and always bound.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from dashboards.catalogue.parameters import Selector
from dashboards.engine import active_periods, session_facts, session_rules
from dashboards.engine.person_days import ANY_ACTIVE
from dashboards.engine.person_groups import person_groups
from dashboards.engine.scope import Result, Scope, flag, reads_person, selectors_in

SECTION = re.compile(r"^-- @(\w+)[ \t]*(.*)$", re.MULTILINE)
NAMED = re.compile(r"\$([a-z_]+)")
Section = tuple[str, str, str]  # kind, argument, statement
RESULTS = ("rows", "groups", "summary", "outcomes")
MAKING = (
    "events",
    "periods",
    "actor_periods",
    "first_periods",
    "period_counts",
    "unit_counts",
    "recent_days",
    "sessions_begun",
    "person_groups",
    "temp",
)
KINDS = (*MAKING, *RESULTS)


def run_twin(path: Path, scope: Scope) -> Result:
    """The rows and the summary of one question."""
    if path.suffix == ".py":
        return logic(path)(scope)
    return _run_sql(path, scope)


def run_outcomes(path: Path, scope: Scope) -> Iterable[tuple[int, str]]:
    """How each actor comes out, as (actor, outcome) rows; an actor may have several."""
    if path.suffix == ".py":
        found: Iterable[tuple[int, str]] = _module(path).outcomes(scope)
        return found
    return [(row["actor"], row["outcome"]) for row in _run_sql(path, scope, "outcomes").rows]


def logic(path: Path) -> Callable[[Scope], Result]:
    """The `answer` function of a Python twin."""
    answer: Callable[[Scope], Result] = _module(path).answer
    return answer


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"dashboards_question_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sections(text: str) -> list[Section]:
    """(kind, argument, statement) of each section of an SQL twin."""
    marks = list(SECTION.finditer(text))
    found = []
    for n, mark in enumerate(marks):
        end = marks[n + 1].start() if n + 1 < len(marks) else len(text)
        found.append((mark[1], mark[2].strip(), text[mark.end() : end].strip().rstrip(";")))
    return found


def _run_sql(path: Path, scope: Scope, result: str = "rows") -> Result:
    """The sections of an SQL twin that the result needs, in their order."""
    parts = sections(path.read_text(encoding="utf-8"))
    unknown = next((kind for kind, _, _ in parts if kind not in KINDS), None)
    if unknown:
        raise ValueError(f"{path}: unknown section `-- @{unknown}`")
    rows: list[dict[str, Any]] = []
    summary: dict[str, Any] = {}
    made: list[str] = []
    scope.use_periods()
    for kind, argument, statement in needed(parts, _wanted(parts, scope, result)):
        if kind in RESULTS:
            found = scope.run(statement, bound(statement, scope))
            if kind == "summary":
                summary = found[0] if found else {}
            else:
                rows = found
            continue
        _make(path, scope, kind, argument, statement, made)
        made.append(_made(kind, argument))
    return Result(rows, summary)


def _wanted(parts: Sequence[Section], scope: Scope, result: str) -> set[str]:
    """The kinds of the sections that give the result."""
    if result != "rows":
        return {result}
    has_groups = any(kind == "groups" for kind, _, _ in parts)
    grouped = has_groups and scope.params.get("breakdown") is not None
    return {"groups" if grouped else "rows", "summary"}


def needed(parts: Sequence[Section], wanted: Collection[str]) -> list[Section]:
    """The wanted sections and those whose tables they read, directly or through others, in their order."""
    found: list[Section] = []
    read = ""
    for part in reversed(parts):
        kind, argument, statement = part
        is_read = kind not in RESULTS and re.search(rf"\b{_made(kind, argument)}\b", read)
        if kind in wanted or is_read:
            found.append(part)
            read += f" {statement}"
    return found[::-1]


def _made(kind: str, argument: str) -> str:
    """The working table that a section makes; `unit_counts` and others bear the name of their section."""
    return argument if kind == "temp" else {"events": "scoped_events"}.get(kind, kind)


def _make(
    path: Path, scope: Scope, kind: str, argument: str, statement: str, made: Sequence[str]
) -> None:
    if kind == "events":
        _events(scope, argument)
    elif kind == "actor_periods":
        active_periods.actor_periods(scope, argument)
    elif kind == "first_periods":
        active_periods.first_periods(scope)
    elif kind == "period_counts":
        active_periods.period_counts(scope, argument, made)
    elif kind == "unit_counts":
        active_periods.unit_counts(scope)
    elif kind == "recent_days":
        active_periods.recent_days(scope, int(argument))
    elif kind == "sessions_begun":
        session_facts.sessions_begun(scope)
    elif kind == "person_groups":
        event = scope.params["event"] or ANY_ACTIVE
        person_groups(scope, flag(event), [event], scope.params[argument])
    elif kind == "periods":
        scope.spine_table(scope.params[argument])
    else:
        if not re.fullmatch(r"[a-z_]+", argument):
            raise ValueError(f"{path}: `-- @temp {argument}` is not a table name")
        scope.run(
            f"create or replace temp table {argument} as\n{statement}", bound(statement, scope)
        )


def _events(scope: Scope, argument: str) -> None:
    every = argument.endswith(" all")
    columns = [name.strip() for name in argument.removesuffix(" all").split(",")]
    chosen = scope.params.get("event") or Selector(())
    scope.events(
        columns,
        None if every else flag(chosen),
        until=scope.to_at,
        joins_person=reads_person(selectors_in(chosen)),
    )


def bound(statement: str, scope: Scope) -> dict[str, Any]:
    """The parameters that a statement names, and no others: DuckDB refuses surplus ones."""
    event = scope.params.get("event")
    known = {
        **scope.params,
        "from_at": scope.from_at,
        "to_at": scope.to_at,
        "as_of": scope.as_of,
        "as_of_given": scope.as_of_given,
        "shift": scope.calendar.shift,
        "zone": scope.calendar.zone,
        "minimum_group_size": scope.minimum_group_size,
        "session_rule": session_rules.rule(scope),
        "event_names": list(event.names) if isinstance(event, Selector) else [],
    }
    return {name: known[name] for name in dict.fromkeys(NAMED.findall(statement))}
