"""How answers are written: JSON, CSV, terminal."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime

import pytest

from dashboards import format as formats
from dashboards.answer import Answer, Column


def answer(
    rows, columns=(("name", "text", None), ("n", "integer", "people"), ("share", "number", "rate"))
):
    return Answer(
        "q",
        {},
        [Column(*c) for c in columns],
        rows,
        {"x": float("nan")},
        "d",
        "1",
        "v1",
        [],
        {},
        "select 1",
        ["a note"],
    )


def test_json_has_no_nan_and_iso_times():
    found = json.loads(
        answer(
            [{"name": datetime(2024, 3, 4, 10), "n": date(2024, 3, 4), "share": float("inf")}]
        ).to_json()
    )
    assert found["rows"] == [{"name": "2024-03-04T10:00:00", "n": "2024-03-04", "share": None}]
    assert found["summary"] == {"x": None}


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x")', "+1", "-1+2", "@SUM(A1)", "\tx", "\rx"])
def test_case_165_formulas_in_a_csv_are_neutralised_and_numbers_stay_numbers(text):
    row = list(
        csv.reader(
            io.StringIO(answer([{"name": text, "n": -5, "share": -0.25}]).to_csv(), newline="")
        )
    )[1]
    assert row == ["'" + text, "-5", "-0.25"]
    assert row[0][1:] == text  # reversible


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (0.0, "0 %"),
        (-0.0, "0 %"),
        (1.0, "100 %"),
        (0.99999, "> 99.9 %"),
        (0.000049, "< 0.1 %"),
        (-0.00001, "> -0.1 %"),
        (0.1234, "12.3 %"),
        (1.0001, "100.1 %"),
        (1.5, "150.0 %"),
        (float("nan"), "no data"),
    ],
)
def test_case_166_rates_never_round_to_all_or_to_minus_zero(value, want):
    assert formats.rate(value) == want


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (-0.0, "0"),
        (1e12, "1\u202f000\u202f000\u202f000\u202f000"),
        (0.000123456, "0.000123"),
        (12.345, "12.3"),
        (1234.5, "1234"),
        (99999.6, "100\u202f000"),
        (2.0, "2"),
        (float("inf"), "no data"),
        (-0.0000000001, "-0.0000000001"),
    ],
)
def test_case_166_numbers(value, want):
    assert formats.number(value) == want


def test_durations_read_in_two_units():
    assert [formats.duration(s) for s in (0, 0.5, 59.96, 60, 3661, 90000, 604800)] == [
        "0 s",
        "0.5 s",
        "60 s",
        "1 min",
        "1 h 1 min",
        "1 d 1 h",
        "7 d",
    ]


def test_the_terminal_table_is_aligned_and_harmless():
    text = answer([{"name": "a\x1b[31mred", "n": 12345, "share": None}]).to_table()
    assert "\x1b" not in text
    assert "12\u202f345" in text and "no data" in text and "note: a note" in text
    assert "no data" in answer([]).to_table()
