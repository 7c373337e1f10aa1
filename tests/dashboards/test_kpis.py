"""KPIs re-run their own SQL on the published version, as of the asked instant."""

from __future__ import annotations

import pytest

from dashboards.answer import BadParameter
from dashboards.kpi_words import target_text

SQL = """
with asked as (
    select count(*) as n, min(asked_at) as first_at
    from "warehouse"."marts"."fct_question_asks"
    where asked_at < coalesce(cast(getvariable('as_of') as timestamp), timestamp '2030-01-01')
)
select
    'K1' as kpi, 'Data-access time' as name, 'within_15m' as variant, 'quarter' as period,
    cast(date_trunc('quarter', first_at) as date) as period_start, n / 4.0 as value, 'rate' as unit, n, n * 1.0 as numerator,
    4.0 as denominator, 0.1 as ci_low, 0.9 as ci_high, 1.0 as coverage, 0.9 as target, 'off_target' as status,
    n >= 2 as reportable, case when n < 2 then 'too few' end as reason
from asked
where n > 0
"""


@pytest.fixture
def asks(world):
    definitions = {
        "models": {
            "kpi_data_access_time": {
                "compiled_sql": SQL,
                "meta": {"definition_version": 2},
                "earlier": [
                    {
                        "definition_version": 1,
                        "compiled_sql": SQL.replace("n / 4.0", "n / 8.0"),
                        "replaced_in": "v000002",
                        "replaced_on": "2024-03-05",
                    }
                ],
            },
            "fct_events": {"compiled_sql": "broken"},
        }
    }
    asked = [{"ask_id": "1", "asked_at": "2024-02-01"}, {"ask_id": "2", "asked_at": "2024-03-01"}]
    goals = [
        {"kpi": "K1", "variant": "within_15m", "per": None, "at_least": 0.9, "at_most": 0.95},
        {"kpi": "K4", "variant": "change", "per": None, "at_least": None, "at_most": -0.2},
    ]
    with world(
        definitions=definitions,
        tables={"fct_question_asks": asked, "dim_kpi_targets": goals},
        data_through="2024-04-02",
    ) as opened:
        yield opened


def test_a_target_with_two_ends_tells_both(asks):
    row = asks("kpis").rows[0]
    assert (float(row["target"]), row["target_to"]) == (0.9, 0.95)
    assert target_text(row, str) == "0.9 to 0.95"
    assert target_text({"target": 0.9, "target_to": None}, str) == "0.9"
    assert target_text({"target": None}, str) == ""


def test_the_compiled_sql_is_run_again_as_of_an_instant(asks):
    row = asks("kpis").rows[0]
    assert (row["kpi"], row["variant"], row["n"], row["value"], row["reportable"]) == (
        "K1",
        "within_15m",
        2,
        0.5,
        True,
    )
    earlier = asks("kpis", "2024-02-15").rows[0]
    assert (earlier["n"], earlier["reportable"], earlier["reason"]) == (1, False, "too few")
    assert asks("kpis", "2024-01-15").rows == []


def test_kpis_are_chosen_by_id_period_and_range(asks):
    assert len(asks("kpis", kpi="K1").rows) == 1
    assert asks("kpis", period="month").rows == []
    assert asks("kpis", from_="2024-04-01").rows == []
    answer = asks("kpis", kpi="K4")
    assert answer.rows == [] and any("K4 has no rows" in text for text in answer.caveats)


def test_kpis_take_no_project_of_their_own(asks):
    with pytest.raises(BadParameter):
        asks("kpis", project="default")


def test_an_earlier_definition_counts_the_same_records_beside_todays(asks):
    today, before = asks("kpis", kpi="K1"), asks("kpis", kpi="K1", definition=1)
    assert (today.rows[0]["value"], before.rows[0]["value"]) == (0.5, 0.25)
    assert today.caveats == [
        "Definition 2 counts since 2024-03-05; `definition=1` counts by the one before, on the same records."
    ]
    assert before.caveats == [
        "Counted by definition 1 of kpi_data_access_time, which another one replaced on 2024-03-05 (v000002)."
    ]
    assert asks("kpis", kpi="K1", definition=2).rows == today.rows
    with pytest.raises(
        BadParameter, match="no KPI had a definition 3 in this version; earlier ones: 1"
    ):
        asks("kpis", definition=3)
