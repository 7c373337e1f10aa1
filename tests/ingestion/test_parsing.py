"""Lines and what breaks them (fault catalogue 3.B)."""

from __future__ import annotations

import gzip
import itertools
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion import quarantine
from ingestion.manifest import Manifest


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


EVENT = b'{"event": "a", "properties": {"time": 1709597998, "x": %s}}'
BAD_LINES: dict[str, list[bytes]] = {
    "CONTROL_CHAR": [b'{"event": "a\x00b", "properties": {}}', b'{"event": "a\x07b", "properties": {}}', EVENT % b'"a\tb"', b'\x00{"event": "a"}'],
    "BAD_UTF8": [b'{"event": "caf\xe9"}', b'{"event": "\xc0\xaf"}', b'{"event": "\xed\xa0\xbd\xed\xb8\x80"}', EVENT % b'"\xff"', b'{"\xe9": 1}'],
    "BAD_UNICODE": [b'{"event": "\\ud800x"}', EVENT % b'"\\udc00"', EVENT % b'{"\\ud83d": 1}'],
    "DUP_KEY": [b'{"event": "first", "event": "second"}', EVENT % b'1, "x": 2', EVENT % b'{"y": {"z": 1, "z": 1}}', EVENT % b'[{"y": 1, "\\u0079": 2}]'],
    "NON_JSON_NUMBER": [EVENT % b"NaN", EVENT % b"[-Infinity]", EVENT % b"1e400", EVENT % b"-1e999", EVENT % (b"9" * 400)],
    "TOO_DEEP": [EVENT % (b"[" * 200_000 + b"]" * 200_000), EVENT % (b"[" * 70 + b"]" * 70), EVENT % (b'{"a":' * 63 + b"1" + b"}" * 63)],
    "NOT_AN_OBJECT": [b"null", b"[]", b'"x"', b"42", b"true", b"-1.5e3", b'[{"event": "a"}]'],
    "JSON_SYNTAX": [
        b'{"event": oops}', b'{"event": "a", "properties": {"time": 1709597998, "x": 1,}}', b'{"event": "a"}{"event": "b"}', b'{"event": "a" /* x */}',
        b"{'event': 'a'}", b'{"event": "a", "properties": {"time": 01709597998}}', b"plain words", b'{"event": "a"', b'{"event": "a"} x',
    ],
}  # fmt: skip


def refuse(lake, make, code: str) -> None:
    """Each line of the code between good events: one quarantined record each, with line, message and bytes."""
    records: list[bytes | dict] = [make.mixpanel(0)]
    for number, raw in enumerate(BAD_LINES[code], 1):
        records += [raw, make.mixpanel(number)]
    report = lake.deliver(make.lines(*records), "mixpanel")
    count = len(BAD_LINES[code])
    assert (report.status, report.reason) == ("partial", code)
    assert (report.records_seen, report.loaded, report.quarantined) == (
        2 * count + 1,
        count + 1,
        count,
    )
    assert lake.codes() == {2 * n: code for n in range(1, count + 1)}
    for record, raw in zip(quarantine.list_records(lake.paths), BAD_LINES[code], strict=True):
        assert record.message and quarantine.show(lake.paths, record.id) == raw
    good = [2 * n + 1 for n in range(count + 1)]
    assert [row[0] for row in lake.rows("mixpanel.events", "_line")] == good


def test_case_034_lines_that_are_not_json_are_refused(lake, make):
    refuse(lake, make, "JSON_SYNTAX")


def test_case_036_raw_control_characters_are_refused(lake, make):
    refuse(lake, make, "CONTROL_CHAR")


def test_case_037_bytes_that_are_not_utf_8_are_refused(lake, make):
    refuse(lake, make, "BAD_UTF8")


def test_case_038_half_a_character_is_refused(lake, make):
    refuse(lake, make, "BAD_UNICODE")


def test_case_041_a_key_given_twice_at_any_depth_is_refused(lake, make):
    refuse(lake, make, "DUP_KEY")


def test_case_042_what_is_no_number_of_json_is_refused(lake, make):
    refuse(lake, make, "NON_JSON_NUMBER")


def test_case_044_nesting_beyond_the_limit_is_refused(lake, make):
    refuse(lake, make, "TOO_DEEP")


def test_case_046_lines_that_are_no_objects_are_refused(lake, make):
    refuse(lake, make, "NOT_AN_OBJECT")


def test_all_bad_lines_of_one_file_keep_their_lines(lake, make):
    raws = [(raw, code) for code, lines in BAD_LINES.items() for raw in lines if len(raw) < 5000]
    records: list[bytes | dict] = []
    wanted = {}
    for number, (raw, code) in enumerate(raws):
        records += [make.mixpanel(number), raw]
        wanted[2 * number + 2] = code
    report = lake.deliver(make.lines(*records), "mixpanel")
    assert lake.codes() == wanted
    assert (report.loaded, report.quarantined) == (len(raws), len(raws))


def test_case_036_an_escaped_nul_is_kept(lake, make):
    lake.deliver(make.lines(make.mixpanel(1, note="a\x00b")), "mixpanel")
    assert "\\u0000" in lake.rows("mixpanel.events", "properties")[0][0]


def test_case_039_byte_order_marks(lake, make):
    data = make.many("mixpanel", range(3))
    assert lake.deliver(b"\xef\xbb\xbf" + data, "mixpanel", "a.json").loaded == 3
    assert lake.deliver(data.decode().encode("utf-16"), "mixpanel", "b.json", "q").loaded == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_case_039_the_encoding_is_told_by_the_mark_and_recorded(lake, make, encoding):
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    events = [make.posthog(n, event="größe 日本 👩\u200d👧") for n in range(3)]
    text = "\r\n".join(json.dumps(event, ensure_ascii=False) for event in events)
    report = lake.deliver(mark + text.encode(encoding), "posthog")
    assert (report.loaded, report.quarantined) == (3, 0)
    assert {row[0] for row in lake.rows("posthog.events", "event")} == {"größe 日本 👩\u200d👧"}
    with Manifest(lake.paths.manifest) as manifest:
        (told,) = manifest.rows("select encoding from files")[0]
    assert told == ("utf-16" if mark else encoding)


def test_case_037_half_a_character_of_a_utf_16_file_costs_its_line(lake, make):
    lines = [json.dumps(make.posthog(n)) for n in range(3)]
    lines[1] = lines[1].replace("view", "vi\ud800ew")
    data = "\n".join(lines).encode("utf-16", "surrogatepass")
    report = lake.deliver(data, "posthog")
    assert (report.loaded, lake.codes()) == (2, {2: "BAD_UTF8"})
    cut = lake.deliver("\n".join(lines[::2]).encode("utf-16")[:-1], "posthog", "cut.json")
    assert (cut.status, cut.reason) == ("rejected", "INCOMPLETE_FILE")
    bare = lake.deliver(lines[0].encode("utf-16-le"), "posthog", "bare.json")
    assert (bare.reason, "byte-order mark" in bare.message) == ("TYPE_MISMATCH", True)


@pytest.mark.parametrize("newline", [b"\r\n", b"\r", b"\n"])
def test_case_040_every_newline(lake, make, newline):
    data = make.many("mixpanel", range(4)).replace(b"\n", newline)
    assert lake.deliver(data, "mixpanel").loaded == 4
    assert [row[0] for row in lake.rows("mixpanel.events", "_line")] == [1, 2, 3, 4]


def test_case_040_mixed_newlines_and_line_separators_in_texts(lake, make):
    parts = [json.dumps(make.mixpanel(n, note="a\u2028b"), ensure_ascii=False).encode() for n in range(3)]  # fmt: skip
    report = lake.deliver(parts[0] + b"\r" + parts[1] + b"\r\n" + parts[2] + b"\n", "mixpanel")
    assert report.loaded == 3


def test_case_040_other_separators_are_no_newlines(lake, make):
    """Raw where JSON allows it, escaped where it does not; read by DuckDB and by Python."""
    names = [f"a{char}b" for char in "\u2028\u2029\u0085\u001c\u000b\u000c"]
    lines = [json.dumps(make.mixpanel(n, note=name), ensure_ascii=ord(name[1]) < 32) for n, name in enumerate(names)]  # fmt: skip
    assert lake.deliver(make.lines(*lines), "mixpanel").loaded == len(names)
    bags = lake.rows("mixpanel.events", "properties")
    assert [json.loads(row[0])["note"] for row in bags] == names
    generic = [{"event": name, "user_id": name, "time": "2024-03-05", "event_id": str(n)} for n, name in enumerate(names)]  # fmt: skip
    lines = [json.dumps(event, ensure_ascii=ord(event["event"][1]) < 32) for event in generic]
    assert lake.deliver(make.lines(*lines), "events", "e.json").loaded == len(names)
    assert lake.rows("events.events", "event, user_id") == [(name, name) for name in names]


def test_case_042_ordinary_numbers_pass(lake, make):
    line = json.dumps(make.mixpanel(1)).replace('"mp_lib"', '"a": -0, "b": 1E2, "c": 1e-400, "mp_lib"')  # fmt: skip
    assert lake.deliver(line, "mixpanel").loaded == 1


def test_case_043_ids_never_lose_a_digit(lake, make):
    lake.deliver(make.lines(make.amplitude(1, amplitude_id=2**53 + 1)), "amplitude")
    assert lake.rows("amplitude.events", "amplitude_id") == [("9007199254740993",)]
    lake.deliver(make.lines(make.mixpanel(1, distinct_id=2**64)), "mixpanel")
    assert lake.rows("mixpanel.events", "distinct_id") == [(str(2**64),)]


def test_case_043_ids_are_texts_in_every_source_and_shape(lake, make):
    ids = [2**53 + 1, 2**63, 2**64, 10**30, -(2**70), "007", "1e3", "9007199254740993.0"]
    mixed = [make.mixpanel(n, distinct_id=value) for n, value in enumerate(ids)]
    lake.deliver(make.lines(*mixed), "mixpanel", "lines.json", "a")
    lake.deliver(json.dumps(mixed), "mixpanel", "array.json", "b")
    found = [row[0] for row in lake.rows("mixpanel.events", "distinct_id")]
    assert found == [str(value) for value in ids] * 2
    generic = [{"event": "e", "user_id": v, "time": "2024-03-05", "event_id": v} for v in ids]
    lake.deliver(make.lines(*generic), "events", "lines.json", "a")
    lake.deliver(json.dumps(generic), "events", "array.json", "b")
    rows = "event,user_id,time,event_id\n" + "".join(f"e,{v},2024-03-05,{v}\n" for v in ids)
    lake.deliver(rows, "events", "rows.csv", "c")
    wanted = [(str(value), str(value)) for value in ids] * 3
    assert lake.rows("events.events", "user_id, event_id") == wanted


def test_case_043_a_number_with_a_point_stays_apart_from_the_whole_one(lake, make):
    """1.0, 1 and "1" may be three users: how they are written is kept, nothing is merged in silence."""
    lines = [b'{"event":"e","time":"2024-03-05","event_id":%d,"user_id":%s}' % (n, v) for n, v in enumerate((b"1", b'"1"', b"1.0", b"1e3", b"1000"))]  # fmt: skip
    lake.deliver(make.lines(*lines), "events")
    users = [row[0] for row in lake.rows("events.events", "user_id")]
    assert users == ["1", "1", "1.0", "1000.0", "1000"]


LINE = st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b"").replace(b"\r", b""))
PROJECTS = itertools.count()  # the same example again must not be the same delivery
NEAR_JSON = st.text('{}[]":,\\ntrue01eE+-.x\u2028\u00e9 ', max_size=40).map(str.encode)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(LINE | NEAR_JSON, max_size=30), st.booleans())
def test_good_lines_around_any_lines_are_loaded_and_nothing_raises(lake, make, junk, packed):
    """Conservation for arbitrary bytes: every line that is not blank is loaded or refused, every good one is loaded."""
    project = f"p{next(PROJECTS)}"
    lines: list[bytes | dict] = [make.mixpanel(0)]
    for number, raw in enumerate(junk, 1):
        lines += [raw, make.mixpanel(number)]
    data = make.lines(*lines)
    name = f"{project}.json"
    report = lake.deliver(gzip.compress(data) if packed else data, "mixpanel", name, project)
    good = sum(isinstance(line, dict) for line in lines)
    filled = sum(bool(raw.strip()) for raw in junk)
    assert (report.records_seen, report.loaded) == (good + filled, good)
    assert report.quarantined == filled


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
    from ingestion.formats import lines

    lines_of = [make.mixpanel(n, time=1_709_597_998, pad="x" * 500) for n in range(3000)]
    data = bytearray(make.lines(*lines_of))
    monkeypatch.setattr(lines.slices, "__defaults__", (64 * 1024,))
    report = lake.deliver(gzip.compress(bytes(data)), "mixpanel", "a.json.gz")
    assert report.loaded == 3000
    assert [row[0] for row in lake.rows("mixpanel.events", "_line")] == list(range(1, 3001))
