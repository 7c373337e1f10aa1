"""Run a question's twin: an SQL file in sections, or a Python file with `answer(scope)`.

Knows the sections of an SQL twin. Must not know any single question.

An SQL twin is a list of sections, each begun by a comment line:
`-- @events a, b, c` makes `scoped_events` of the counted events up to `to` with these columns (`all` after the list takes
every event, not only the counted ones; `since WORD` at the end leaves out what is too old to matter, and `since sessions` reads
every session that begins in the range as a whole, with `vendor_sessions`); `-- @periods NAME` makes `periods` of the unit in parameter NAME;
`-- @actor_periods BACK` makes `actor_periods` (person, period, last_at) and `-- @first_periods` makes `first_periods` (person,
first_period), which is less to read than events; `-- @person_groups PERIOD` makes `person_groups` (person, period, value, place) of the breakdown; `-- @temp NAME` makes a temporary table of the select below it; `-- @rows` and `-- @summary` give
the answer; `-- @outcomes` gives (actor, outcome) rows, of which `--explain-difference` counts those that a rule changes.
Parameters are written `$name` and always bound.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dashboards.catalogue.parameters import Selector
from dashboards.engine import session_rules
from dashboards.engine.person_days import ANY_ACTIVE, count_periods
from dashboards.engine.person_groups import person_groups
from dashboards.engine.scope import EVENT_COLUMNS, Result, Scope, flag, reads_person, selectors_in

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
            listed, _, word = argument.partition(" since ")
            every = listed.endswith(" all")
            columns = [name.strip() for name in listed.removesuffix(" all").split(",")]
            chosen = scope.params.get("event") or Selector(())
            since, until = _bounds(scope, word)
            scope.events(
                columns,
                None if every else flag(chosen),
                since=since,
                until=until,
                joins_person=reads_person(selectors_in(chosen)),
            )
        elif kind == "actor_periods":
            _actor_periods(scope, argument)
        elif kind == "first_periods":
            _first_periods(scope)
        elif kind == "person_groups":
            event = scope.params["event"] or ANY_ACTIVE
            person_groups(scope, flag(event), [event], scope.params[argument])
        elif kind == "periods":
            scope.spine_table(scope.params[argument])
        elif kind == "temp":
            if not re.fullmatch(r"[a-z_]+", argument):
                raise ValueError(f"{path}: `-- @temp {argument}` is not a table name")
            scope.run(
                f"create or replace temp table {argument} as\n{statement}", bound(statement, scope)
            )
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


def _actor_periods(scope: Scope, back: str) -> None:
    """`actor_periods` (person, period, last_at): who was active in which period, from as far back as the question looks."""
    assert scope.from_at is not None
    calendar, unit = scope.calendar, scope.params["period"]
    first = calendar.index(unit, scope.from_at)
    if back == "window" and unit == "day":
        since = calendar.start("day", first - max(7, scope.params["mau_days"]))
    else:
        since = calendar.start(unit, first - (back == "period"))
    count_periods(
        scope,
        "actor_periods",
        scope.params.get("event") or ANY_ACTIVE,
        {"person": "person", "period": unit},
        {"last_at": "last_at"},
        since,
        scope.to_at,
    )


def _first_periods(scope: Scope) -> None:
    """`first_periods` (person, first_period): when each person was first seen in all history, as `new_is` says."""
    if scope.params["new_is"] == "first_event":
        scope.events(
            ("person",),
            table="first_seen",
            until=scope.to_at,
            counted={"local_at": f"min({EVENT_COLUMNS['local_at']})"},
        )
    else:
        count_periods(
            scope,
            "first_seen",
            scope.params.get("event") or ANY_ACTIVE,
            {"person": "person"},
            {"local_at": "first_local_at"},
            until=scope.to_at,
        )
    scope.run(
        """
        create or replace temp table first_periods as
        select person, period_of(local_at, local_at) as first_period
        from first_seen
        """
    )


def _bounds(scope: Scope, word: str) -> tuple[datetime | None, datetime | None]:
    """From when to when `-- @events` has to read."""
    if not word:
        return None, scope.to_at
    assert scope.from_at is not None and scope.to_at is not None
    if word == "28_days":
        return min(scope.from_at, scope.to_at - timedelta(days=28)), scope.to_at
    if word == "sessions":
        session_rules.vendor_sessions(scope)
        return session_rules.reach(scope)
    raise ValueError(f"`since {word}` is not known")


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
        "session_rule": session_rules.rule(scope),
        "event_names": list(event.names) if isinstance(event, Selector) else [],
    }
    return {name: known[name] for name in dict.fromkeys(NAMED.findall(statement))}
