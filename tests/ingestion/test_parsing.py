"""Lines and what breaks them (fault catalogue 3.B)."""

from __future__ import annotations

import gzip
import json

import pytest

from ingestion import quarantine


def test_case_033_a_last_line_without_newline_is_loaded(lake, make):
    assert lake.deliver(make.many("mixpanel", range(3))[:-1], "mixpanel").loaded == 3


def test_case_033_a_cut_last_line_is_quarantined(lake, make):
    report = lake.deliver(make.many("mixpanel", range(3))[:-38], "mixpanel")
    assert (report.loaded, report.quarantined) == (2, 1)
    assert lake.codes() == {3: "JSON_SYNTAX"}


def test_case_034_one_broken_line_costs_one_line(lake, make):
    data = make.lines(make.mixpanel(1), '{"event": oops}', make.mixpanel(2))
    report = lake.deliver(data, "mixpanel")
    assert (report.status, report.loaded, report.quarantined) == ("partial", 2, 1)
    assert lake.codes() == {2: "JSON_SYNTAX"}
    assert lake.raw_of("JSON_SYNTAX") == b'{"event": oops}'


def test_case_035_a_huge_line_is_cut_out_with_its_start(lake, make):
    huge = b'{"event": "' + b"x" * (40 * 1024 * 1024) + b'"}'
    data = make.lines(make.mixpanel(1), huge, make.mixpanel(2))
    report = lake.deliver(data, "mixpanel")
    assert (report.loaded, report.quarantined) == (2, 1)
    assert lake.codes() == {2: "LINE_TOO_LONG"}
    assert len(lake.raw_of("LINE_TOO_LONG")) == 4096
    assert [row[0] for row in lake.rows("mixpanel.events", "_line")] == [1, 3]


def test_case_035_a_line_over_the_limit_inside_a_slice_is_cut_out(lake, make):
    huge = b'{"event": "' + b"x" * (9 * 1024 * 1024) + b'"}'
    report = lake.deliver(make.lines(make.mixpanel(1), huge, make.mixpanel(2)), "mixpanel")
    assert (report.loaded, lake.codes()) == (2, {2: "LINE_TOO_LONG"})


BAD_LINES = {
    "test_case_036": (b'{"event": "a\x00b", "properties": {"time": 1709597998}}', "CONTROL_CHAR"),
    "test_case_036b": (b'{"event": "a\x07b", "properties": {"time": 1709597998}}', "CONTROL_CHAR"),
    "test_case_037_latin1": (b'{"event": "caf\xe9", "properties": {}}', "BAD_UTF8"),
    "test_case_037_overlong": (b'{"event": "\xc0\xaf", "properties": {}}', "BAD_UTF8"),
    "test_case_037_cesu8": (b'{"event": "\xed\xa0\xbd\xed\xb8\x80", "properties": {}}', "BAD_UTF8"),
    "test_case_038": (b'{"event": "\\ud800x", "properties": {"time": 1709597998}}', "BAD_UNICODE"),
    "test_case_041": (b'{"event": "first", "event": "second"}', "DUP_KEY"),
    "test_case_041_inside": (b'{"event": "a", "properties": {"time": 1709597998, "x": 1, "x": 2}}', "DUP_KEY"),
    "test_case_042_nan": (b'{"event": "a", "properties": {"time": 1709597998, "x": NaN}}', "NON_JSON_NUMBER"),
    "test_case_042_inf": (b'{"event": "a", "properties": {"time": 1709597998, "x": [-Infinity]}}', "NON_JSON_NUMBER"),
    "test_case_042_1e400": (b'{"event": "a", "properties": {"time": 1709597998, "x": 1e400}}', "NON_JSON_NUMBER"),
    "test_case_044": (b'{"event": "a", "properties": {"x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}}", "TOO_DEEP"),
    "test_case_044_just": (b'{"event": "a", "properties": {"time": 1709597998, "x": ' + b"[" * 70 + b"]" * 70 + b"}}", "TOO_DEEP"),
    "test_case_046_null": (b"null", "NOT_AN_OBJECT"),
    "test_case_046_array": (b"[]", "NOT_AN_OBJECT"),
    "test_case_046_text": (b'"x"', "NOT_AN_OBJECT"),
    "test_case_046_number": (b"42", "NOT_AN_OBJECT"),
    "trailing_comma": (b'{"event": "a", "properties": {"time": 1709597998, "x": 1,}}', "JSON_SYNTAX"),
    "two_objects": (b'{"event": "a"}{"event": "b"}', "JSON_SYNTAX"),
    "comment": (b'{"event": "a" /* x */}', "JSON_SYNTAX"),
    "single_quotes": (b"{'event': 'a'}", "JSON_SYNTAX"),
    "leading_zero": (b'{"event": "a", "properties": {"time": 01709597998}}', "JSON_SYNTAX"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_is_quarantined_with_its_code_and_bytes(lake, make, name):
    raw, code = BAD_LINES[name]
    data = make.lines(make.mixpanel(1), raw, make.mixpanel(2))
    report = lake.deliver(data, "mixpanel")
    assert (report.loaded, report.quarantined, lake.codes()) == (2, 1, {2: code})
    assert lake.raw_of(code) == raw
    assert [row[0] for row in lake.rows("mixpanel.events", "_line")] == [1, 3]


def test_all_bad_lines_of_one_file_keep_their_lines(lake, make):
    raws = [(raw, code) for raw, code in BAD_LINES.values() if len(raw) < 5000]
    records: list[bytes | dict] = []
    wanted = {}
    for number, (raw, code) in enumerate(raws):
        records += [make.mixpanel(number), raw]
        wanted[2 * number + 2] = code
    report = lake.deliver(make.lines(*records), "mixpanel")
    assert lake.codes() == wanted
    assert report.loaded == len(raws)


def test_case_036_an_escaped_nul_is_kept(lake, make):
    lake.deliver(make.lines(make.mixpanel(1, note="a\x00b")), "mixpanel")
    assert "\\u0000" in lake.rows("mixpanel.events", "properties")[0][0]


def test_case_039_byte_order_marks(lake, make):
    data = make.many("mixpanel", range(3))
    assert lake.deliver(b"\xef\xbb\xbf" + data, "mixpanel", "a.json").loaded == 3
    assert lake.deliver(data.decode().encode("utf-16"), "mixpanel", "b.json", "q").loaded == 3


@pytest.mark.parametrize("newline", [b"\r\n", b"\r", b"\n"])
def test_case_040_every_newline(lake, make, newline):
    data = make.many("mixpanel", range(4)).replace(b"\n", newline)
    assert lake.deliver(data, "mixpanel").loaded == 4
    assert [row[0] for row in lake.rows("mixpanel.events", "_line")] == [1, 2, 3, 4]


def test_case_040_mixed_newlines_and_line_separators_in_texts(lake, make):
    parts = [json.dumps(make.mixpanel(n, note="a\u2028b"), ensure_ascii=False).encode() for n in range(3)]  # fmt: skip
    report = lake.deliver(parts[0] + b"\r" + parts[1] + b"\r\n" + parts[2] + b"\n", "mixpanel")
    assert report.loaded == 3


def test_case_042_ordinary_numbers_pass(lake, make):
    line = json.dumps(make.mixpanel(1)).replace('"mp_lib"', '"a": -0, "b": 1E2, "c": 1e-400, "mp_lib"')  # fmt: skip
    assert lake.deliver(line, "mixpanel").loaded == 1


def test_case_043_ids_never_lose_a_digit(lake, make):
    lake.deliver(make.lines(make.amplitude(1, amplitude_id=2**53 + 1)), "amplitude")
    assert lake.rows("amplitude.events", "amplitude_id") == [("9007199254740993",)]
    lake.deliver(make.lines(make.mixpanel(1, distinct_id=2**64)), "mixpanel")
    assert lake.rows("mixpanel.events", "distinct_id") == [(str(2**64),)]


@pytest.mark.parametrize("indent", [None, 2])
def test_case_045_an_array_of_events_is_read(lake, make, indent):
    events = [make.posthog(n) for n in range(4)]
    assert lake.deliver(json.dumps(events, indent=indent), "posthog").loaded == 4


def test_case_045_a_page_of_events_is_read(lake, make):
    page = {"next": None, "results": [make.posthog(n) for n in range(4)]}
    assert lake.deliver(json.dumps(page, indent=1), "posthog").loaded == 4


def test_case_045_one_pretty_object_is_read(lake, make):
    assert lake.deliver(json.dumps(make.posthog(1), indent=2), "posthog").loaded == 1


def test_case_045_a_csv_is_refused_where_lines_are_expected(lake):
    assert lake.deliver("a,b\n1,2\n", "amplitude").reason == "SHAPE"


def test_blank_lines_count_in_line_numbers_but_not_as_records(lake, make):
    data = make.lines(make.mixpanel(1), "", "   ", "oops", "", make.mixpanel(2))
    report = lake.deliver(data, "mixpanel")
    assert (report.records_seen, lake.codes()) == (3, {4: "JSON_SYNTAX"})
    assert [row[0] for row in lake.rows("mixpanel.events", "_line")] == [1, 6]


def test_lines_keep_their_numbers_across_members(lake, make, tmp_path):
    members = {
        f"1/1_2024-03-05_{hour}#0.json.gz": make.lines(
            make.amplitude(hour * 10), "oops", make.amplitude(hour * 10 + 1)
        )
        for hour in range(5)
    }
    report = lake.deliver(make.zip(tmp_path / "z.zip", members), "amplitude", "z.zip")
    assert (report.loaded, report.quarantined) == (10, 5)
    kept = quarantine.list_records(lake.paths)
    assert {(r.member, r.line) for r in kept} == {(name, 2) for name in members}
    assert set(lake.rows("amplitude.events", "_line")) == {(1,), (3,)}


def test_offsets_point_at_the_raw_bytes(lake, make):
    data = make.lines(make.mixpanel(1), "", '{"event": oops}', make.mixpanel(2))
    lake.deliver(data, "mixpanel")
    record = quarantine.list_records(lake.paths)[0]
    assert data[record.offset :].startswith(b'{"event": oops}')


def test_the_terminated_early_line_rejects_the_file(lake, make):
    data = make.many("mixpanel", range(3)) + b"terminated early\n"
    report = lake.deliver(data, "mixpanel")
    assert (report.status, report.reason, report.records_seen) == ("rejected", "INCOMPLETE_FILE", 0)


def test_texts_that_only_look_like_bad_numbers_pass(lake, make):
    event = make.mixpanel(1, note="see, ] or ,} and : NaN and Infinity", banana="x")
    assert lake.deliver(make.lines(event), "mixpanel").loaded == 1


def test_many_slices_keep_every_record(lake, make, monkeypatch):
    from ingestion import lines

    lines_of = [make.mixpanel(n, time=1_709_597_998, pad="x" * 500) for n in range(3000)]
    data = bytearray(make.lines(*lines_of))
    monkeypatch.setattr(lines.slices, "__defaults__", (64 * 1024,))
    report = lake.deliver(gzip.compress(bytes(data)), "mixpanel", "a.json.gz")
    assert report.loaded == 3000
    assert [row[0] for row in lake.rows("mixpanel.events", "_line")] == list(range(1, 3001))
