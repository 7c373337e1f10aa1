"""The quarterly report: each figure by hand, baselines and their freezing, what is withheld, and what cannot be claimed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from dashboards.answer import BadParameter
from dashboards.quarterly import figure, freezing, quarter, words
from dashboards.quarterly.evidence import Delivery
from dashboards.quarterly.figure import Figure
from dashboards.quarterly.report import Report, build
from ingestion.company import baselines as declarations
from ingestion.company.load import load
from tests.dashboards.quarterly_rows import WHOLE, declared, evidence, models, row, share, told


def one(report: Report, variant: str) -> Figure:
    (found,) = [each for each in report.figures if each.variant == variant]
    return found


def claims(report: Report) -> str:
    return "\n".join(report.claims)


def without(*kpis: str) -> list[dict]:
    return [each for each in WHOLE if each["kpi"] not in kpis]


def with_rows(*rows: dict) -> list[dict]:
    """The whole quarter with rows in the place of those of the same variant and period."""
    keys = {(r["kpi"], r["variant"], r["period"], r["period_start"]) for r in rows}
    kept = [r for r in WHOLE if (r["kpi"], r["variant"], r["period"], r["period_start"]) not in keys]  # fmt: skip
    return [*kept, *rows]


def test_hours_saved_say_what_was_recorded_and_what_it_would_have_been() -> None:
    saved = one(told(), "saved_hours:time_tracking")
    assert (saved.value, saved.low, saved.high, saved.n, saved.coverage) == (250, 200, 310, 8, 0.8)
    assert saved.verdict == "beyond chance" and saved.label == "Hours saved in the quarter (time tracking)"  # fmt: skip
    # 1,000 hours at the baseline less 250 saved; 1,000 by 100 weeks is the baseline
    assert saved.says == (
        "8 PMs recorded 750 hours of process work in 100 PM-weeks; at their own baselines these weeks would have held 1,000, so 250 fewer."
    )
    assert saved.baseline and (saved.baseline.value, saved.baseline.kind) == (10, "first")
    assert words.baseline_span(saved.baseline) == "6 Jan–2 Feb 2025"
    per_week = one(told(), "saved_per_week:time_tracking")
    assert per_week.says == "2.5 hours fewer than the 10.0 of a mean week of the baseline, in the 100 PM-weeks of 8 PMs that were counted."  # fmt: skip
    assert per_week.value == 2.5
    change = one(told(), "change:time_tracking")
    assert words.value(change.value, change.unit) == "\N{MINUS SIGN}25%" and change.status == "on_target"  # fmt: skip
    assert "of the same 8 PMs fell by 25%" in change.says


def test_hours_that_rose_are_not_called_saved() -> None:
    worse = row("K4", "saved_hours:time_tracking", "2025-07-01", -50.0, n=8, numerator=1000.0, denominator=100.0, ci_low=-90.0, ci_high=-10.0)  # fmt: skip
    says = one(told(rows=with_rows(worse)), "saved_hours:time_tracking").says
    assert says.endswith("recorded 1,050 hours of process work in 100 PM-weeks; at their own baselines these weeks would have held 1,000, so 50.0 more.")  # fmt: skip


def test_an_interval_of_hours_that_holds_zero_is_no_clear_change() -> None:
    report = told()
    net = one(report, "net:time_tracking:digest")
    assert net.verdict == "no clear change" and net.baseline and net.baseline.kind == "rollout"
    assert "more than chance: the interval, \N{MINUS SIGN}0.1 h to 0.9 h, includes no change" in claims(report)  # fmt: skip


def test_experiments_are_compared_with_the_first_whole_quarter_by_rule() -> None:
    started = one(told(), "started")
    # evidence begins in Q4 2024, which it may not cover whole; 16 against 4 is 12 > 1.96 * sqrt(20) = 8.8
    assert started.baseline and started.baseline.first == date(2025, 1, 1)
    assert (started.change, started.verdict) == (12, "beyond chance")
    # 6 against 4 is 2 < 1.96 * sqrt(10) = 6.2
    assert one(told(), "concluded").verdict == "no clear change"
    assert "That experiments concluded changed: 6 against 4 lies within what chance explains." in claims(told())  # fmt: skip


def test_a_target_is_told_as_it_is_declared_and_one_per_month_is_none_of_a_quarter() -> None:
    targets = {each.variant.partition(":")[0]: words.target(each) for each in told().figures}
    assert targets["change"] == "\N{MINUS SIGN}30% to \N{MINUS SIGN}20%"
    assert (targets["started"], targets["concluded"]) == ("4 or more", "–")
    assert (targets["first_ship"], targets["reuse"]) == ("90 days or less", "–")


@pytest.mark.parametrize(("now", "verdict"), [(8, "no clear change"), (9, "beyond chance")])
def test_two_counts_differ_beyond_196_standard_errors(now: int, verdict: str) -> None:
    base = declared("K2", "started", "2024-01-01", "2025-01-01")
    again = row("K2", "started", "2024-01-01", 10.0, period="baseline", n=10)
    rows = with_rows(row("K2", "started", "2025-07-01", float(now), n=now), again)
    started = one(told(rows=rows, declared=[base]), "started")
    # per month: 8/3 - 10/12 = 1.83 < 1.96 * sqrt(8/9 + 10/144) = 1.92, but 9/3 - 10/12 = 2.17 > 2.03
    assert started.baseline and started.baseline.value == 2.5
    assert started.verdict == verdict


def test_shares_are_judged_with_both_counts() -> None:
    alone = one(told(), "reference_share")
    assert (alone.part, alone.whole, alone.says) == (14, 16, "14 of 16 experiments.")
    # the quarter of 1 in 4 is the one in which the evidence begins, so it is no baseline
    assert (alone.baseline, alone.verdict) == (None, "not compared")
    earlier = share("K2", "reference_share", "2024-10-01", 1, 1)
    shared = one(told(rows=[*WHOLE, earlier]), "reference_share")
    # pooled: z = 0.625 / sqrt(0.75 * 0.25 * (1/16 + 1/4)) = 2.58
    assert shared.change == pytest.approx(0.625) and shared.verdict == "beyond chance"


def test_onboarding_is_read_of_the_newest_hires_that_are_settled() -> None:
    report = told()
    days = one(report, "first_ship")
    assert (days.first, days.value, days.n) == (date(2025, 1, 1), 30, 7)
    assert days.baseline is None and words.interval(days) == "20 to 45 days"
    assert "Q1 2025 is the newest quarter of hires that can be told of at the quarter's end, and 8 joined since" in claims(report)  # fmt: skip
    assert words.interval(replace(days, high=None)) == "20 days or more"
    frozen = declared("K5", "first_ship", "2024-01-01", "2025-01-01", value=60.0, n=9, ci_low=46.0, ci_high=99.0, definition_version=1, frozen_on=date(2025, 1, 20))  # fmt: skip
    assert one(told(declared=[frozen]), "first_ship").verdict == "beyond chance"
    touching = {**frozen, "ci_low": 45.0}
    days = one(told(declared=[touching]), "first_ship")
    assert (days.change, days.verdict) == (-30, "no clear change")


def test_hires_of_more_than_four_quarters_ago_do_not_speak_of_today() -> None:
    report = told(quarter="2026-Q1", reached="2026-04-01")
    assert one(report, "first_ship").reason.startswith("no evidence of it in the quarter")
    pending = row("K5", "first_ship", "2026-01-01", None, n=2, status="pending", reason="fewer than 5 (2)")  # fmt: skip
    late = one(told(quarter="2026-Q1", reached="2026-04-01", rows=[*WHOLE, pending]), "first_ship")
    assert late.value is None
    assert (
        late.reason == "no PMs hired in the last 4 quarters can be told of yet (fewer than 5 (2))"
    )


def test_answers_are_counted_and_compared() -> None:
    answers = one(told(), "within_15m")
    assert answers.says == "90 of 100 questions."
    before = share("K1", "within_15m", "2025-01-01", 8, 16)
    answers = one(told(rows=[*WHOLE, before]), "within_15m")
    assert answers.baseline and answers.baseline.first == date(2025, 4, 1)
    assert answers.change == pytest.approx(0.4) and answers.verdict == "beyond chance"
    assert answers.says == "90 of 100 questions, against 50% in 1 Apr–30 Jun 2025 (beyond chance)."


def frozen_started(**more: object) -> dict:
    parts = {"value": 3.0, "n": 3, "definition_version": 1, "frozen_on": date(2024, 10, 2), **more}
    return declared("K2", "started", "2024-07-01", "2024-10-01", **parts)


def test_a_frozen_baseline_stands_when_its_days_are_counted_otherwise_later() -> None:
    again = row("K2", "started", "2024-07-01", 5.0, period="baseline", n=5)
    report = told(rows=[*WHOLE, again], declared=[frozen_started()])
    base = one(report, "started").baseline
    assert base and (base.kind, base.value, base.now, base.frozen_on) == ("frozen", 3, 5, date(2024, 10, 2))  # fmt: skip
    assert one(report, "started").change == 13
    assert "frozen on 2 Oct 2024 as 3; the same days give 5 in this version" in claims(report)
    same = {**again, "value": 3.0}
    assert "in this version" not in claims(told(rows=[*WHOLE, same], declared=[frozen_started()]))


def test_a_value_frozen_under_another_definition_is_read_anew_and_both_are_told() -> None:
    again = row("K2", "started", "2024-07-01", 5.0, period="baseline", n=5)
    report = told(rows=[*WHOLE, again], declared=[frozen_started()], definitions={"K2": 2})
    base = one(report, "started").baseline
    assert base and (base.kind, base.value) == ("dated", 5)
    assert "frozen on 2 Oct 2024 as 3 under definition 1; the definition is 2 today" in claims(report)  # fmt: skip
    unknown = told(declared=[frozen_started()], definitions={"K2": 2})
    assert one(unknown, "started").change is None
    assert "That experiments started changed since 1 Jul–30 Sep 2024: no evidence reaches back to it." in claims(unknown)  # fmt: skip


def test_a_baseline_of_six_months_is_told_per_quarter() -> None:
    again = row("K2", "started", "2024-07-01", 6.0, period="baseline", n=6)
    dated = declared("K2", "started", "2024-07-01", "2025-01-01")
    report = told(rows=[*WHOLE, again], declared=[dated])
    base = one(report, "started").baseline
    assert base and (base.value, base.n, base.kind) == (3, 6, "dated")
    assert "are dated but not frozen" in claims(report)


def test_a_quarter_inside_its_own_baseline_is_not_compared() -> None:
    again = row("K2", "started", "2025-07-01", 16.0, period="baseline", n=16)
    dated = declared("K2", "started", "2025-07-01", "2025-10-01")
    started = one(told(rows=[*WHOLE, again], declared=[dated]), "started")
    assert (started.change, started.verdict) == (None, "not compared")
    assert "is not over when this period begins" in " ".join(started.caveats)


def test_the_lines_that_freeze_can_be_declared_and_freeze_the_same_values(tmp_path: Path) -> None:
    (tmp_path / "settings.yml").write_text("company: Acme\n")
    (tmp_path / "kpis.yml").write_text(freezing.lines(told().figures, date(2025, 11, 15)))
    kept = declarations.rows(load(tmp_path))
    rows = [{**{k: v for k, v in each.items() if k != "definition"}, "definition_version": each["definition"]} for each in kept]  # fmt: skip
    assert {(each["kpi"], each["variant"]) for each in kept} >= {("K4", "time_tracking"), ("K2", "started"), ("K2", "concluded")}  # fmt: skip
    before, after = told(), told(declared=rows)
    for variant in ("started", "concluded", "saved_hours:time_tracking"):
        then, now = one(before, variant).baseline, one(after, variant).baseline
        assert then and now and (now.kind, now.value, now.first, now.end) == ("frozen", then.value, then.first, then.end)  # fmt: skip
        assert one(before, variant).change == one(after, variant).change
    assert not {"started", "concluded"} & set(freezing.lines(after.figures, date(2025, 11, 15)).replace(":", " ").split())  # fmt: skip


@pytest.mark.parametrize(
    ("reached", "state"), [("2025-09-30", "running"), ("2025-10-01", "partial")]
)
def test_a_quarter_is_told_from_the_day_after_its_last(reached: str, state: str) -> None:
    report = told(reached=reached, rows=without("K5"))
    assert report.state == state
    shown = [each for each in report.figures if each.is_shown]
    assert bool(shown) == (state == "partial")
    if state == "running":
        assert claims(report).startswith("Anything about Q3 2025: it runs to 30 Sep 2025, and the data reaches 29 Sep 2025")  # fmt: skip
        assert all("runs to 30 Sep 2025" in each.reason for each in report.figures)


def test_with_half_of_the_evidence_missing_the_rest_is_the_same_and_the_half_says_what_it_needs() -> (
    None
):
    whole, half = told(), told(rows=without("K4", "K5", "K10"))
    assert half.state == "partial"
    for each in half.figures:
        if each.kpi in ("K1", "K2"):
            assert each == one(whole, each.variant)
        else:
            assert each.value is None and each.reason.startswith("no evidence of it in the quarter; it needs")  # fmt: skip
            assert each.label in claims(half)
    nothing = told(rows=[])
    assert nothing.state == "empty" and not any(each.is_shown for each in nothing.figures)
    assert "money" not in claims(nothing)


def test_a_number_that_is_not_reportable_is_never_shown() -> None:
    low = row("K4", "saved_hours:time_tracking", "2025-07-01", 250.0, n=8, reportable=False, reason="coverage under 60 %")  # fmt: skip
    saved = one(told(rows=with_rows(low)), "saved_hours:time_tracking")
    assert saved.value is None and saved.row()["value"] is None
    assert "250" not in str(saved.row()) and saved.says == "Not shown: coverage under 60 %."


def test_a_kpi_of_which_nothing_came_since_the_quarter_ended_has_no_figure() -> None:
    stopped = {"growthbook": Delivery(date(2025, 8, 12), date(2025, 9, 30))}
    report = told(deliveries=stopped)
    assert one(report, "started").reason == "nothing of it was delivered after 30 Sep 2025, and the quarter runs to 30 Sep 2025"  # fmt: skip
    assert one(report, "within_15m").value == 0.9
    delivered_later = told(deliveries={"growthbook": Delivery(date(2025, 8, 12), date(2025, 10, 1))})  # fmt: skip
    assert one(delivered_later, "started").value == 16
    assert "growthbook would tell of 13 Aug–30 Sep 2025: its last record is of 12 Aug 2025, so K2 may lack" in claims(delivered_later)  # fmt: skip


def test_what_cannot_be_claimed_follows_the_figures() -> None:
    said = claims(told())
    assert "not an experiment" in said and "Status digest (19 Mar 2025)" in said and "Old tool" not in said  # fmt: skip
    assert "Hours saved by everyone (time tracking): 25 of 125 PM-weeks have no evidence" in said
    assert "on top of the hours saved" in said and "money" in said
    assert "never added" not in said
    both = replace(evidence(), rows=[*WHOLE, row("K4", "saved_hours:calendar", "2025-07-01", 9.0, numerator=90.0, denominator=30.0, coverage=1.0)])  # fmt: skip
    assert "never added" in claims(build(both))


def test_a_figure_survives_its_row() -> None:
    for each in told(declared=[frozen_started()]).figures:
        assert figure.read(each.row()) == each


@pytest.mark.parametrize("name", ["2025-Q5", "2025", "Q3", "2025-07", "9999-Q1", "'; drop", ""])
def test_a_name_that_is_no_quarter_is_refused_with_the_form(name: str) -> None:
    with pytest.raises(BadParameter, match="2025-Q3"):
        quarter.read(name)


def test_quarters_meet_without_a_gap() -> None:
    for number, (first, end) in enumerate([("01-01", "04-01"), ("04-01", "07-01"), ("07-01", "10-01")], 1):  # fmt: skip
        found = quarter.read(f"2024-q{number}")
        assert (str(found.first), str(found.end)) == (f"2024-{first}", f"2024-{end}")
    assert quarter.of(date(2024, 12, 31)).moved(1) == quarter.of(date(2025, 1, 1))
    assert [q.name for q in quarter.between(date(2024, 12, 31), date(2025, 4, 1))] == ["2025-Q2", "2025-Q1", "2024-Q4"]  # fmt: skip


LOADS = [{"load_id": 1, "source": "toggl", "state": "live", "last_event_at": datetime(2025, 11, 1), "committed_at": datetime(2025, 11, 2)}]  # fmt: skip


def test_the_question_reads_the_kpis_as_of_the_end_of_the_quarter(world: Any) -> None:
    told_by = models()
    told_by["kpi_k5"]["meta"] = {"definition_version": 2}
    definitions = {"models": {**told_by, "kpi_own": {"compiled_sql": "broken"}}}
    with world(definitions=definitions, tables={"fct_loads": LOADS}, data_through="2025-11-15") as opened:  # fmt: skip
        answer = opened("quarterly_report")
        assert (answer.summary["quarter"], answer.summary["state"]) == ("2025-Q3", "complete")
        assert '"as_of": "2025-10-01T00:00:00"' in answer.sql
        by_variant = {r["variant"]: r for r in answer.rows}
        assert by_variant["saved_hours:time_tracking"]["value"] == 250
        assert by_variant["first_ship"]["period_start"] == date(2025, 1, 1)
        versions = [by_variant[name]["definition_version"] for name in ("reuse", "first_ship")]
        assert versions == [1, 2]
        running = opened("quarterly_report", quarter="2025-Q4")
        assert running.summary["state"] == "running" and running.caveats
        assert not any(r["reportable"] for r in running.rows)
        assert opened("quarterly_report", quarter="2020-Q1").summary["state"] == "empty"
        for wrong in ({"quarter": "last"}, {"from_": "2025-07-01"}, {"project": "default"}):
            with pytest.raises(BadParameter):
                opened("quarterly_report", **wrong)
