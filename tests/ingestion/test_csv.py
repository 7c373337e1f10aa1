"""CSV and what breaks it (fault catalogue 3.B, 47 to 54)."""

from __future__ import annotations

import json

import pytest
from literal_exports import all_examples

from ingestion import quarantine
from ingestion.manifest import Manifest
from ingestion.spec import IngestSettings

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


def declare(lake, source: str, **settings) -> None:
    """What the company's settings say about the project."""
    lake.settings = IngestSettings({source: {"projects": {"p": settings}}})


def test_case_047_what_excel_writes_in_germany_is_exact_and_its_dialect_is_recorded(lake):
    """Semicolons, Windows-1252 and decimal commas, with and without a byte-order mark, and nothing declared."""
    text = "user_id;größe;umsatz €\r\nu1;1,5;-0,25\r\nu2;2;1234,5678\r\n"
    files = {
        "ansi.csv": text.encode("cp1252"),
        "marked.csv": b"\xef\xbb\xbf"
        + text.replace("u1", "v1").replace("u2", "v2").encode("cp1252"),
        "utf8.csv": text.replace("u1", "w1").replace("u2", "w2").encode("utf-8-sig"),
    }
    reports = lake.deliver_all(files, "outcomes")
    assert {r.loaded for r in reports.values()} == {2}
    rows = lake.rows("outcomes.outcomes", "metrics")
    assert {json.dumps(json.loads(row[0]), sort_keys=True) for row in rows} == {
        json.dumps({"größe": 1.5, "umsatz €": -0.25}, sort_keys=True),
        json.dumps({"größe": 2.0, "umsatz €": 1234.5678}, sort_keys=True),
    }
    with Manifest(lake.paths.manifest) as manifest:
        told = {row[0]: tuple(row)[1:] for row in manifest.rows("select file_name, encoding, dialect from files")}  # fmt: skip
    assert told == {
        "ansi.csv": ("cp1252", ";"), "marked.csv": ("cp1252", ";"), "utf8.csv": ("utf-8-sig", ";"),
    }  # fmt: skip


def test_case_047_a_number_that_could_be_two_is_refused_until_the_locale_is_declared(lake):
    data = "user_id;spent\nu1;1,500\nu2;1.500\nu3;0,125\nu4;7\n"
    report = lake.deliver(data, "outcomes", "o.csv")
    assert (report.loaded, lake.codes()) == (2, {2: "NUMBER", 3: "NUMBER"})
    declare(lake, "outcomes", locale="de")
    lake.deliver(data.replace("1.500", "1.500,0"), "outcomes", "o.csv")
    assert [json.loads(row[0])["spent"] for row in lake.rows("outcomes.outcomes", "metrics")] == [1.5, 1500, 0.125, 7]  # fmt: skip


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


def test_case_050_a_shape_of_every_kind_through_the_whole_way(lake):
    data = (
        'person_id,name,role\r\n1,"Smith, ""Al""",pm\r\n\r\n2,"two\r\nlines",pm\r\n'
        '3,"",pm\r\n4,a\u2028b\u0085c,pm\r\n5,"=HYPERLINK(""x"")",pm\r\n'
    )
    assert lake.deliver(data, "people", "p.csv").loaded == 5
    names = [row[0] for row in lake.rows("people.people", "name")]
    assert names == ['Smith, "Al"', "two\r\nlines", None, "a\u2028b\u0085c", '=HYPERLINK("x")']


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


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ("experiment_id,usr_id,variant,exposed_at", "user_id (nearest: usrid)"),
        ("x1,u1,control,2024-03-02", "is the header line missing?"),
        ("Versuch,Nutzer,Variante,gesehen", "columns: {ours: theirs}"),
        ("experiment_id,user_id,User Id,variant,exposed_at", "two columns of the header mean user_id"),
        ("experiment_id,user_id,variant,note,Note,exposed_at", "names note more than once"),
        ('experiment_id,user_id,"variant,exposed_at', "the quotes of the header do not add up"),
    ],
)  # fmt: skip
def test_case_051_a_header_that_cannot_be_used_says_what_is_wrong_with_it(lake, head, says):
    report = lake.deliver(head + "\n" + row("u1"), "exposures", "x.csv")
    assert (report.status, report.reason, report.records_seen) == ("rejected", "HEADER", 0)
    assert says in report.message


def test_case_051_a_translated_header_is_read_by_the_declared_mapping(lake):
    mapping = {"experiment_id": "Versuch", "user_id": "Nutzer", "variant": "Variante", "exposed_at": "gesehen am"}  # fmt: skip
    declare(lake, "exposures", columns=mapping)
    data = "Versuch;Gesehen Am;Nutzer;Variante;Land\nx1;2024-03-02;u1;control;DE\n"
    assert lake.deliver(data, "exposures", "x.csv").loaded == 1
    assert lake.rows("exposures.exposures", "user_id, properties") == [("u1", '{"Land": "DE"}')]


def test_case_052_what_a_spreadsheet_makes_of_an_id_is_named(lake):
    mangled = ["1.23457E+12", "1,23457E+12", "-1.2E+05", "#N/A", "#REF!", "#NAME?", "########", "TRUE", "FALSE"]  # fmt: skip
    data = HEAD + row("9007199254740993") + row("true") + "".join(row(f'"{v}"') for v in mangled)
    report = lake.deliver(data, "exposures", "x.csv")
    assert (report.loaded, report.quarantined) == (2, len(mangled))
    assert set(lake.codes().values()) == {"EXCEL_MANGLED_ID"}
    for value, record in zip(mangled, quarantine.list_records(lake.paths), strict=True):
        assert f"user_id is {value}: " in record.message and "export it as text" in record.message
    assert lake.rows("exposures.exposures", "user_id") == [("9007199254740993",), ("true",)]


def test_case_052_a_day_as_a_spreadsheet_counts_it_is_named(lake):
    days = ("43891", "45356.9305555556", "45356,93")
    data = HEAD + "".join(row("u1", f'"{day}"') for day in days) + row("u2")
    report = lake.deliver(data, "exposures", "x.csv")
    assert (report.loaded, set(lake.codes().values())) == (1, {"EXCEL_MANGLED_ID"})
    assert report.quarantined == 3 and "a spreadsheet's own number of a day" in report.message


def test_case_052_ids_are_texts_whatever_they_look_like(lake):
    ids = ["0012", "1e3", "1.0", "+5", "-7", "0x1F", "9007199254740993", "18446744073709551616", "1_000", "007.50"]  # fmt: skip
    assert lake.deliver(HEAD + "".join(map(row, ids)), "exposures", "x.csv").loaded == len(ids)
    assert [r[0] for r in lake.rows("exposures.exposures", "user_id")] == ids


TABLE = HEAD + row("u1") + row("u2")
NOT_ONE_TABLE = {
    "title lines": ("Exposures of March\nmade by Ann\n" + TABLE, "row 3 looks like the header"),
    "padded title lines": ("Exposures of March,,,\n,,,\n" + TABLE, "row 3 looks like the header"),
    "a second table": (TABLE + "\nplan,users\npro,5\nfree,7\n", "a second table begins at line 5"),
    "a second table with a title": (TABLE + "\nPlans\nplan,users\npro,5\n", "a second table begins at line 5"),
    "a second table of the same width": (TABLE + "\nplan,tier,name,owner\npro,1,x,y\n", "a second table begins at line 5"),
    "a second table below an empty row": (TABLE + ",,,\nplan,tier,name,owner\npro,1,x,y\n", "a second table begins at line 5"),
    "totals": (TABLE + "Total,,,2\n", "line 4 is a line of totals"),
    "totals below a blank line": (TABLE + "\nGrand total,,,\n\n", "line 5 is a line of totals"),
    "totals in the second column": (TABLE + ",Summe,,2\n", "line 4 is a line of totals"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_ONE_TABLE)
def test_case_053_a_file_that_is_not_one_table_is_refused(lake, name):
    data, says = NOT_ONE_TABLE[name]
    report = lake.deliver(data, "exposures", "x.csv")
    assert (report.status, report.reason, report.records_seen) == ("rejected", "SHAPE", 0)
    assert says in report.message


def test_case_053_what_only_looks_like_another_table_is_read(lake):
    """Blank lines between rows, an id called Total, a footnote and the header once more, as `cat a b` gives it."""
    data = TABLE + "\n" + row("u3") + "\n\n" + HEAD + row("u4") + row("Total") + "\nend of file\n"
    report = lake.deliver(data, "exposures", "x.csv")
    assert (report.records_seen, report.loaded, report.filtered) == (7, 5, 1)
    assert lake.codes() == {12: "COLUMN_COUNT"}


def test_case_053_a_source_with_a_skip_rule_reads_its_own_titles(lake):
    """Qualtrics writes three rows above its answers; its reader takes them all as the head."""
    example = next(e for e in all_examples() if e.source == "qualtrics" and e.name.endswith(".csv"))
    assert len(example.data.splitlines()) >= len(example.rows) + 3
    report = lake.deliver_example(example)
    assert (report.status, report.loaded, report.quarantined) == ("loaded", len(example.rows), 0)


def test_case_052_ids_that_a_spreadsheet_destroyed_are_quarantined(lake):
    data = HEAD + row("1.23457E+12") + row("0012")
    report = lake.deliver(data, "exposures", "x.csv")
    assert (report.loaded, lake.codes()) == (1, {2: "EXCEL_MANGLED_ID"})
    assert lake.rows("exposures.exposures", "user_id") == [("0012",)]


def test_case_054_numbers_are_never_guessed(lake):
    values = ["1.234,5", "€5", "5%", "\u22125", "٣", "1 000", "NaN", "1e999"]
    rows = "".join(f'u{n},"{value}"\n' for n, value in enumerate(values, 1))
    report = lake.deliver("user_id,spent\nu0,5\n" + rows, "outcomes", "o.csv")
    assert (report.loaded, set(lake.codes().values())) == (1, {"NUMBER"})
    assert report.quarantined == len(values) and "is not a plain number" in report.message


def test_case_054_numbers_are_read_by_the_declared_locale_only(lake):
    declare(lake, "outcomes", locale="de")
    data = 'user_id,spent\nu1,"1.234,5"\nu2,"1,234.5"\nu3,5 €\n'
    report = lake.deliver(data, "outcomes", "o.csv")
    assert (report.loaded, lake.codes()) == (1, {3: "NUMBER", 4: "NUMBER"})
    assert "declare the source's locale" in report.message
    assert json.loads(lake.rows("outcomes.outcomes", "metrics")[0][0]) == {"spent": 1234.5}


def test_case_054_a_locale_that_nobody_knows_is_refused(lake):
    declare(lake, "outcomes", locale="tlh")
    report = lake.deliver("user_id,spent\nu1,5\n", "outcomes", "o.csv")
    assert (report.status, report.reason) == ("rejected", "NUMBER")
    assert "locale: tlh" in report.message


def test_case_055_json_inside_a_cell_and_html_entities_stay_text(lake):
    inner = '{"a":1,"a":NaN}'
    cell = '"' + inner.replace('"', '""') + '"'
    data = f"event,user_id,time,event_id,note,html\nview,u1,2024-03-02,e1,{cell},&lt;b&gt;\n"
    assert lake.deliver(data, "events", "e.csv").loaded == 1
    properties = json.loads(lake.rows("events.events", "properties")[0][0])
    assert properties == {"note": inner, "html": "&lt;b&gt;"}


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


@pytest.mark.parametrize(
    ("settings", "written", "at"),
    [
        ({"date_order": "dmy"}, "01/02/2026", "2026-02-01 00:00:00"),
        ({"date_order": "mdy"}, "01/02/2026 3:05 PM", "2026-01-02 15:05:00"),
        ({"date_format": "dd.MM.yyyy HH:mm", "timezone": "Europe/Berlin"}, "01.07.2026 12:00", "2026-07-01 10:00:00"),
        ({"timezone": "America/New_York"}, "2026-07-01 12:00", "2026-07-01 16:00:00"),
        ({}, "1769904000", "2026-02-01 00:00:00"),
        ({}, "1769904000000", "2026-02-01 00:00:00"),
        ({}, "2026-02-01T02:00:00+02:00", "2026-02-01 00:00:00"),
    ],
)  # fmt: skip
def test_case_069_a_declared_format_is_read(lake, settings, written, at):
    declare(lake, "exposures", **settings)
    assert lake.deliver(HEAD + row("u1", written), "exposures", "x.csv").loaded == 1
    assert str(lake.rows("exposures.exposures", "exposed_at")[0][0]) == at


def test_case_069_what_is_not_declared_is_refused(lake):
    written = {
        "1769904000000000": "TIME_UNIT", "2026-02-30": "TIME_FORMAT", "2026-02-01 25:00": "TIME_FORMAT", "yesterday": "TIME_FORMAT",
        "1. Februar 2026": "TIME_FORMAT", "13/25/2026": "TIME_FORMAT", "2026-2-1": "TIME_FORMAT", "": "TIME_FORMAT",
    }  # fmt: skip
    data = HEAD + row("u0") + "".join(row("u1", at) for at in written)
    report = lake.deliver(data, "exposures", "x.csv")
    assert (report.loaded, report.quarantined) == (1, len(written))
    assert list(lake.codes().values()) == list(written.values())
    assert all(record.message for record in quarantine.list_records(lake.paths))


def test_long_and_wide_outcomes_are_the_same(lake):
    lake.deliver("experiment_id,user_id,spent\nx1,u1,5\n", "outcomes", "wide.csv", "w")
    lake.deliver("user_id,metric,value,at\nu1,spent,5,2024-03-02\n", "outcomes", "long.csv", "l")
    assert lake.rows("outcomes.outcomes", "user_id, metrics") == [("u1", '{"spent": 5.0}')] * 2


def test_a_corrected_file_of_outcomes_replaces_the_older(lake):
    lake.deliver("user_id,spent\nu1,5\nu2,6\n", "outcomes", "o.csv")
    report = lake.deliver("user_id,spent\nu1,7\nu2,6\n", "outcomes", "o.csv")
    assert report.loaded == 2
    assert len(lake.rows("outcomes.outcomes")) == 2
