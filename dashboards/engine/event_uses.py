"""What an event ends up in: models, KPIs, questions, experiments, pages and snapshots, and how much of each it is.

Knows the lineage that a version carries, the catalogue and the registry of experiments. Must not know why somebody asks,
and never opens the events themselves.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from dashboards.catalogue import Question, load
from dashboards.catalogue.askers import askers
from dashboards.engine.event_takings import EVERY, Event, Taking, Use
from dashboards.engine.scope import Scope

KINDS = ("kpi", "question", "page", "snapshot", "experiment", "model")
TRUST = "trust"  # questions about events themselves are not built on any
FLAGS = {"active": "counts_as_active", "value": "value_event"}
_KPI = re.compile(r"^(K\d+\w*):\s*")
_IS_KPI = re.compile(r"^K\d")


class EventUses:
    """The uses of the events of one version; the lineage is read once."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._models = scope.published.definitions.get("models") or {}
        self._lineage = scope.published.definitions.get("event_lineage") or {}
        self._takings = _takings(self._lineage)
        self._named = frozenset(
            name
            for alternatives in self._takings.values()
            for taking in alternatives
            for name in taking.names or ()
        )
        self._events: dict[str, Event] = {}
        self._labels: dict[tuple[bool, bool, frozenset[str]], list[str]] = {}

    def event(self, name: str) -> Event:
        """One event; a name that the plan does not know has no part in anything that needs a plan."""
        if name not in self._events:
            self._events[name] = self._read(name)
        return self._events[name]

    def _read(self, name: str) -> Event:
        rows = self._scope.session.rows(
            "select event_name, counts_as_active, value_event, feature, seen_as"
            " from marts.dim_events where event_name = ?",
            [name],
        )
        return _event(rows[0]) if rows else Event(name, frozenset([name]), False, False)

    def labels(self, name: str) -> list[str]:
        """KPIs and questions that take the event, as a sentence names them."""
        event = self.event(name)
        key = (event.is_active, event.is_value, event.names & self._named)
        if key not in self._labels:
            found = [*self._built(event), *_questions(self._takings, event)]
            self._labels[key] = [
                use.label if use.kind == "kpi" else use.name
                for use in sorted(found, key=_visibility)
                if use.kind in ("kpi", "question")
            ]
        standing = self._labels[key]
        kpis = [label for label in standing if _IS_KPI.match(label)]
        return list(dict.fromkeys([*kpis, *self._asked.get(name, ()), *standing]))

    @functools.cached_property
    def _asked(self) -> dict[str, list[str]]:
        """The questions that people asked by the name of an event, the most asked first."""
        if not self._scope.published.has("marts.fct_question_subjects"):
            return {}
        known = load().questions
        rows = self._scope.session.rows(
            "select name, question, count(*) as asks from marts.fct_question_subjects"
            " where kind = 'event' and is_interactive and asked_at < ? group by all"
            " order by name, asks desc, question",
            [self._scope.as_of],
        )
        found: dict[str, list[str]] = {}
        for row in rows:
            question = known.get(row["question"])
            if question is not None and question.area != TRUST:
                found.setdefault(row["name"], []).append(row["question"])
        return found

    def of(self, event: Event) -> list[Use]:
        """All that takes the event by itself, most visible first; what people asked by name is not in it."""
        found = [*self._built(event), *_questions(self._takings, event)]
        found += _shown(found)
        found += _experiments(self._scope, event)
        return sorted(found, key=_visibility)

    def input_events(self, uses: Iterable[Use]) -> dict[Use, int]:
        """How many events of `event_slices` each thing takes; those that no thing tells apart are counted together."""
        wanted = list(uses)
        rows = self._scope.run(
            """
            select
                coalesce(dim_events.counts_as_active, false) as is_active,
                coalesce(dim_events.value_event, false) as is_value,
                list_filter(
                    [slices.event_name, slices.source_event_name],
                    lambda name: list_contains($named::varchar[], name)
                ) as names,
                sum(slices.events)::bigint as events
            from event_slices as slices
            left join marts.dim_events
                on slices.event_name = dim_events.event_name
            group by all
            """,
            {"named": sorted({n for use in wanted for t in use.takings for n in t.names or ()})},
        )
        alike = [
            (Event("", frozenset(row["names"]), row["is_active"], row["is_value"]), row["events"])
            for row in rows
        ]
        return {
            use: sum(n for kind, n in alike if any(taking.takes(kind) for taking in use.takings))
            for use in wanted
        }

    def _built(self, event: Event) -> list[Use]:
        found: list[Use] = []
        for name, alternatives in self._takings.items():
            met = frozenset(taking for taking in alternatives if taking.takes(event))
            layer = self._lineage[name]["layer"]
            if not met or layer not in ("marts", "kpis"):
                continue
            meta = self._models.get(name) or {}
            number = _KPI.match(str(meta.get("description") or "")) if layer == "kpis" else None
            kind = "kpi" if layer == "kpis" else "model"
            label = number[1] if number else name
            found.append(Use(kind, name, label, meta.get("owner"), _how(met), met))
        return found


def question_use(question: Question, event: Event, how: str) -> Use:
    """A question that people asked about the event by name."""
    takings = frozenset([Taking(frozenset([event.name]))])
    return Use("question", question.id, question.asks, question.owner, how, takings)


def _event(row: Mapping[str, Any]) -> Event:
    spellings = json.loads(row["seen_as"]) if row["seen_as"] not in (None, "[]") else []
    return Event(
        row["event_name"],
        frozenset([row["event_name"], *(item["seen_as"] for item in spellings)]),
        bool(row["counts_as_active"]),
        bool(row["value_event"]),
        row["feature"],
    )


def _takings(lineage: Mapping[str, Any]) -> dict[str, frozenset[Taking]]:
    """Per model the events that reach it: what it takes itself of what reaches the models above it."""
    known: dict[str, frozenset[Taking]] = {}

    def reach(name: str) -> frozenset[Taking]:
        if name not in known:
            known[name] = frozenset()  # a circle would end here; dbt has none
            own = _taking((lineage.get(name) or {}).get("takes") or {})
            parents = [p for p in lineage[name]["parents"] if p in lineage]
            above = frozenset().union(*(reach(p) for p in parents)) if parents else {EVERY}
            all_of = frozenset(taking.narrowed(own) for taking in above)
            known[name] = frozenset([EVERY]) if EVERY in all_of else all_of
        return known[name]

    for name in lineage:
        reach(name)
    return known


def _taking(takes: Mapping[str, Any]) -> Taking:
    names = takes.get("names")
    return Taking(frozenset(names) if names else None, frozenset(takes.get("flags") or ()))


def _questions(takings: Mapping[str, frozenset[Taking]], event: Event) -> list[Use]:
    """Questions that take the event when nobody names one."""
    found = []
    for question in load().questions.values():
        inputs = [table.split(".")[-1] for table in question.inputs]
        reached = [takings[name] for name in inputs if name in takings]
        if not reached or question.area == TRUST:
            continue
        asks_for = [Taking(None, frozenset([flag])) for flag in question.takes if flag in FLAGS]
        if "every" in question.takes or not question.takes:
            asks_for.append(EVERY)
        met = frozenset(
            narrowed
            for alternatives in reached
            for taking in alternatives
            for asked in asks_for
            if (narrowed := taking.narrowed(asked)).takes(event)
        )
        if met:
            found.append(
                Use("question", question.id, question.asks, question.owner, _how(met), met)
            )
    return found


def _shown(found: Iterable[Use]) -> list[Use]:
    """Pages and snapshots that show a question that is touched."""
    known = tuple(load().questions)
    by_place: dict[tuple[str, str], list[Use]] = {}
    touched = {use.name: use for use in found if use.kind == "question"}
    kpis = [use for use in found if use.kind == "kpi"]
    for question, places in askers(known).items():
        through = [touched[question]] if question in touched else []
        through += kpis if question == "kpis" else []
        for place in places if through else ():
            by_place.setdefault(place, []).extend(through)
    return [
        Use(
            kind,
            title,
            title,
            None,
            f"shows {', '.join(dict.fromkeys(u.label if u.kind == 'kpi' else u.name for u in through))}",
            frozenset().union(*(use.takings for use in through)),
        )
        for (kind, title), through in by_place.items()
    ]


def _experiments(scope: Scope, event: Event) -> list[Use]:
    """Experiments whose metrics name the event."""
    if not scope.published.has("marts.dim_experiments"):
        return []
    rows = scope.session.rows(
        "select experiment_id, any_value(name) as name, any_value(owner) as owner,"
        " any_value(primary_metric) as first, any_value(secondary_metrics) as second,"
        " any_value(guardrails) as guards"
        " from marts.dim_experiments group by all order by 1"
    )
    found = []
    for row in rows:
        metrics = [row["first"], *_listed(row["second"]), *_listed(row["guards"])]
        named = [metric for metric in metrics if metric and names_event(metric, event.name)]
        if named:
            found.append(
                Use(
                    "experiment",
                    row["experiment_id"],
                    row["name"] or row["experiment_id"],
                    row["owner"],
                    f"its metric {named[0]} names it",
                    frozenset([Taking(frozenset([event.name]))]),
                )
            )
    return found


def names_event(metric: str, event: str) -> bool:
    """Whether a metric is called after the event: the name as whole words of it."""
    return bool(re.search(rf"(?<![a-z0-9]){re.escape(event.lower())}(?![a-z0-9])", metric.lower()))


def _listed(value: Any) -> list[str]:
    if not value:
        return []
    try:
        read = json.loads(value)
    except ValueError:
        read = [value]
    return [str(item) for item in read] if isinstance(read, list) else [str(read)]


def _visibility(use: Use) -> tuple[int, bool, str]:
    """KPIs first, then questions that stand on a page, then the others."""
    is_shown = use.kind == "question" and use.name in askers(tuple(load().questions))
    return KINDS.index(use.kind), not is_shown, use.label if use.kind == "kpi" else use.name


def _how(met: Iterable[Taking]) -> str:
    words = dict.fromkeys(sorted(taking.words for taking in met))
    return f"takes {' and '.join(words)}"
