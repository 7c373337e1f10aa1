"""What stands behind a KPI adds up to the KPI, on the demo company: both are read from the same steps of the same SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from built_demo import Demo

from dashboards.ask import ask
from dashboards.kpi_evidence import KPIS, after, params_of
from dashboards.published import Published, open_version

# KPI, question, its parameters, the column that adds up, and the variant with the side that it adds up to.
SUMS = [
    ("K1", "question_waits", {"group": "wait"}, "settled", "within_15m", "denominator"),
    ("K1", "question_waits", {"group": "wait"}, "in_time", "within_15m", "numerator"),
    ("K1", "question_waits", {"group": "wait"}, "confirmed", "within_15m_confirmed", "numerator"),
    ("K1", "question_waits", {"group": "wait"}, "inferred", "within_15m_inferred", "numerator"),
    ("K1", "question_waits", {"group": "question"}, "late", "within_15m", "missing"),
    ("K1", "question_waits", {"group": "area"}, "in_time", "within_15m", "numerator"),
    ("K2", "started_experiments", {}, "counts", "started", "value"),
    ("K2", "started_experiments", {}, "cites_a_prior", "reference_share", "numerator"),
    ("K2", "started_experiments", {}, "had_a_prior", "reference_share_eligible", "denominator"),
    ("K6", "unhealthy_events", {}, "planned_and_valid", "planned_and_valid", "numerator"),
    ("K6", "unhealthy_events", {}, "events", "planned_and_valid", "denominator"),
    ("K9", "item_handoffs", {}, "finished", "handoffs", "n"),
]  # fmt: skip


@pytest.fixture(scope="module")
def version(built_demo: Demo) -> Iterator[Published]:
    with open_version(built_demo.published) as opened:
        yield opened


@pytest.fixture(scope="module")
def quarters(version: Published) -> list[dict[str, Any]]:
    return ask(version, "kpis", {"period": "quarter"}).rows


def reading(quarters: list[dict[str, Any]], kpi: str, variant: str) -> dict[str, Any]:
    """The latest complete quarter of a reading."""
    return [r for r in quarters if (r["kpi"], r["variant"]) == (kpi, variant) and r["status"] != "pending"][-1]  # fmt: skip


def test_what_stands_behind_a_kpi_adds_up_to_it(
    version: Published, quarters: list[dict[str, Any]]
) -> None:
    for kpi, question, given, column, variant, side in SUMS:
        row = reading(quarters, kpi, variant)
        start = row["period_start"]
        span = {"from": start.isoformat(), "to": after(start, "quarter").isoformat()}
        answer = ask(version, question, {"period": "quarter", **given, **span})
        assert all(r.get("reason") is None or question == "started_experiments" for r in answer.rows), question  # fmt: skip
        total = (
            sum(r["handoffs"] is not None for r in answer.rows)
            if column == "finished"
            else sum(r[column] or 0 for r in answer.rows)
        )
        wanted = row["denominator"] - row["numerator"] if side == "missing" else row[side]
        assert total == wanted, (kpi, question, given, column)


def test_the_rollouts_behind_k3_add_up_over_their_areas(
    version: Published, quarters: list[dict[str, Any]]
) -> None:
    rows = ask(version, "rollout_areas").rows
    over = [r for r in quarters if r["kpi"] == "K3" and r["variant"].startswith("adopted_day_60:") and r["reportable"] and r["status"] != "pending"]  # fmt: skip
    assert over
    for row in over:
        parts = [r for r in rows if f"adopted_day_60:{r['tool']}" == row["variant"]]
        assert sum(part["adopted"] for part in parts) == row["numerator"], row["variant"]
        assert sum(part["present_60"] for part in parts) == row["denominator"], row["variant"]
        assert all(part["eligible"] >= 5 for part in parts)


def test_each_kpi_names_only_its_own_sources_and_no_calendar_is_late(version: Published) -> None:
    behind = {kpi: {row["source"] for row in ask(version, "kpis", {"kpi": kpi}).freshness} for kpi in KPIS}  # fmt: skip
    assert behind["K4"] >= {"google_calendar"}
    assert behind["K1"] >= {"question_log", "jira"}
    for kpi in ("K1", "K4"):
        assert not behind[kpi] & {"amplitude", "delighted", "zendesk"}, kpi
    assert behind["K7"] == set()
    health = {row["source"]: row["status"] for row in ask(version, "data_health").rows}
    assert health["google_calendar"] == "ok"


def test_every_table_of_every_kpi_has_rows_in_the_demo(
    version: Published, quarters: list[dict[str, Any]]
) -> None:
    for kpi, known in KPIS.items():
        starts = [r["period_start"] for r in quarters if r["kpi"] == kpi and r["status"] != "pending"]  # fmt: skip
        for table in known.evidence:
            answer = ask(version, table.question, params_of(table, "quarter", max(starts)))
            assert answer.rows, (kpi, table.question)
