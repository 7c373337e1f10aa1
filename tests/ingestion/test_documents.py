"""JSON documents instead of lines (fault catalogue 34 to 46): arrays, pages, objects; a bad record costs itself."""

from __future__ import annotations

import hashlib
import json

import pytest

from ingestion import quarantine
from ingestion.manifest import Manifest

BAD = {
    "034": (b'{"event": oops}', "JSON_SYNTAX"),
    "036": (b'{"event": "a\x00b"}', "CONTROL_CHAR"),
    "036 newline": (b'{"event": "a\nb"}', "CONTROL_CHAR"),
    "037 latin-1": (b'{"event": "caf\xe9"}', "BAD_UTF8"),
    "037 overlong": (b'{"event": "\xc0\xaf"}', "BAD_UTF8"),
    "037 cesu-8": (b'{"event": "\xed\xa0\xbd\xed\xb8\x80"}', "BAD_UTF8"),
    "038": (b'{"event": "\\ud800x"}', "BAD_UNICODE"),
    "041": (b'{"event": "a", "event": "b"}', "DUP_KEY"),
    "041 deep": (b'{"event": "a", "p": {"x": [{"y": 1, "y": 2}]}}', "DUP_KEY"),
    "042 nan": (b'{"event": "a", "x": NaN}', "NON_JSON_NUMBER"),
    "042 1e400": (b'{"event": "a", "x": 1e400}', "NON_JSON_NUMBER"),
    "044": (b'{"event": "a", "x": ' + b"[" * 70 + b"]" * 70 + b"}", "TOO_DEEP"),
    "044 deep": (b'{"x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "TOO_DEEP"),
}
NO_OBJECTS = dict.fromkeys((b"null", b"[]", b'"x"', b"42", b"[[{}]]"), "NOT_AN_OBJECT")


def in_shape(shape: str, records: list[bytes]) -> bytes:
    """The records as one document."""
    if shape == "array":
        return b"[" + b",".join(records) + b"]"
    if shape == "pretty array":
        return b"[\n  " + b",\n  ".join(records) + b"\n]\n"
    if shape == "page":
        return b'{"next": null, "results": [' + b", ".join(records) + b'], "count": 9}'
    if shape == "pages":
        return b"[" + b",\n".join(b'{"results": [' + record + b"]}" for record in records) + b"]"
    return b'{"data": [' + b",\n".join(records) + b'], "has_more": false}'


@pytest.mark.parametrize("shape", ["array", "pretty array", "page", "pages", "data"])
def test_cases_034_to_046_a_bad_record_of_a_document_costs_itself(lake, make, shape):
    bad = list(BAD.values())
    if shape != "data":  # a list under `data` is a page only when it holds objects
        bad += list(NO_OBJECTS.items())
    good = [json.dumps(make.posthog(n)).encode() for n in range(len(bad) + 1)]
    records = [good[0]]
    for (raw, _), following in zip(bad, good[1:], strict=True):
        records += [raw, following]
    data = in_shape(shape, records)
    report = lake.deliver(data, "posthog")
    assert (report.records_seen, report.loaded, report.quarantined) == (len(records), len(good), len(bad))  # fmt: skip
    kept = quarantine.list_records(lake.paths)
    assert [record.line for record in kept] == [2 * n for n in range(1, len(bad) + 1)]
    for record, (raw, code) in zip(kept, bad, strict=True):
        assert (record.code, bool(record.message)) == (code, True)
        assert quarantine.show(lake.paths, record.id) == raw
        assert record.offset is not None and data[record.offset :].startswith(raw)
    assert [row[0] for row in lake.rows("posthog.events", "_line")] == [2 * n + 1 for n in range(len(good))]  # fmt: skip


def test_case_037_the_message_names_byte_and_hex_in_lines_and_documents(lake, make):
    raw = b'{"event": "caf\xe9 x"}'
    for number, data in enumerate((make.lines(make.posthog(1), raw), b"[" + raw + b"]")):
        report = lake.deliver(data, "posthog", f"{number}.json", f"p{number}")
        assert (report.quarantined, report.reason) == (1, "BAD_UTF8")
        assert "byte 14 (hex e9207822) is not UTF-8" in report.message


def test_case_035_of_a_huge_record_the_start_the_hash_and_the_offset_are_kept(lake, make):
    huge = json.dumps(make.posthog(2, properties={"x": "y" * (9 * 1024 * 1024)})).encode()
    first = json.dumps(make.posthog(1)).encode()
    files = {
        "lines.json": make.lines(first, huge, make.posthog(3)),
        "page.json": b'{"results": [' + first + b", " + huge + b"]}",
    }
    reports = lake.deliver_all(files, "posthog")
    assert [report.quarantined for report in reports.values()] == [1, 1]
    with Manifest(lake.paths.manifest) as manifest:
        kept = manifest.rows("select * from quarantine order by id")
    for data, row in zip(files.values(), kept, strict=True):
        assert (row["code"], row["byte_offset"]) == ("LINE_TOO_LONG", data.index(huge))
        assert (row["raw_size"], row["full_size"]) == (4096, len(huge))
        assert row["sha256"] == hashlib.sha256(huge).hexdigest()


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b'[{"uuid": "a"}, {"uuid": "b"}', "INCOMPLETE_FILE", "stops at byte 29 before its end, after 2"),
        (b'{"results": [{"uuid": "a"}, ', "INCOMPLETE_FILE", "after 1 records; send it again"),
        (b'[{"uuid": "a"}, {"uuid": "b"', "SHAPE", "has no end that can be told"),
        (b'[{"uuid": "a"}, {"uuid": "b}]', "SHAPE", "expected one object per line, or an array"),
        (b"[1}", "SHAPE", "cannot stand in an array"),
        (b'[{"uuid": "a"}] and more', "SHAPE", "neither [ nor {"),
    ],
)  # fmt: skip
def test_case_045_a_document_without_an_end_loads_nothing_and_says_so(lake, data, code, says):
    report = lake.deliver(data, "posthog")
    assert (report.status, report.reason, report.records_seen) == ("rejected", code, 0)
    assert says in report.message


def test_case_045_every_shape_of_the_same_events_gives_the_same_rows(lake, make):
    bag = {"note": "a\u2028\n{[", "n": [1, {"data": [1], "results": [{"id": 1}]}], "id": 7}
    events = [make.posthog(n, properties=bag) for n in range(5)]
    one = json.dumps
    files = {
        "lines.json": "\n".join(map(one, events)),
        "array.json": one(events),
        "pretty.json": one(events, indent=2),
        "page.json": one({"next": None, "results": events}),
        "pretty_page.json": one({"results": events, "next": {"results": []}}, indent=4),
        "data.json": one({"data": events, "more": False}),
        "pages.json": one([{"results": events[:2]}, {"results": events[2:]}]),
        "stacked.json": "\n".join(one({"results": [event]}, indent=1) for event in events),
        "commas.json": ",\n".join(one(event, indent=1) for event in events),
        "glued.json": "".join(one(event, indent=1) for event in events),
        "blank.json": "\n\n  " + one(events) + "\n\n",
    }
    reports = lake.deliver_all(files, "posthog")
    seen = {name: (report.records_seen, report.quarantined) for name, report in reports.items()}
    assert seen == dict.fromkeys(files, (5, 0))
    rows = lake.rows("posthog.events", "uuid, properties")
    assert len(rows) == 5 * len(files) and len({row[0] for row in rows}) == 5
    assert all(json.loads(row[1]) == bag for row in rows)


def test_case_045_a_page_that_names_its_list_twice_loses_none(lake, make):
    first, second = (json.dumps([make.posthog(n)]) for n in (1, 2))
    data = f'{{"results": {first}, "results": {second}}}'
    assert lake.deliver(data, "posthog").loaded == 2


@pytest.mark.parametrize("source", ["amplitude", "mixpanel"])
@pytest.mark.parametrize("data", ["just words\n", "- a: 1\n", "a\tb\n1\t2\n"])
def test_case_045_what_is_of_no_shape_is_refused_with_the_shapes_that_are_read(lake, source, data):
    report = lake.deliver(data, source, "x.txt")
    assert (report.status, report.reason, report.records_seen) == ("rejected", "SHAPE", 0)
    assert "ndjson" in report.message
