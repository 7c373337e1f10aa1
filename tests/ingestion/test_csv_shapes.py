"""Shapes of CSV: what is well formed is read as Python's own csv reads it, what is broken costs its own row."""

from __future__ import annotations

import csv
import hashlib
import io
import json

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ingestion.formats.csvrows import csv_records
from ingestion.formats.lines import Content
from ingestion.spec import Bad, Context, Filtered, Found, Reader

ANY = Reader("any", ("csv",), lambda _: False)


def read(data: bytes, **declared: str) -> tuple[list[list[str]], list[Bad], Content]:
    """Rows, refused rows and the content that was read, with no reader's header in the way."""
    content = Content(io.BytesIO(data), hashlib.sha256())
    rows: list[list[str]] = []
    bad: list[Bad] = []
    for item in csv_records(content, "", ANY, Context("any", "p", declared)):
        if isinstance(item, Found):
            rows.append(list(item.record.values()))
        elif isinstance(item, Bad):
            bad.append(item)
        else:
            assert isinstance(item, Filtered)
    return rows, bad, content


def python_reads(text: str, delimiter: str = ",") -> list[list[str]]:
    """The rows below the header by Python's csv; blank lines are no rows."""
    found = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    return found[1:]


WELL_FORMED = {
    "comma_in_quotes": 'first,last,address\nJohn,Doe,"120 any st., Anytown"\n',
    "empty_fields": 'a,b,c\n1,"",""\n2,3,4\n',
    "empty_fields_crlf": 'a,b,c\r\n1,"",""\r\n2,3,4\r\n',
    "empty_unquoted": "a,b,c\n1,,\n,,3\n",
    "escaped_quotes": 'a,b\n1,"ha ""ha"" ha"\n3,4\n',
    "quotes_only": 'a,b\n1,""""\n2,""""""\n',
    "json_in_a_field": 'key,val\n1,"{""type"": ""Point"", ""coordinates"": [102.0, 0.5]}"\n',
    "coordinates": 'lat,lon\n"32.6","-85.4"\n+1,-1\n',
    "newline_in_quotes": 'a,b,c\n1,2,3\n"Once upon \na time",5,6\n7,8,9\n',
    "newline_in_quotes_crlf": 'a,b,c\r\n1,2,3\r\n"Once upon \r\na time",5,6\r\n7,8,9\r\n',
    "lf_inside_crlf_file": 'a,b\r\n"x\ny",2\r\n',
    "cr_inside_crlf_file": 'a,b\r\n"x\ry",2\r\n3,4\r\n',
    "cr_inside_lf_file": 'a,b\n"x\ry",2\n3,4\n',
    "only_cr": 'a,b\r1,2\r"x\ry",4\r',
    "mixed_newlines": "a,b\r\n1,2\n3,4\r5,6\r\n",
    "quotes_and_newlines": 'a,b\n1,"ha \n""ha"" \nha"\n3,4\n',
    "only_newlines_in_quotes": 'a,b\n"\n\n\n",1\n2,"\r\n\r\n"\n',
    "no_newline_at_the_end": "a,b\n1,2",
    "quote_at_the_very_end": 'a,b\n1,"2"',
    "blank_lines": "a,b\n\n1,2\n\n\n3,4\n\n",
    "utf8": "a,b,c\n1,2,3\n4,5,ʤ𝄞日本\n",
    "line_separators": "a,b\n1\u20282,3\u20294\n5\u00856,7\x0b8\x0c9\x1c\n",
    "quote_inside_a_plain_field": 'a,b\n1,5" disk\n2,7" disk\n3,a"b"c\n',
    "quote_after_blank": 'a,b\n1, "x"\n2,3\n',
    "blanks_kept": "a,b\n 1 ,  \n\t2,3\n",
    "single_quotes_are_text": "a,b\n'x,y'\n1,'2\n",
    "backslash_is_text": 'a,b\n1,\\"\n2,\\n\n',
    "nothing_special": "a\n1\n2\n",
    "semicolons": 'a;b\n1,5;"x;y"\n2;"l\nm"\n',
    "tabs": 'a\tb\n1\t"x\ty"\n2\t\n\t\n',
    "pipes": "a|b\n1|2\n",
    "delimiter_in_quoted_header": 'a,"b,c"\n1,2\n',
    "newline_in_header": 'a,"b\nc"\n1,2\n',
    "long_field": 'a,b\n1,"' + "x" * 300_000 + '"\n2,3\n',
    "many_lines_in_a_field": 'a,b\n1,"' + "x\n" * 150 + '"\n2,3\n',
    "formula": 'a,b\n=1+1,"=HYPERLINK(""http://x"",""y"")"\n@x,+y\n',
    "html_and_sql": "a,b\n<script>alert(1)</script>,'; drop table x; --\n",
    "bidi_and_emoji": "a,b\n\u202eabc\u202c,👩\u200d👩\u200d👧\n",
    "byte_order_mark_inside": "a,b\n\ufeff1,2\n",
    "numbers_with_commas": 'a,b\n"1,234",5\n',
    "header_only": "a,b\n",
}  # fmt: skip
DELIMITERS = {"semicolons": ";", "tabs": "\t", "pipes": "|"}


@pytest.mark.parametrize("name", WELL_FORMED)
def test_case_050_a_well_formed_file_is_read_as_python_reads_it(name):
    text = WELL_FORMED[name]
    rows, bad, content = read(text.encode())
    assert rows == python_reads(text, DELIMITERS.get(name, ","))
    assert bad == []
    assert content.dialect == DELIMITERS.get(name, ",")


@pytest.mark.parametrize("name", WELL_FORMED)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_case_039_the_same_with_a_byte_order_mark(name, encoding):
    text = WELL_FORMED[name]
    rows, _, content = read(text.encode(encoding))
    assert rows == python_reads(text, DELIMITERS.get(name, ","))
    assert content.encoding == encoding


# name: (file, rows that stay, {line: code})
BROKEN: dict[str, tuple[bytes, list[list[str]], dict[int, str]]] = {
    "unclosed_quote": (b'a,b\n1,"open\n2,ok\n3,fine\n', [["2", "ok"], ["3", "fine"]], {2: "QUOTE"}),
    "unclosed_then_quoted": (b'a,b\n1,"open\n2,"ok"\n3,fine\n', [["2", "ok"], ["3", "fine"]], {2: "QUOTE"}),
    "two_unclosed": (b'a,b\n1,"open\n2,ok\n3,"open\n4,ok\n', [["2", "ok"], ["4", "ok"]], {2: "QUOTE", 4: "QUOTE"}),
    "unclosed_before_a_field_of_lines": (b'a,b\n1,"open\n2,"x\ny"\n3,z\n', [["2", "x\ny"], ["3", "z"]], {2: "QUOTE"}),
    "unclosed_on_the_last_line": (b'a,b\n1,ok\n2,"open', [["1", "ok"]], {3: "QUOTE"}),
    "unclosed_far_from_the_end": (b'a,b\n1,"open\n' + b"2,ok\n" * 500, [["2", "ok"]] * 500, {2: "QUOTE"}),
    "text_after_a_quote": (b'a,b\n"x"y,1\n2,ok\n', [["2", "ok"]], {2: "QUOTE"}),
    "quote_never_doubled": (b'a,b\n"he said "hi"",1\n2,ok\n', [["2", "ok"]], {2: "QUOTE"}),
    "too_few": (b"a,b,c\n1,2\n3,4,5\n", [["3", "4", "5"]], {2: "COLUMN_COUNT"}),
    "another_width_over_two_lines": (b'a,b\n1,"x\ny",3\n5,6\n', [["5", "6"]], {2: "COLUMN_COUNT"}),
    "too_many": (b"a,b,c\n1,2,3,4\n3,4,5\n", [["3", "4", "5"]], {2: "COLUMN_COUNT"}),
    "one_field_more_by_a_delimiter": (b"a,b\n1,2,\n3,4\n", [["3", "4"]], {2: "COLUMN_COUNT"}),
    "trailing_delimiter_everywhere": (b"a,b,\n1,2,\n3,4\n5,6,7\n", [["1", "2"], ["3", "4"]], {4: "COLUMN_COUNT"}),
    "latin1_in_utf8": (b"a,b\n\xc3\xbc,1\ncaf\xe9,2\n3,4\n", [["ü", "1"], ["3", "4"]], {3: "BAD_UTF8"}),
    "overlong": (b"a,b\n\xc0\xaf,1\n3,4\n", [["3", "4"]], {2: "BAD_UTF8"}),
    "cesu8": (b"a,b\n\xed\xa0\xbd\xed\xb8\x80,1\n3,4\n", [["3", "4"]], {2: "BAD_UTF8"}),
    "latin1_in_a_semicolon_file_of_utf8": ("a;b\nü;1\n".encode() + b"caf\xe9;2\n3;4\n", [["ü", "1"], ["3", "4"]], {3: "BAD_UTF8"}),
    "nul": (b"a,b\n1,x\x00y\n3,4\n", [["3", "4"]], {2: "CONTROL_CHAR"}),
    "broken_utf8_in_quotes": (b'a,b\n1,"x\n\xff"\n3,4\n', [["3", "4"]], {2: "BAD_UTF8"}),
    "all_at_once": (b'a,b\n1\n\xff,1\n"x"y,1\n1,"\n3,4\n', [["3", "4"]], {2: "COLUMN_COUNT", 3: "BAD_UTF8", 4: "QUOTE", 5: "QUOTE"}),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_case_049_a_broken_row_costs_itself(name):
    data, rows, codes = BROKEN[name]
    found, bad, _ = read(data)
    assert found == rows
    assert {item.line: item.code for item in bad} == codes
    for item in bad:
        assert item.offset is not None and data[item.offset :].startswith(item.raw)
        assert item.message


def test_case_037_the_byte_and_its_hex_are_named():
    _, (bad,), _ = read("a,b\nü,1\n".encode() + b"caf\xe9!,2\n")
    assert "byte 3 of the row (hex e9212c32) is not UTF-8" in bad.message


def test_case_035_a_line_beyond_the_limit_is_kept_by_its_start(monkeypatch):
    huge = b'1,"' + b"x" * (9 * 1024 * 1024) + b'"\n'
    rows, (bad,), _ = read(b"a,b\n" + huge + b"2,3\n")
    assert rows == [["2", "3"]]
    assert (bad.code, bad.line, bad.offset, len(bad.raw)) == ("LINE_TOO_LONG", 2, 4, 4096)
    assert bad.full_size == len(huge) - 1
    assert bad.sha256 == hashlib.sha256(huge[:-1]).hexdigest()


def test_case_047_a_windows_1252_file_with_semicolons_is_told_by_itself():
    rows, bad, content = read("name;preis\r\nJürgen €;1,5\r\n".encode("cp1252"))
    assert (rows, bad) == ([["Jürgen €", "1,5"]], [])
    assert (content.encoding, content.dialect) == ("cp1252", ";")


def test_case_047_with_a_byte_order_mark_in_front_it_still_is():
    rows, _, content = read(b"\xef\xbb\xbf" + "name;x\nJürgen;1\n".encode("cp1252"))
    assert (rows, content.encoding) == ([["Jürgen", "1"]], "cp1252")


def test_a_declared_encoding_and_delimiter_are_obeyed():
    rows, _, _ = read("a,b\nКошка,1\n".encode("cp1251"), encoding="cp1251")
    assert rows == [["Кошка", "1"]]
    rows, _, _ = read(b"a,b|c,d\n1,2|3,4\n", delimiter="|")
    assert rows == [["1,2", "3,4"]]


CELLS = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\x00") | st.sampled_from('",;\t|\n\r\\ ='),
    max_size=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.integers(2, 5).flatmap(lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=1, max_size=8)),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)  # fmt: skip
def test_what_a_csv_program_writes_is_read_back_exactly(table, newline, quoting, encoding):
    # Below a row without a value, words between numbers are taken for the heading of a second table.
    assume(all(any(cell.strip() for cell in row) for row in table))
    if quoting != csv.QUOTE_ALL:  # the writer leaves a carriage return alone without quotes
        table = [[cell.replace("\r", "") for cell in row] for row in table]
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator=newline, quoting=quoting)
    writer.writerow([f"h{n}" for n in range(len(table[0]))])
    writer.writerows(table)
    rows, bad, _ = read(target.getvalue().encode(encoding))
    words = [[cell.strip() for cell in row] for row in table]
    assert bad == []
    assert rows == [row for row, plain in zip(table, words, strict=True) if plain != [f"h{n}" for n in range(len(row))]]  # fmt: skip


JUNK = st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"").replace(b"\r", b""))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(JUNK, max_size=6))
def test_good_rows_around_any_bytes_stay_unless_quotes_hold_them(junk):
    """Every row is read, refused, or inside a quoted field that is closed: none is lost, and nothing raises."""
    good = [f"{n},g{n},x".encode() for n in range(len(junk) + 1)]
    lines = [line for pair in zip(good, [*junk, b""], strict=True) for line in pair]
    rows, bad, _ = read(b"a,b,c\n" + b"\n".join(lines) + b"\n")
    text = json.dumps(rows) + "".join(item.raw.decode("utf-8", "replace") for item in bad)
    for number, line in enumerate(good):
        assert [str(number), f"g{number}", "x"] in rows or any(
            f"g{number}," in cell for row in rows for cell in row
        ), (line, text)
