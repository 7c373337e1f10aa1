"""Run a question's twin: an SQL file in sections, or a Python file with `answer(scope)`.

Knows the sections of an SQL twin. Must not know any single question.

An SQL twin is a list of sections, each begun by a comment line:
`-- @events a, b, c` makes `scoped_events` of the counted events up to `to` with these columns (`all` after the list takes
every event, not only the counted ones); `-- @periods NAME` makes `periods` of the unit in parameter NAME;
`-- @first_events` makes `first_events` (person, period) of each person's first event of any kind where the parameter `new_is`
is `first_event`, else empty; `-- @temp NAME` makes a temporary table of the select below it; `-- @rows` and `-- @summary` give
the answer; `-- @outcomes` gives (actor, outcome) rows, of which `--explain-difference` counts those that a rule changes.
Parameters are written `$name` and always bound.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from dashboards.catalogue.parameters import Selector
from dashboards.engine.conditions import Fragment
from dashboards.engine.scope import Result, Scope, flag, reads_person, selectors_in

SECTION = re.compile(r"^-- @(\w+)[ \t]*(.*)$", re.MULTILINE)
NAMED = re.compile(r"\$([a-z_]+)")


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


def sections(text: str) -> list[tuple[str, str, str]]:
    """(kind, argument, statement) of each section of an SQL twin."""
    marks = list(SECTION.finditer(text))
    found = []
    for n, mark in enumerate(marks):
        end = marks[n + 1].start() if n + 1 < len(marks) else len(text)
        found.append((mark[1], mark[2].strip(), text[mark.end() : end].strip().rstrip(";")))
    return found


def _run_sql(path: Path, scope: Scope, wanted: str = "rows") -> Result:
    """The sections of an SQL twin in their order; `wanted` is the one whose rows are given."""
    rows: list[dict[str, Any]] = []
    summary: dict[str, Any] = {}
    scope.use_periods()
    for kind, argument, statement in sections(path.read_text(encoding="utf-8")):
        if kind == "events":
            every = argument.endswith(" all")
            columns = [name.strip() for name in argument.removesuffix(" all").split(",")]
            chosen = scope.params.get("event") or Selector(())
            scope.events(
                columns,
                None if every else flag(chosen),
                until=scope.to_at,
                joins_person=reads_person(selectors_in(chosen)),
            )
        elif kind == "periods":
            scope.spine_table(scope.params[argument])
        elif kind == "temp":
            if not re.fullmatch(r"[a-z_]+", argument):
                raise ValueError(f"{path}: `-- @temp {argument}` is not a table name")
            scope.run(
                f"create or replace temp table {argument} as\n{statement}", bound(statement, scope)
            )
        elif kind == "first_events":
            _first_events(scope)
        elif kind in ("rows", "outcomes"):
            if kind == wanted:
                rows = scope.run(statement, bound(statement, scope))
        elif kind == "summary":
            if wanted != "rows":
                continue
            found = scope.run(statement, bound(statement, scope))
            summary = found[0] if found else {}
        else:
            raise ValueError(f"{path}: unknown section `-- @{kind}`")
    return Result(rows, summary)


def _first_events(scope: Scope) -> None:
    """In which period each person was first seen at all, where that is what `new_is` means."""
    any_kind = scope.params.get("new_is") == "first_event"
    scope.events(
        ("person", "local_at", "event_at"),
        None if any_kind else Fragment("false"),
        table="all_events",
        until=scope.to_at,
    )
    scope.run(
        """
        create or replace temp table first_events as
        select person, min(period_of(local_at, event_at)) as period
        from all_events
        group by all
        """
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
        "timeout_seconds": 60 * int(scope.published.settings["session_timeout_minutes"]),
        "is_filtered": bool(scope.where),
        "event_names": list(event.names) if isinstance(event, Selector) else [],
    }
    return {name: known[name] for name in dict.fromkeys(NAMED.findall(statement))}
