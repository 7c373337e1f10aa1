"""How answers are written: JSON, CSV, terminal."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime

import pytest

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


def test_the_terminal_table_is_aligned_and_harmless():
    text = answer([{"name": "a\x1b[31mred", "n": 12345, "share": None}]).to_table()
    assert "\x1b" not in text
    assert "12,345" in text and "–" in text and "note: a note" in text
    assert "no data" in answer([]).to_table()
    long = answer([{"name": "x" * 10_000, "n": 1, "share": 0.5}] * 2).to_table()
    assert max(map(len, long.splitlines())) < 140


def test_one_row_of_many_columns_is_a_list_of_what_is_known():
    columns = [(f"column_{n}", "list" if n == 3 else "text", None) for n in range(20)]
    row = {
        "column_1": "a\x1b[31mred",
        "column_3": [{"name": "web", "share": 0.052}, {"name": "", "events": 7}],
    }
    text = answer([row], columns).to_table()
    assert "column_3  web 5.2%, not said 7" in text and "column_4" not in text
    assert "\x1b" not in text and "note: a note" in text
