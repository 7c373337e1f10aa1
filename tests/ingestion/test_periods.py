"""Planning periods and shares of plans."""

from __future__ import annotations

import pytest

from ingestion.spec import BadRecord, Reject
from ingestion.values.periods import is_unset, period_days, shares


@pytest.mark.parametrize(
    ("written", "fiscal", "first", "last"),
    [
        ("Q1 2024", None, "2024-01-01", "2024-03-31"),
        ("2024-Q4", None, "2024-10-01", "2024-12-31"),
        ("q2/24", None, "2024-04-01", "2024-06-30"),
        ("H2 2024", None, "2024-07-01", "2024-12-31"),
        ("2024", None, "2024-01-01", "2024-12-31"),
        ("FY24 Q1", 2, "2023-02-01", "2023-04-30"),
        ("FY24 Q4", 2, "2023-11-01", "2024-01-31"),
        ("Q1 FY2024", 10, "2023-10-01", "2023-12-31"),
        ("FY24", 1, "2024-01-01", "2024-12-31"),
        ("FY24 Q1", 1, "2024-01-01", "2024-03-31"),
    ],
)
def test_case_073_periods_of_calendar_and_fiscal_years(written, fiscal, first, last):
    found = period_days(written, fiscal)
    assert found is not None
    assert tuple(map(str, found)) == (first, last)


@pytest.mark.parametrize("written", ["H3 2024", "Q5 2024", "next", "2024-03-04", "24"])
def test_what_is_no_period(written):
    assert period_days(written, 1) is None


@pytest.mark.parametrize("fiscal", [None, 13])
def test_a_fiscal_period_needs_the_rule(fiscal):
    with pytest.raises(Reject, match="fiscal_year_start"):
        period_days("FY24 Q1", fiscal)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["45%", "90%", "61 %"], [0.45, 0.9, 0.61]),
        (["0.45", "0.9", "0.61"], [0.45, 0.9, 0.61]),
        (["45", "90", "0.5"], [0.45, 0.9, 0.005]),  # all of a row are of one form
        (["45%", "0.9", None], [0.45, 0.9, None]),
        (["0", "1", "none"], [0.0, 1.0, None]),
        (["120%", "-5%", ""], [1.2, -0.05, None]),
    ],
)
def test_percent_forms_become_shares(cells, expected):
    assert shares(cells, ["baseline", "target", "current"]) == expected


def test_a_percentage_that_is_no_number_is_refused():
    with pytest.raises(BadRecord, match="target is not a percentage"):
        shares(["45%", "half"], ["baseline", "target"])


def test_words_for_nothing():
    assert is_unset(None) and is_unset(" None ") and is_unset("TBD") and not is_unset("0")
