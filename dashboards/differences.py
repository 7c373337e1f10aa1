"""Why a vendor's tool shows another number: every dialect of a question beside ours, rule by rule.

Knows that a dialect is a declared list of parameters with their rules. Must not know how any question is computed. The rules
of a dialect are put on one after the other in their declared order, and each is charged with the actors that it changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dashboards import wording
from dashboards.answer import Answer, BadParameter
from dashboards.ask import ask, asked
from dashboards.catalogue import Catalogue, Question, load
from dashboards.catalogue.declaration import DialectRule
from dashboards.engine.twins import run_outcomes
from dashboards.published import Published

Outcomes = dict[int, tuple[str, ...]]


def with_differences(
    published: Published,
    answer: Answer,
    params: Mapping[str, Any],
    as_of: str | None = None,
    catalogue: Catalogue | None = None,
) -> Answer:
    """The same answer with `differences`: the default first, then each dialect that the question knows."""
    known = catalogue or load()
    question = known.get(answer.question)
    if not question.dialects:
        others = ", ".join(q.id for q in known.questions.values() if q.dialects)
        raise BadParameter(f"`{question.id}` knows no dialects to compare; those that do: {others}")
    own = {name: value for name, value in params.items() if name != "dialect"}

    def told(dialect: str) -> Answer:
        return ask(published, question.id, {**own, "dialect": dialect}, as_of, known)

    ours = told("default")
    base = _outcomes(published, question, own, as_of)
    found = [_entry("default", ours, "default: our own definitions", base, base, [])]
    for dialect, rules in question.dialects.items():
        theirs = told(dialect)
        steps, last = _steps(published, question, own, as_of, rules, base)
        telling = [] if ours.rows == theirs.rows else steps
        if telling and base == last:
            telling = _telling(published, question, own, as_of, steps, ours.rows)
        sentence = _sentence(dialect, steps, base, last, telling)
        found.append(_entry(dialect, theirs, sentence, base, last, steps))
    return replace(answer, differences=found)


def _steps(
    published: Published,
    question: Question,
    own: Mapping[str, Any],
    as_of: str | None,
    rules: tuple[DialectRule, ...],
    base: Outcomes,
) -> tuple[list[dict[str, Any]], Outcomes]:
    """Each rule that the given parameters leave open, with the actors whose outcome it changes, and the last outcomes."""
    steps, before, set_so_far = [], base, dict(own)
    for rule in rules:
        default = question.params[rule.parameter].default
        if rule.parameter in own or rule.value == default:
            continue
        set_so_far[rule.parameter] = rule.value
        after = _outcomes(published, question, set_so_far, as_of)
        steps.append(
            {
                "rule": rule.rule,
                "parameter": rule.parameter,
                "default": default,
                "value": rule.value,
                "because": rule.because,
                "actors": _changed(before, after),
            }
        )
        before = after
    return steps, before


def _outcomes(
    published: Published, question: Question, params: Mapping[str, Any], as_of: str | None
) -> Outcomes:
    found: dict[int, list[str]] = {}
    with asked(published, question, params, as_of) as scope:
        for actor, outcome in run_outcomes(question.twin, scope):
            found.setdefault(actor, []).append(outcome)
    return {actor: tuple(sorted(rows)) for actor, rows in found.items()}


def _changed(before: Outcomes, after: Outcomes) -> int:
    """How many actors come out differently; who is only in one of them does."""
    return sum(before.get(actor) != after.get(actor) for actor in before.keys() | after.keys())


def _entry(
    dialect: str,
    answer: Answer,
    sentence: str,
    base: Outcomes,
    last: Outcomes,
    steps: list[dict[str, Any]],
) -> dict[str, Any]:
    return {
        "dialect": dialect,
        "sentence": sentence,
        "actors": len(last),
        "actors_changed": _changed(base, last),
        "rules": steps,
        "summary": answer.summary,
        "rows": answer.rows,
    }


def _telling(
    published: Published,
    question: Question,
    own: Mapping[str, Any],
    as_of: str | None,
    steps: list[dict[str, Any]],
    rows: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    """The rules that change the numbers where they change nobody's outcome."""
    found, set_so_far = [], dict(own)
    for step in steps:
        set_so_far[step["parameter"]] = step["value"]
        after = ask(published, question.id, set_so_far, as_of).rows
        if after != rows:
            found.append(step)
        rows = after
    return found


def _sentence(
    dialect: str,
    steps: list[dict[str, Any]],
    base: Outcomes,
    last: Outcomes,
    telling: list[dict[str, Any]],
) -> str:
    """One plain sentence: how many people come out differently, and by which rule; `telling` are those that change numbers."""
    total = len(base.keys() | last.keys())
    reasons = [
        f"{wording.count(step['actors'])} because {step['because']} ({step['rule']})"
        for step in steps
        if step["actors"]
    ]
    if reasons:
        changed = wording.count(_changed(base, last))
        people = "person comes" if total == 1 else "people come"
        return f"{dialect}: {changed} of {wording.count(total)} {people} out differently: {', '.join(reasons)}."
    names = ", ".join(dict.fromkeys(step["rule"] for step in steps))
    if not steps:
        return f"{dialect}: the given parameters leave none of its rules open, so nothing differs."
    if not telling:
        return f"{dialect}: nobody comes out differently; its rules ({names}) change nothing here."
    reasons = [f"{step['because']} ({step['rule']})" for step in telling]
    return f"{dialect}: nobody comes out differently, but numbers do: {', '.join(reasons)}."
