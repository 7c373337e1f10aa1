"""Baselines in kpis.yml: what becomes of a frozen one, and every wrong declaration with its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingestion.company import baselines
from ingestion.company.load import load
from ingestion.declarations import CompanyError


def company(folder: Path, text: str) -> Path:
    (folder / "settings.yml").write_text("company: Acme\n")
    (folder / "kpis.yml").write_text(text)
    return folder


def test_a_dated_and_a_frozen_baseline_become_rows(tmp_path: Path) -> None:
    text = (
        "baselines:\n"
        "  K4: {calendar: {from: 2025-09-01, to: 2025-09-29}}\n"
        "  K2: {started: {from: 2025-01-01, to: 2025-07-01, value: 7, n: 7, ci_low: 1, ci_high: 9.5, definition: 2, frozen_on: 2025-07-01}}\n"
    )
    dated, frozen = baselines.rows(load(company(tmp_path, text)))
    assert (dated["kpi"], dated["variant"], dated["value"], dated["frozen_on"]) == ("K4", "calendar", None, None)  # fmt: skip
    assert (frozen["value"], frozen["n"], frozen["ci_low"], frozen["ci_high"]) == (7, 7, 1, 9.5)
    assert (frozen["definition"], frozen["frozen_on"]) == (2, date(2025, 7, 1))
    assert set(frozen) == set(baselines.SCHEMA)


WHOLE = "value: 7, n: 7, definition: 1, frozen_on: 2025-07-01"


@pytest.mark.parametrize(
    ("kpi", "written", "said"),
    [
        ("K3: {adopted_day_60", "from: 2025-01-01, to: 2025-04-01", "K3 takes no baseline: it is measured from the day of each rollout"),
        ("K10: {net", "from: 2025-01-01, to: 2025-04-01", "K10 takes no baseline"),
        ("K4: {time_trackin", "from: 2025-01-01, to: 2025-04-01", "not of `time_trackin`"),
        ("K2: {started", "from: 2025-01-02, to: 2025-04-01", "whole months"),
        ("K2: {started", "from: 2025-01-01, to: 2025-04-15", "whole months"),
        ("K5: {first_ship", "from: 2025-04-01, to: 2025-04-01", "`to` is not after `from`"),
        ("K2: {started", "from: 2025-01-01, to: 2025-07-01, value: 7", "also says `n`, `definition`, `frozen_on`"),
        ("K2: {started", "from: 2025-01-01, to: 2025-07-01, frozen_on: 2025-07-01", "also says `value`"),
        ("K2: {started", "from: 2025-01-01, to: 2025-07-02, value: 7, n: 7, definition: 1, frozen_on: 2025-07-01", "whole months"),
        ("K5: {first_ship", f"from: 2025-01-01, to: 2025-07-02, {WHOLE}", "cannot have been frozen on 2025-07-01"),
        ("K5: {first_ship", f"from: 2025-01-01, to: 2025-07-01, ci_low: 8, ci_high: 9, {WHOLE}", "lies outside of its own interval"),
        ("K5: {first_ship", f"from: 2025-01-01, to: 2025-07-01, ci_low: 5, {WHOLE}", "has both ends"),
        ("K5: {first_ship", "from: 2025-01-01, to: 2025-07-01, ci_low: 5", "needs the value that it is of"),
        ("K5: {first_ship", "from: 2025-01-01, to: 2025-07-01, values: 7", "unknown key `values`"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_line(
    tmp_path: Path, kpi: str, written: str, said: str
) -> None:
    text = f"targets: {{}}\nbaselines:\n  {kpi}: {{{written}}}}}\n"
    with pytest.raises(CompanyError) as refused:
        load(company(tmp_path, text))
    assert {problem.line for problem in refused.value.problems} == {3}
    assert any(said in problem.message for problem in refused.value.problems), refused.value


def test_two_baselines_of_a_kpi_that_begin_together_end_together(tmp_path: Path) -> None:
    text = (
        "baselines:\n"
        "  K2:\n"
        "    started: {from: 2025-01-01, to: 2025-07-01}\n"
        "    concluded: {from: 2025-01-01, to: 2025-04-01}\n"
        "  K5: {first_ship: {from: 2025-01-01, to: 2025-04-01}}\n"
    )
    with pytest.raises(CompanyError) as refused:
        load(company(tmp_path, text))
    (problem,) = refused.value.problems
    assert problem.line == 4 and "on line 3 begins on that day and ends on 2025-07-01" in problem.message  # fmt: skip
