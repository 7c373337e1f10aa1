"""About two hundred shapes of JSON, right and wrong, between good events: parser, fast path and counts agree.

The names follow the usual convention: y must be read, n must be refused, i is for us to decide (the judge decides).
"""

from __future__ import annotations

import json

import pytest
from plain_json import is_strict_object, why_not

from ingestion import quarantine
from ingestion.formats.cutting import Cutter, can_cut
from ingestion.formats.strict import check_line

_DEEP = 62  # an event's properties are two deep already

# Values that stand where a property's value stands.
VALUES: dict[str, bytes] = {
    "y_array_empty": b"[]", "y_array_blanks": b"[ ]", "y_array_mixed": b'[null, 1, "1", {}]',
    "y_array_null": b"[null]", "y_array_nested": b"[[],[[]]]", "y_array_trailing_space": b"[2] ",
    "y_object_empty": b"{}", "y_object_empty_key": b'{"":0}', "y_object_escaped_nul_key": b'{"foo\\u0000bar": 42}',
    "y_object_long": b'{"x":[{"id": "' + b"x" * 40 + b'"}], "id": "y"}', "y_object_same_key_elsewhere": b'{"a":{"a":{"a":1}}}',
    "y_number_0e1": b"0e1", "y_number_0e+1": b"0e+1", "y_number_minus_zero": b"-0", "y_number_minus_zero_real": b"-0.0",
    "y_number_real_capital_e": b"1E22", "y_number_real_neg_exp": b"1E-2", "y_number_real_pos_exp": b"1E+2",
    "y_number_simple_real": b"123.456789", "y_number_int": b"123", "y_number_negative": b"-123", "y_number_1.0": b"1.0",
    "y_number_close_to_zero": b"-0.000000000000000000000000000000000000000000000000000000000000000000000000000001",
    "y_number_2_to_53_and_one": b"9007199254740993", "y_number_2_to_64": b"18446744073709551616",
    "y_number_40_digits": b"1234567890123456789012345678901234567890", "y_number_largest": b"1.7976931348623157e308",
    "y_number_308_digits": b"9" * 308, "y_number_many_decimals": b"0." + b"1" * 400,
    "i_number_underflow": b"1e-400", "i_number_neg_underflow": b"-1e-9999",
    "n_number_overflow": b"1e400", "n_number_neg_overflow": b"-1e400", "n_number_very_large_exponent": b"0.4e006699999999",
    "n_number_400_digits": b"9" * 400, "n_number_just_too_large": b"1.8e308",
    "n_number_NaN": b"NaN", "n_number_minus_NaN": b"-NaN", "n_number_nan": b"nan", "n_number_Inf": b"Inf",
    "n_number_Infinity": b"Infinity", "n_number_minus_Infinity": b"-Infinity", "n_number_plus_Inf": b"+Inf",
    "n_number_NaN_in_array": b"[NaN]", "n_number_NaN_in_object": b'{"a":{"b": NaN}}', "n_number_infinity_in_array": b"[1, -Infinity]",
    "n_number_leading_zero": b"012", "n_number_neg_leading_zero": b"-012", "n_number_double_zero": b"00",
    "n_number_plus": b"+1", "n_number_double_plus": b"++1", "n_number_minus_only": b"-", "n_number_minus_space": b"- 1",
    "n_number_starting_dot": b".123", "n_number_neg_starting_dot": b"-.123", "n_number_trailing_dot": b"1.", "n_number_dot_e": b"2.e3",
    "n_number_0_capital_E": b"0E", "n_number_e_plus": b"1e+", "n_number_e_only": b"1e", "n_number_e_e": b"1eE2",
    "n_number_two_dots": b"1.2.3", "n_number_hex": b"0x1F", "n_number_underscore": b"1_000", "n_number_comma": b"1,000",
    "n_number_with_alpha": b"1.2a-3", "n_number_fullwidth_digit": "\uff11".encode(), "n_number_arabic_digit": "\u0663".encode(),
    "n_number_unicode_minus": "\u22121".encode(), "n_number_expression": b"1+2", "n_number_suffix": b"12n",
    "y_literal_true": b"true", "y_literal_false": b"false", "y_literal_null": b"null",
    "n_literal_True": b"True", "n_literal_TRUE": b"TRUE", "n_literal_None": b"None", "n_literal_undefined": b"undefined",
    "n_literal_cut_true": b"tru", "n_literal_cut_false": b"fals", "n_literal_cut_null": b"nul", "n_literal_nulll": b"nulll",
    "n_literal_capital_null": b"NULL", "n_literal_glued": b"truefalse",
    "y_text_empty": b'""', "y_text_space": b'" "', "y_text_all_escapes": b'"\\"\\\\\\/\\b\\f\\n\\r\\t"', "y_text_escaped_nul": b'"\\u0000"',
    "y_text_escaped_controls": b'"\\u0001\\u001f\\u007f"', "y_text_pair": b'"\\ud834\\udd1e"', "y_text_pair_capital": b'"\\uD83D\\uDE39\\uD83D\\uDC8D"',
    "y_text_double_escape": b'"\\\\u0000"', "y_text_double_escaped_a": b'"\\\\a"', "y_text_escaped_backslash_end": b'"\\\\"',
    "y_text_del": b'"a\x7fa"', "y_text_utf8": "\"€𝄞日本\"".encode(), "y_text_nonchar": b'"\\uFFFF\\uFDD0\\uD83F\\uDFFE"',
    "y_text_u2028": "\"a\u2028b\u2029c\"".encode(), "y_text_u0085": "\"a\u0085b\"".encode(), "y_text_bom_inside": "\"\ufeff\"".encode(),
    "y_text_replacement": "\"\ufffd\"".encode(), "y_text_zero_width": "\"\u200b\u2060\"".encode(), "y_text_comment": b'"a/*b*/c/*d//e"',
    "y_text_looks_like_nan": b'", NaN] : NaN, Infinity"', "y_text_looks_deep": b'"' + b"]" * 80 + b"}" * 80 + b'"',
    "y_text_looks_open": b'"{[{[,]"', "y_text_html_entity": b'"&lt;b&gt; &#x41;"', "y_text_double_encoded": b'"{\\"a\\": 1, \\"a\\": NaN}"',
    "n_text_lone_high": b'"\\ud800"', "n_text_lone_high_text": b'"\\ud800abc"', "n_text_lone_low": b'"\\uDd1e"', "n_text_reversed": b'"\\uDd1e\\uD834"',
    "n_text_high_high": b'"\\uD888\\uD888"', "n_text_high_cut_escape": b'"\\uD800\\u"', "n_text_high_newline": b'"\\uD800\\n"',
    "n_text_high_in_key": b'{"\\uDFAA": 0}', "n_text_high_then_plain": b'"\\uD834\\u0041"',
    "n_text_raw_nul": b'"a\x00b"', "n_text_raw_tab": b'"a\tb"', "n_text_raw_bell": b'"a\x07b"', "n_text_raw_unit": b'"\x1f"',
    "n_text_raw_vt": b'"a\x0bb"', "n_text_raw_ff": b'"a\x0cb"', "n_text_raw_esc": b'"\x1b[31m"',
    "n_text_bad_escape": b'"\\x00"', "n_text_bad_escape_a": b'"\\a"', "n_text_escape_quote": b'"\\\'"', "n_text_escape_emoji": "\"\\🌀\"".encode(),
    "n_text_cut_escape": b'"\\u00A"', "n_text_capital_u": b'"\\UA66D"', "n_text_octal": b'"\\012"', "n_text_open_escape": b'"\\"',
    "n_text_single_quotes": b"'a'", "n_text_no_quotes": b"abc", "n_text_open": b'"abc', "n_text_smart_quotes": "“a”".encode(),
    "n_text_glued": b'"a""b"', "n_text_latin1": b'"\xe9"', "n_text_invalid": b'"\xff"', "n_text_lone_continuation": b'"\x81"',
    "n_text_cut_utf8": b'"\xe0\xff"', "n_text_overlong_2": b'"\xc0\xaf"', "n_text_overlong_6": b'"\xfc\x83\xbf\xbf\xbf\xbf"',
    "n_text_overlong_nul": b'"\xc0\x80"', "n_text_surrogate_bytes": b'"\xed\xa0\x80"', "n_text_cesu8": b'"\xed\xa0\xbd\xed\xb8\x80"',
    "n_text_beyond_unicode": b'"\xf4\xbf\xbf\xbf"', "n_text_five_bytes": b'"\xf8\x88\x80\x80\x80"', "n_text_cut_at_end": b'"\xe2\x82"',
    "n_text_mixed_utf8_latin1": b'"\xe6\x97\xa5\xd1\x88\xfa"', "n_text_invalid_in_escape": b'"\\u\xe5"',
    "n_array_comma_first": b"[,1]", "n_array_trailing_comma": b"[1,]", "n_array_double_comma": b"[1,,2]", "n_array_just_comma": b"[,]",
    "n_array_no_comma": b"[1 2]", "n_array_colon": b'["a": 1]', "n_array_open": b'["a"', "n_array_extra_close": b'["x"]]',
    "n_array_inner_no_comma": b"[3[4]]", "n_array_star": b"[*]", "n_array_semicolon": b"[1;2]", "n_array_closed_by_brace": b"[1}",
    "n_object_trailing_comma": b'{"a":0,}', "n_object_two_commas": b'{"a":0,,"b":1}', "n_object_no_colon": b'{"a" 1}', "n_object_double_colon": b'{"a"::1}',
    "n_object_no_value": b'{"a":}', "n_object_no_comma": b'{"a":1 "b":2}', "n_object_unquoted_key": b"{a: 1}", "n_object_single_quote_key": b"{'a': 1}",
    "n_object_number_key": b"{1: 1}", "n_object_null_key": b"{null: 1}", "n_object_key_only": b'{"a"}', "n_object_comment": b'{"a":1/**/}',
    "n_object_line_comment": b'{"a":1}//x', "n_object_hash_comment": b'{"a":1 #x', "n_object_closed_by_bracket": b'{"a":1]', "n_object_open": b'{"a":1',
    "n_object_comma_for_colon": b'{"a","b"}', "n_object_emoji_key": "{🇨🇭}".encode(),
    "n_key_twice": b'{"a":1,"a":2}', "n_key_twice_same_value": b'{"a":1,"a":1}', "n_key_twice_deep": b'{"o":{"p":{"q":1,"q":2}}}',
    "n_key_twice_in_array": b'[1,{"a":[{"b":1,"b":null}]}]', "n_key_twice_by_escape": b'{"a":1,"\\u0061":2}', "n_key_twice_empty": b'{"":1,"":2}',
    "y_key_differs_by_case": b'{"a":1,"A":2}', "y_key_differs_by_form": "{\"é\":1,\"e\u0301\":2}".encode(),
    "y_deep_array": b"[" * _DEEP + b"]" * _DEEP, "y_deep_object": b'{"a":' * _DEEP + b"1" + b"}" * _DEEP,
    "n_deep_array": b"[" * (_DEEP + 1) + b"]" * (_DEEP + 1), "n_deep_object": b'{"a":' * (_DEEP + 1) + b"1" + b"}" * (_DEEP + 1),
    "n_deep_spread": b"[[]," * 63 + b"1" + b"]" * 63, "n_deep_1000": b"[" * 1000 + b"]" * 1000, "n_deep_open": b"[" * 2000,
    "n_whitespace_vt": b"[\x0b1]", "n_whitespace_ff": b"[\x0c1]", "n_whitespace_nbsp": "[\u00a01]".encode(),
    "n_whitespace_u2028": "[\u20281]".encode(), "n_whitespace_bom": "[\ufeff1]".encode(), "n_whitespace_word_joiner": "[\u2060]".encode(),
    "y_whitespace_tabs": b"[\t1\t,\t2\t]", "n_value_nothing": b"", "n_value_angle": b"<null>", "n_value_ascii_art": b"]",
}  # fmt: skip

# Whole lines. None of them holds a newline, since that is where one line ends.
LINES: dict[str, bytes] = {
    "n_null": b"null", "n_true": b"true", "n_number": b"42", "n_text": b'"x"', "n_array": b"[]", "n_array_of_object": b'[{"event":"a"}]',
    "n_open_brace": b"{", "n_close_brace": b"}", "n_open_bracket": b"[", "n_two_objects": b'{"a":1}{"b":2}', "n_two_objects_comma": b'{"a":1},{"b":2}',
    "n_object_then_text": b'{"a":1} x', "n_object_then_close": b'{"a":1}}', "n_object_then_brackets": b'{"a":1}[]', "n_garbage": b"abc", "n_csv": b"a,b,c",
    "n_bom_inside_the_file": b'\xef\xbb\xbf{"event":"a"}', "n_nul_bytes": b"\x00\x00\x00", "n_nul_before": b'\x00{"event":"a"}', "n_nul_after": b'{"event":"a"}\x00',
    "n_cut": b'{"event":"a","properties":{"time":17095', "n_xml": b"<event>a</event>", "n_utf16_line": '{"event":"a"}'.encode("utf-16-le"),
    "n_comment_line": b"// a comment", "n_hash_line": b"# a comment", "n_jsonp": b'cb({"event":"a"})', "n_python": b"{'event': None}",
    "n_record_separator": b'\x1e{"event":"a"}', "n_double_encoded": b'"{\\"event\\": \\"a\\"}"', "n_key_twice": b'{"event":"first","event":"second"}',
    "n_ellipsis": b"...", "n_ndjson_comma": b'{"event":"a"},', "n_quote_only": b'"', "n_backslashes": b'{"a":"' + b"\\" * 41,
    "n_open_text_of_escapes": b"[" * 70 + b'"' + b'\\"' * 20_000,
}  # fmt: skip


def event(name: str, value: bytes) -> bytes:
    """A Mixpanel event with the value as one of its properties."""
    start = b'{"event":"e","properties":{"time":1709597998,"distinct_id":"u","mp_processing_time_ms":1709598100000,'
    return start + b'"$insert_id":"' + name.encode() + b'","x":' + value + b"}}"


SHAPES = {name: event(name, value) for name, value in VALUES.items()} | {
    f"{name}_line": raw for name, raw in LINES.items()
}
REFUSED = {name for name, raw in SHAPES.items() if not is_strict_object(raw)}
CODE_OF = {
    "kind": {"NOT_AN_OBJECT"}, "twice": {"DUP_KEY"}, "deep": {"TOO_DEEP"}, "number": {"NON_JSON_NUMBER"},
    "surrogate": {"BAD_UNICODE"}, "utf-8": {"BAD_UTF8"},
}  # fmt: skip
CODES = {"JSON_SYNTAX", "NON_JSON_NUMBER", "CONTROL_CHAR", "BAD_UTF8", "BAD_UNICODE", "DUP_KEY", "TOO_DEEP", "NOT_AN_OBJECT"}  # fmt: skip


def test_the_judge_reads_what_must_be_read_and_refuses_what_must_be_refused():
    assert len(SHAPES) >= 200
    assert [n for n in SHAPES if n.startswith("y") and n in REFUSED] == []
    assert [n for n in SHAPES if n.startswith("n") and n not in REFUSED] == []


@pytest.mark.parametrize("name", SHAPES)
def test_the_strict_parser_agrees_with_the_plain_one(name):
    found = check_line(SHAPES[name])
    assert (found is not None) == (name in REFUSED), found
    if found is None:
        return
    code, message = found
    assert message and code in CODE_OF.get(str(why_not(SHAPES[name])), CODES), found


def test_every_shape_between_good_events_costs_its_own_line_only(lake, make):
    """One delivery: what is refused is one quarantined record each, with its bytes; all else is loaded."""
    records: list[bytes | dict] = []
    for number, raw in enumerate(SHAPES.values()):
        records += [make.mixpanel(number), raw]
    report = lake.deliver(make.lines(*records), "mixpanel")
    names = list(SHAPES)
    kept = {names[(record.line - 2) // 2]: record for record in quarantine.list_records(lake.paths)}
    assert set(kept) == REFUSED
    assert (report.records_seen, report.quarantined) == (2 * len(SHAPES), len(REFUSED))
    assert report.loaded == 2 * len(SHAPES) - len(REFUSED)
    for name, record in kept.items():
        assert (record.code, record.message) == check_line(SHAPES[name])
        assert quarantine.show(lake.paths, record.id) == SHAPES[name]


HARD = ("n_key_twice_deep", "n_key_twice_in_array", "n_key_twice_by_escape", "n_number_NaN_in_object", "n_number_nan", "n_number_Inf", "n_number_overflow", "n_number_very_large_exponent", "n_deep_array", "n_deep_object", "n_deep_spread", "n_array_trailing_comma", "n_object_trailing_comma", "n_text_lone_high_text", "n_text_high_in_key", "n_text_raw_tab", "n_object_comment", "n_object_line_comment", "n_whitespace_nbsp", "n_text_cesu8")  # fmt: skip


def test_what_the_fast_path_could_let_through_is_refused_in_a_file_of_its_own(lake, make):
    """Each alone among good events, since one broken line must not be what makes the others be looked at."""
    files = {
        f"{name}.json": make.lines(make.mixpanel(1), SHAPES[name], make.mixpanel(2))
        for name in HARD
    }
    reports = lake.deliver_all(files, "mixpanel")
    assert {name: report.quarantined for name, report in reports.items()} == dict.fromkeys(files, 1)


def test_no_shape_that_is_refused_is_cut(make):
    """Each shape among good lines is named as a line that needs a closer look."""
    good = [json.dumps(make.mixpanel(n)).encode() for n in range(8)]
    if not can_cut():
        pytest.skip("the clone was set up without a C compiler")
    cutter = Cutter({"event": "VARCHAR", "properties": "JSON"})
    for name in sorted(REFUSED):
        lines = [*good, SHAPES[name], *good]
        assert 8 in cutter.cut([(0, b"\n".join(lines) + b"\n", len(lines))]).suspects[0], name


def test_every_shape_is_one_element_of_an_array_at_most(lake, make):
    """The same values inside a JSON array, each in its own record."""
    names = [name for name in VALUES if not is_open(name)]
    bodies = [event(name, VALUES[name]) for name in names]
    report = lake.deliver(b"[" + b",\n".join(bodies) + b"]", "mixpanel")
    refused = {number for number, name in enumerate(names, 1) if name in REFUSED}
    assert {record.line for record in quarantine.list_records(lake.paths)} == refused
    assert (report.records_seen, report.quarantined) == (len(names), len(refused))


def is_open(name: str) -> bool:
    """True for values that end an array or a text that they did not begin: then no element has an end."""
    return name in {
        "n_text_open", "n_text_open_escape", "n_array_open", "n_array_extra_close", "n_array_closed_by_brace",
        "n_object_closed_by_bracket", "n_object_open", "n_object_hash_comment", "n_deep_open", "n_value_ascii_art",
    }  # fmt: skip
