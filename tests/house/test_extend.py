"""docs/extend.md followed to the letter in a copy of the clone: files alone add a model, a KPI and a question.

The pages of both are among those of tests/browser/test_pages.py.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from built_demo import Demo
from extended_clone import recipes

from dashboards.published import open_version

FIRST_USES = """
    with uses as (
        select person_key, feature, arg_min(local_date, occurred_at) as day
        from marts.fct_events
        where is_value_event and feature is not null and not is_internal
        group by all
    )
"""


def test_a_recipe_of_each_kind_is_printed() -> None:
    assert {Path(name).parts[:2] for name in recipes()} == {
        ("dbt_project", "models"),
        ("dashboards", "questions"),
    }
    assert len(recipes()) == 5


def test_the_check_finds_nothing_in_what_was_added(built_demo: Demo) -> None:
    done = built_demo.call("check")
    assert done.returncode == 0, done.stdout + done.stderr


def answer(built_demo: Demo, *words: str) -> list[dict]:
    done = built_demo.call("ask", *words, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["rows"]


def test_the_new_question_answers_on_the_command_line(built_demo: Demo) -> None:
    window = ("--param", "from=2026-01-01", "--param", "to=2026-03-01")
    with open_version(built_demo.published) as version:
        expected = version.query(
            f"{FIRST_USES} select feature, count(*) as people from uses"
            " where day >= date '2026-01-01' and day < date '2026-03-01'"
            " group by all order by people desc, feature"
        )
    rows = answer(built_demo, "first_uses", *window)
    assert [(row["feature"], row["people"]) for row in rows] == expected.rows()
    assert len(rows) > 1


def test_the_new_kpi_answers_on_the_command_line(built_demo: Demo) -> None:
    with open_version(built_demo.published) as version:
        expected = version.query(
            f"{FIRST_USES} select strftime(date_trunc('month', day), '%Y-%m-%d') as month,"
            " count(distinct feature)::double as features from uses group by all order by all"
        )
    rows = answer(built_demo, "kpis", "--param", "kpi=K11", "--param", "period=month")
    found = [(row["period_start"], row["value"]) for row in rows if row["value"]]
    assert found == expected.rows()


# File, what stands in it, what is written instead, and what the check says of it.
BROKEN = {
    "a model that reads a model which is not there": (
        "dbt_project/models/marts/product/fct_first_uses.sql",
        "ref('fct_events')",
        "ref('fct_event')",
        "ref('fct_event') names no model",
    ),
    "a model that looks at the clock": (
        "dbt_project/models/marts/product/fct_first_uses.sql",
        "is_value_event and",
        "local_date < current_date and",
        "`current_date` makes yesterday impossible to rebuild",
    ),
    "a KPI without an owner": (
        "dbt_project/models/kpis/kpi_feature_breadth.yml",
        "meta: {owner: product_ops}",
        "meta: {}",
        "the model has no owner",
    ),
    "a KPI that reads past the marts": (
        "dbt_project/models/kpis/kpi_feature_breadth.sql",
        "from {{ ref('fct_first_uses') }} as",
        "from {{ ref('stg_amplitude__events') }} as",
        "kpis must not read staging",
    ),
    "a question with an unknown key": (
        "dashboards/questions/product/first_uses.yml",
        "answer_is:",
        "answer_iz:",
        "answer_iz",
    ),
    "a question that reads a column which no mart has": (
        "dashboards/questions/product/first_uses.sql",
        "    feature,\n",
        "    featur,\n",
        '"featur" not found',
    ),
}


@contextmanager
def broken(built_demo: Demo, cases: list[tuple[str, str, str, str]]) -> Iterator[str]:
    """What `check` says with these mistakes made; all files are as before in the end."""
    before = {name: (built_demo.clone / name).read_text(encoding="utf-8") for name, *_ in cases}
    try:
        for name, right, wrong, _ in cases:
            path = built_demo.clone / name
            text = path.read_text(encoding="utf-8")
            assert right in text, "the recipe changed; change this case with it"
            path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
        found = built_demo.call("check")
        assert found.returncode == 1, found.stdout + found.stderr
        yield found.stdout
    finally:
        for name, text in before.items():
            (built_demo.clone / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def findings(built_demo: Demo) -> dict[str, str]:
    """What is said of each case. The rules of models are checked together, and questions only where they are kept."""
    in_models = [case for case in BROKEN if BROKEN[case][0].startswith("dbt_project/")]
    said = {}
    for together in (in_models, *([case] for case in BROKEN if case not in in_models)):
        with broken(built_demo, [BROKEN[case] for case in together]) as found:
            said |= dict.fromkeys(together, found)
    return said


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_variant_is_caught_with_file_and_line(findings: dict[str, str], case: str) -> None:
    name, _, _, words = BROKEN[case]
    place = rf"{re.escape(Path(name).name)}:\d+: .*{re.escape(words)}"
    assert re.search(place, findings[case]), findings[case]
