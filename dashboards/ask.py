"""Ask a governed question of one published version. The one path behind pages, the command line, snapshots and exports.

Knows the catalogue, the common parameters and the envelope. Must not know how any question is computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from dashboards.answer import Answer, BadParameter, UnknownQuestion, UsageError, plain
from dashboards.catalogue import Catalogue, Question, load
from dashboards.catalogue.parameters import Condition, conditions, nearest, parse
from dashboards.engine.accounts import warn_of_unknown
from dashboards.engine.periods import Calendar
from dashboards.engine.provenance import exclusions, freshness, quality
from dashboards.engine.restatements import restated, sentence
from dashboards.engine.scope import Scope, selectors_in
from dashboards.engine.twins import run_twin
from dashboards.published import Published, Session

__all__ = ["Answer", "BadParameter", "UnknownQuestion", "UsageError", "ask"]

COMMON = ("from", "to", "project", "source", "where")
EVENTS_MART = "marts.fct_events"


def ask(
    published: Published,
    question_id: str,
    params: Mapping[str, Any] | None = None,
    as_of: str | None = None,
    catalogue: Catalogue | None = None,
) -> Answer:
    """Answer one question. `params` hold text or JSON values; `as_of` answers as if asked then."""
    question = (catalogue or load()).get(question_id)
    with asked(published, question, params or {}, as_of) as scope:
        given = _given(params or {})
        result = run_twin(question.twin, scope)
        names = sorted({n for s in selectors_in(list(scope.params.values())) for n in s.names})
        behind = quality(scope, names)
        if EVENTS_MART in question.inputs:
            for reason in exclusions(behind["left_out"]):
                scope.caveat(reason)
        changed = restated(scope, question)
        if changed:
            scope.caveat(sentence(changed))
        return Answer(
            question=question.id,
            params=_echo(question, scope, given, as_of),
            columns=list(question.columns),
            rows=[_row(question, row) for row in result.rows],
            summary=result.summary,
            definition=question.definition,
            definition_version=question.version,
            data_version=published.version,
            freshness=freshness(scope, [*question.inputs, *scope.reads]),
            quality={**behind, "restated": changed},
            sql=scope.sql(),
            caveats=[*question.caveats, *scope.caveats],
        )


@contextmanager
def asked(
    published: Published, question: Question, params: Mapping[str, Any], as_of: str | None = None
) -> Iterator[Scope]:
    """The scope of one question with its parameters checked; its temporary tables are gone when it closes."""
    given = _given(params)
    resolved = _resolved(question, given)
    calendar = Calendar(str(published.settings["timezone"]), int(published.settings["week_start"]))
    instant, as_of_given = _as_of(published, calendar, as_of)
    from_at, to_at = _range(question, resolved, given, calendar, instant)
    where = conditions("where", given["where"]) if "where" in given else ()
    if where and not question.where:
        raise BadParameter(
            f"`where` filters events; `{question.id}` does not read events one by one, so it takes no `where`"
        )
    with published.session() as session:
        scope = Scope(
            published, session, resolved, calendar, instant, as_of_given, from_at, to_at, where
        )
        _check_known(scope, question, given)
        missing = [table for table in question.inputs if not published.has(table)]
        if missing:
            raise BadParameter(
                f"`{question.id}` needs {', '.join(missing)}, which version {published.version} does not hold"
            )
        yield scope


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    """What a person gave; empty text is nothing."""
    return {name: value for name, value in params.items() if value is not None and value != ""}


def _resolved(question: Question, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every declared parameter with its checked value or its default; unknown names are errors."""
    known = [*question.params, *COMMON]
    for name in given:
        if name not in known:
            close = nearest(str(name), known)
            raise BadParameter(
                f"`{question.id}` has no parameter `{str(name)[:60]}`; the nearest is `{close}`. All: {', '.join(known)}"
            )
    found: dict[str, Any] = {}
    defaults = _defaults(question, given)
    for name, parameter in question.params.items():
        if name in given:
            found[name] = parse(parameter, given[name])
        elif defaults[name] is not None:
            found[name] = parse(parameter, defaults[name])
        elif parameter.required:
            raise BadParameter(
                f"`{question.id}` needs the parameter `{name}`: {parameter.describes or parameter.type}"
            )
        else:
            found[name] = None
    for name in ("project", "source"):
        value = given.get(name)
        if value is not None and not isinstance(value, str):
            raise BadParameter(f"`{name}` is text")
        found[name] = value
    return found


def _defaults(question: Question, given: Mapping[str, Any]) -> dict[str, Any]:
    """What each parameter is when nobody gives it: the vendor's rule where a dialect is asked for, else ours."""
    found = {name: parameter.default for name, parameter in question.params.items()}
    rules = question.dialects.get(str(given.get("dialect")), ())
    return found | {rule.parameter: rule.value for rule in rules}


def _as_of(published: Published, calendar: Calendar, as_of: str | None) -> tuple[datetime, bool]:
    if as_of is not None and as_of != "":
        return calendar.instant("as-of", as_of), True
    return published.data_through or datetime(1970, 1, 1), False


def _range(
    question: Question,
    resolved: Mapping[str, Any],
    given: Mapping[str, Any],
    calendar: Calendar,
    as_of: datetime,
) -> tuple[datetime | None, datetime | None]:
    """The half-open range in UTC. Default: up to the last complete day, 90 days, or 12 weeks or months."""
    from_at = calendar.instant("from", given["from"]) if "from" in given else None
    to_at = calendar.instant("to", given["to"]) if "to" in given else None
    if question.range == "recent":
        if to_at is None:
            to_at = calendar.midnight(calendar.to_local(as_of).date())
        if from_at is None:
            unit = resolved.get("period") or resolved.get("unit")
            if unit in ("week", "month"):
                from_at = calendar.start(unit, calendar.index(unit, to_at) - 12)
            else:
                from_at = calendar.midnight(calendar.to_local(to_at).date() - timedelta(days=90))
    if from_at is not None and to_at is not None and from_at >= to_at:
        raise BadParameter(
            f"`from` ({calendar.to_local(from_at).isoformat()}) is not before `to` ({calendar.to_local(to_at).isoformat()})"
        )
    return from_at, to_at


def _check_known(scope: Scope, question: Question, given: Mapping[str, Any]) -> None:
    """Names of projects, sources, events, features and experiments must exist in this version."""
    for name in ("project", "source"):
        if scope.params.get(name) is not None:
            _one_of(name, scope.params[name], known_values(scope.published, scope.session, name))
    selectors = selectors_in(
        [value for key, value in scope.params.items() if key in question.params]
    )
    wanted = dict.fromkeys(n for s in selectors for n in s.names)
    if wanted:
        events = known_values(scope.published, scope.session, "event")
        for event in wanted:
            _one_of("event", event, events)
    for name, parameter in question.params.items():
        if parameter.type in ("feature", "experiment") and scope.params.get(name) is not None:
            _one_of(
                name,
                scope.params[name],
                known_values(scope.published, scope.session, parameter.type),
            )
    asked_for = (*scope.where, *(c for s in selectors for c in s.where))
    warn_of_unknown(scope, asked_for)
    regexes: list[Condition] = [c for c in asked_for if c.op == "regex"]
    for condition in regexes:
        import duckdb

        try:
            scope.session.run("select regexp_matches('', ?)", [condition.value])
        except duckdb.Error as error:
            raise BadParameter(
                f"`{condition.value[:60]}` is not a regular expression: {str(error)[:100]}"
            ) from error


KNOWN = {
    "project": (("marts.fct_loads", "project"), ("marts.fct_event_days", "project")),
    "source": (("marts.fct_loads", "source"), ("marts.fct_event_days", "source")),
    "event": (("marts.dim_events", "event_name"), ("marts.fct_event_days", "event_name")),
    "feature": (("marts.dim_features", "feature"),),
    "launch": (("marts.dim_features", "feature"), ("marts.dim_releases", "release")),
    "experiment": (
        ("marts.dim_experiments", "experiment_id"),
        ("marts.fct_exposures", "experiment_id"),
    ),
}


def known_values(published: Published, session: Session, kind: str) -> list[str]:
    """The projects, sources, events, features or experiments of a version."""

    def found() -> list[str]:
        values: dict[str, None] = {}
        for table, column in KNOWN[kind]:
            if published.has_rows(table):
                rows = session.run(
                    f"select distinct {column} from {table} where {column} is not null order by 1"  # noqa: S608
                )
                values.update(dict.fromkeys(row[0] for row in rows))
        return list(values)

    return list(published.once(("known values", kind), found))


def _one_of(name: str, value: str, known: Sequence[str]) -> None:
    if value in known:
        return
    close = nearest(value, known)
    hint = f"the nearest is `{close}`" if close else f"this version holds no {name} at all"
    raise BadParameter(f"there is no {name} `{value[:80]}`; {hint}")


def _row(question: Question, row: Mapping[str, Any]) -> dict[str, Any]:
    return {column.name: row.get(column.name) for column in question.columns}


def _echo(
    question: Question, scope: Scope, given: Mapping[str, Any], as_of: str | None
) -> dict[str, Any]:
    """The parameters as a person can give them again, defaults included."""

    def text(instant: datetime | None) -> str | None:
        if instant is None:
            return None
        local = scope.calendar.to_local(instant)
        return (
            local.date().isoformat()
            if local.time().isoformat() == "00:00:00"
            else local.isoformat()
        )

    defaults = _defaults(question, given)
    found: dict[str, Any] = {
        name: plain(given.get(name, defaults[name])) for name in question.params
    }
    found |= {
        "from": text(scope.from_at),
        "to": text(scope.to_at),
        "project": scope.params["project"],
        "source": scope.params["source"],
    }
    found["where"] = plain(given.get("where"))
    if as_of:
        found["as_of"] = str(as_of)
    return found
