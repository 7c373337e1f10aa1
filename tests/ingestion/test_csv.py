"""CSV and what breaks it (fault catalogue 3.B, 47 to 54)."""

from __future__ import annotations

import pytest

HEAD = "experiment_id,user_id,variant,exposed_at\n"


def row(user: str, at: str = "2024-03-02T00:00:00Z") -> str:
    return f"x1,{user},control,{at}\n"


def test_case_047_an_excel_export_is_read_exactly(lake):
    lake.settings = type(lake.settings)(sources={"outcomes": {"projects": {"p": {"locale": "de"}}}})
    data = b"\xef\xbb\xbfuser_id;umsatz\r\nu1;1,5\r\nu2;2\r\n"
    assert lake.deliver(data, "outcomes", "o.csv").loaded == 2
    assert lake.rows("outcomes.outcomes", "metrics") == [('{"umsatz": 1.5}',), ('{"umsatz": 2.0}',)]


def test_case_047_windows_1252_with_semicolons(lake):
    data = "person_id;name;role\np1;Jürgen;pm\n".encode("cp1252")
    lake.deliver(data, "people", "p.csv")
    assert lake.rows("people.people", "name") == [("Jürgen",)]


def test_case_048_ragged_rows_are_quarantined(lake):
    data = HEAD + row("u1") + "x1,u2\n" + "x1,u3,control,2024-03-02,more\n" + row("u4")
    report = lake.deliver(data, "exposures", "x.csv")
    assert (report.loaded, lake.codes()) == (2, {3: "COLUMN_COUNT", 4: "COLUMN_COUNT"})


def test_case_049_an_unclosed_quote_costs_its_own_row_only(lake):
    data = 'person_id,name\n1,"open\n2,ok\n3,fine\n'
    report = lake.deliver(data, "people", "p.csv")
    assert (report.loaded, lake.codes()) == (2, {2: "QUOTE"})


def test_case_050_quoted_newlines_and_doubled_quotes_are_exact(lake):
    data = 'person_id,name,role,\n\n1,"a\n""b"", c",pm,\n2,"",pm,\n'
    report = lake.deliver(data, "people", "p.csv")
    assert report.loaded == 2
    assert lake.rows("people.people", "name, _line") == [('a\n"b", c', 3), (None, 5)]


def test_case_051_order_case_and_blanks_of_a_header_do_not_matter(lake):
    data = " Exposed At , VARIANT,User_ID,experiment_id\n2024-03-02,control,u1,x1\n"
    assert lake.deliver(data, "exposures", "x.csv").loaded == 1


@pytest.mark.parametrize(
    "head",
    ["experiment_id,usr_id,variant,exposed_at", "experiment_id,user_id,user_id,variant,exposed_at"],
)
def test_case_051_a_missing_or_doubled_column_is_refused(lake, head):
    report = lake.deliver(head + "\n" + row("u1"), "exposures", "x.csv")
    assert (report.status, report.reason) == ("rejected", "HEADER")
    assert "user" in report.message


def test_case_052_ids_that_a_spreadsheet_destroyed_are_quarantined(lake):
    data = HEAD + row("1.23457E+12") + row("0012")
    report = lake.deliver(data, "exposures", "x.csv")
    assert (report.loaded, lake.codes()) == (1, {2: "EXCEL_MANGLED_ID"})
    assert lake.rows("exposures.exposures", "user_id") == [("0012",)]


@pytest.mark.parametrize("value", ["1.234,5", "€5", "5%", "\u22125", "٣", "1 000", "NaN", "1e999"])
def test_case_054_numbers_are_never_guessed(lake, value):
    data = f'user_id,spent\nu1,"{value}"\nu2,5\n'
    report = lake.deliver(data, "outcomes", "o.csv")
    assert (report.loaded, lake.codes()) == (1, {2: "NUMBER"})


def test_case_037_a_latin1_row_in_a_utf8_file_is_quarantined(lake):
    data = (
        HEAD.encode() + row("u1").encode() + b"x1,caf\xe9,control,2024-03-02\n" + row("ü").encode()
    )
    report = lake.deliver(data, "exposures", "x.csv")
    assert (report.loaded, lake.codes()) == (2, {3: "BAD_UTF8"})
    assert lake.raw_of("BAD_UTF8") == b"x1,caf\xe9,control,2024-03-02"


def test_case_069_day_and_month_are_never_guessed(lake):
    data = HEAD + row("u1", "01/02/2026") + row("u2", "2026-02-01 10:00")
    report = lake.deliver(data, "exposures", "x.csv")
    assert (report.loaded, lake.codes()) == (1, {2: "TIME_FORMAT"})


def test_long_and_wide_outcomes_are_the_same(lake):
    lake.deliver("experiment_id,user_id,spent\nx1,u1,5\n", "outcomes", "wide.csv", "w")
    lake.deliver("user_id,metric,value,at\nu1,spent,5,2024-03-02\n", "outcomes", "long.csv", "l")
    assert lake.rows("outcomes.outcomes", "user_id, metrics") == [("u1", '{"spent": 5.0}')] * 2


def test_a_corrected_file_of_outcomes_replaces_the_older(lake):
    lake.deliver("user_id,spent\nu1,5\nu2,6\n", "outcomes", "o.csv")
    report = lake.deliver("user_id,spent\nu1,7\nu2,6\n", "outcomes", "o.csv")
    assert report.loaded == 2
    assert len(lake.rows("outcomes.outcomes")) == 2
