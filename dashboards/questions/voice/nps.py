"""NPS (N1, N2): the last answer of each person and wave, its score, margin and whether it can be reported."""

from __future__ import annotations

import math
from typing import Any

from dashboards.engine.conditions import Fragment, condition_sql, joined, pointer
from dashboards.engine.scope import Result, Scope

REPORTABLE = 30
PERIODS = ("month", "week")
NO_VALUE = "(none)"
_SUMMARY = ("n", "answers", "nps", "margin_of_error_95", "reportable", "asked", "response_rate")


def answer(scope: Scope) -> Result:
    """One row, or one per group."""
    group = scope.params["group"]
    group = None if group == "none" else group
    _answers(scope, group)
    rows = scope.run(
        """
        select
            answer_group,
            count(*) as answers,
            count(*) filter (where is_last) as n,
            count(*) filter (where is_last and score >= 9) as promoters,
            count(*) filter (where is_last and score between 7 and 8) as passives,
            count(*) filter (where is_last and score <= 6) as detractors
        from answers
        group by all
        order by answer_group
        """
    )
    found = [_scored(row) for row in rows]
    if group is None:
        found = found or [
            _scored(
                {
                    "answer_group": None,
                    "answers": 0,
                    "n": 0,
                    "promoters": 0,
                    "passives": 0,
                    "detractors": 0,
                }
            )
        ]
        if found[0]["n"] < REPORTABLE:
            scope.caveat(f"Not enough answers ({found[0]['n']} of {REPORTABLE}) for a headline.")
        if found[0]["answers"] > found[0]["n"]:
            scope.caveat(
                f"{found[0]['answers']} answers came in; the last of each person and wave counts, {found[0]['n']}."
            )
        _add_response_rate(scope, found[0])
        return Result(found, {key: found[0][key] for key in _SUMMARY})
    if group in PERIODS:
        return Result(_filled(scope, group, found))
    small = [row for row in found if row["n"] < scope.minimum_group_size]
    shown = sorted(
        (row for row in found if row["n"] >= scope.minimum_group_size),
        key=lambda r: (-r["n"], r["group"]),
    )
    if len(small) == 1 and len(shown) > 1:
        small.append(shown.pop())
    if small:
        scope.caveat(
            f"{len(small)} groups are suppressed, because one or more of them is under {scope.minimum_group_size} answers."
        )
    return Result(shown)


def _add_response_rate(scope: Scope, row: dict[str, Any]) -> None:
    """N2: of the people whose last survey was sent in the range, how many answered it; none where sends are not known."""
    row.update(asked=None, response_rate=None)
    if scope.where:
        return  # conditions are about answers; who did not answer has none
    asked, answered = scope.run(
        """
        select
            count(*) as asked,
            count(*) filter (
                where last_responded_at >= last_sent_at and (not $as_of_given or last_responded_at < $as_of)
            ) as answered
        from marts.fct_survey_people
        where last_sent_at is not null
            and ($project is null or project = $project)
            and ($source is null or source = $source)
            and ($from_at is null or last_sent_at >= $from_at)
            and ($to_at is null or last_sent_at < $to_at)
            and (not $as_of_given or last_sent_at < $as_of)
        """,
        {
            "project": scope.params.get("project"),
            "source": scope.params.get("source"),
            "from_at": scope.from_at,
            "to_at": scope.to_at,
            "as_of": scope.as_of,
            "as_of_given": scope.as_of_given,
        },
    )[0].values()
    if asked:
        row.update(asked=asked, response_rate=answered / asked)
        scope.caveat(
            f"Response rate: {answered} of {asked} people answered the last survey sent to them; earlier surveys are not told."
        )


def _answers(scope: Scope, group: str | None) -> None:
    """Scored answers in scope, each with its group and whether it is the last of its person and wave."""
    label = Fragment("null::varchar")
    if group in PERIODS:
        scope.use_periods()
        local = "fct_survey_responses.local_date::timestamp"
        label = Fragment(
            f"period_index('{group}', {local}, {local}, ?)::varchar", (scope.calendar.shift,)
        )
    elif group:
        label = Fragment(f"coalesce({_text(group).sql}, '{NO_VALUE}')", _text(group).params)
    filters = [Fragment("fct_survey_responses.is_nps and fct_survey_responses.score is not null")]
    for key in ("project", "source"):
        if scope.params.get(key) is not None:
            filters.append(Fragment(f"fct_survey_responses.{key} = ?", (scope.params[key],)))
    for sign, instant in (
        (">=", scope.from_at),
        ("<", scope.to_at),
        ("<", scope.as_of if scope.as_of_given else None),
    ):
        if instant is not None:
            filters.append(Fragment(f"fct_survey_responses.responded_at {sign} ?", (instant,)))
    filters += [condition_sql(condition, _text(condition.property)) for condition in scope.where]
    where = joined((Fragment(f"({f.sql})", f.params) for f in filters), " and ")
    scope.run(
        f"""
        create or replace temp table answers as
        select
            {label.sql} as answer_group,
            fct_survey_responses.score,
            fct_survey_responses.wave is null
            or fct_survey_responses.respondent_id is null
            or row_number() over (
                partition by fct_survey_responses.source, fct_survey_responses.project,
                    fct_survey_responses.respondent_id, fct_survey_responses.wave
                order by fct_survey_responses.responded_at desc, fct_survey_responses.response_id desc
            ) = 1 as is_last
        from marts.fct_survey_responses
        where {where.sql}
        """,  # noqa: S608 - fragments are ours, values are bound
        [*label.params, *where.params],
    )


def _text(name: str) -> Fragment:
    if name in ("source", "project", "wave", "survey_type"):
        return Fragment(f"fct_survey_responses.{name}")
    return Fragment("json_extract_string(fct_survey_responses.properties, ?)", (pointer(name),))


def _scored(row: dict[str, Any]) -> dict[str, Any]:
    n = row["n"]
    score = margin = None
    if n:
        promoters, detractors = row["promoters"] / n, row["detractors"] / n
        score = 100 * (row["promoters"] - row["detractors"]) / n
        margin = (
            1.96
            * 100
            * math.sqrt(max(promoters + detractors - (promoters - detractors) ** 2, 0.0) / n)
        )
    return {
        **row,
        "group": row["answer_group"],
        "nps": score,
        "margin_of_error_95": margin,
        "reportable": n >= REPORTABLE,
    }


def _filled(scope: Scope, unit: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every period between the first and the last, or of the asked range, has a row."""
    by_index = {int(row["group"]): row for row in rows}
    if not by_index and (scope.from_at is None or scope.to_at is None):
        return []
    first = scope.calendar.index(unit, scope.from_at) if scope.from_at else min(by_index)
    last = max(by_index, default=first)
    if scope.to_at:
        last = next(
            (
                i
                for i in range(first, first + 20_000)
                if scope.calendar.start(unit, i + 1) >= scope.to_at
            ),
            last,
        )
    found = []
    for index in range(first, last + 1):
        if scope.calendar.start(unit, index) >= scope.as_of and index not in by_index:
            break
        empty = {
            "answer_group": None,
            "answers": 0,
            "n": 0,
            "promoters": 0,
            "passives": 0,
            "detractors": 0,
        }
        found.append(
            {**(by_index.get(index) or _scored(empty)), "group": scope.calendar.label(unit, index)}
        )
    return found
