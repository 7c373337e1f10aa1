"""Values that would act elsewhere are texts here, and files that could act are not opened (cases 36, 55, 56)."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import pytest

HOSTILE = (
    "__proto__", "constructor", "'; drop table events; --", "/* */ union select 1", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    '=HYPERLINK("http://x","y")', "+1+1", "@SUM(A1)", "-2+3", "\u202egnp.exe\u202c", "\u2066x\u2069", "👩\u200d👩\u200d👧\u200d👦🏳️\u200d🌈",
    "Z\u0300\u0301\u0302", "a\x00b", "\x01\x1b[31mred\x7f", "a\\u0000b", "a\"b'c`d", "C:\\new\\table", "{{ 7*7 }} ${x} %s %n {0}", "{% raw %}",
    "../../etc/passwd", "NULL", "NaN", "true", "\ufeffx", "a\u00a0b", "a\nb\r\nc\td", "x" * 20_000, "&lt;b&gt;&#0;", '{"a": "\\u0000", "b": [1,]}',
    "\ue000\U000f0000", "\U0010ffff", "𐀀", "e\u0301", "${jndi:ldap://x/a}", "%00%0d%0a", "a\x1fb\x1ec|d", "a.b$c[0]", "$.event", "*", "-1", "0",
)  # fmt: skip


def event(make, source: str, number: int, value: str) -> dict:
    """An event with the value as its name, its ids, and names and values of properties."""
    bag = {value: value, "list": [value, {value: None}]}
    if source == "amplitude":
        ids = {"user_id": value, "device_id": value}
        return make.amplitude(number, event_type=value, event_properties=bag, **ids)
    if source == "mixpanel":
        made = make.mixpanel(number, distinct_id=value)
        made["properties"] |= {name: v for name, v in bag.items() if name != "time"}
        return {**made, "event": value}
    if source == "posthog":
        return make.posthog(number, event=value, distinct_id=value, properties=bag)
    return {"event": value, "user_id": value, "event_id": f"e{number}", "time": "2024-03-05", "properties": bag}  # fmt: skip


COLUMNS = {
    "amplitude": "event_type, user_id, event_properties",
    "mixpanel": "event, distinct_id, properties",
    "posthog": "event, distinct_id, properties",
    "events": "event, user_id, properties",
}


@pytest.mark.parametrize("source", COLUMNS)
@pytest.mark.parametrize("shape", ["lines", "array"])
def test_hostile_values_are_texts_and_come_back_as_they_were(lake, make, source, shape):
    events = [event(make, source, number, value) for number, value in enumerate(HOSTILE)]
    data = make.lines(*events) if shape == "lines" else json.dumps(events, ensure_ascii=False)
    report = lake.deliver(data, source)
    assert (report.loaded, report.quarantined, lake.codes()) == (len(events), 0, {})
    rows = lake.rows(f"{source}.events", COLUMNS[source])
    for value, (name, user, bag) in zip(HOSTILE, rows, strict=True):
        # generic files have ids without blanks around them
        assert (name, user) == (value, value.strip() if source == "events" else value)
        read = json.loads(bag)
        assert read[value] == value and read["list"] == [value, {value: None}]


def test_hostile_cells_of_a_csv_are_texts(lake):
    values = [value for value in HOSTILE if "\x00" not in value and value != "0"]
    rows = "".join(
        ",".join('"' + cell.replace('"', '""') + '"' for cell in (value, value, "2024-03-05", f"e{n}", value))
        + "\n"
        for n, value in enumerate(values)
    )  # fmt: skip
    report = lake.deliver("event,user_id,time,event_id,note\n" + rows, "events", "e.csv")
    assert (report.loaded, report.quarantined) == (len(values), 0)
    found = lake.rows("events.events", "event, properties")
    assert [(name, json.loads(bag)["note"]) for name, bag in found] == [(v, v) for v in values]


def test_case_036_an_escaped_nul_is_kept_in_every_part_of_an_event(lake, make):
    for source in COLUMNS:
        assert lake.deliver(make.lines(event(make, source, 1, "a\x00b")), source).loaded == 1
        ((name, user, bag),) = lake.rows(f"{source}.events", COLUMNS[source])
        assert (name, user, json.loads(bag)["a\x00b"]) == ("a\x00b",) * 3


KEYS_088 = {"select": 1, "SELECT": 2, "A": 3, "a": 4, "a.b": 5, "a b": 6, " a": 7, '"a"': 8, "'a'": 9, "$.a": 10, "a/b": 11, "": 12, "*": 13, "[0]": 14}  # fmt: skip


@pytest.mark.parametrize("source", COLUMNS)
def test_case_088_keys_that_differ_only_in_case_blanks_or_quotes_stay_apart(lake, make, source):
    bag = {key: f"v{value}" for key, value in KEYS_088.items()}
    made = {
        "amplitude": lambda: make.amplitude(1, event_properties=bag),
        "mixpanel": lambda: make.mixpanel(1, **bag),
        "posthog": lambda: make.posthog(1, properties=bag),
        "events": lambda: {"event": "e", "user_id": "u", "time": "2024-03-05", "properties": bag},
    }[source]()
    assert lake.deliver(make.lines(made), source).loaded == 1
    found = json.loads(lake.rows(f"{source}.events", COLUMNS[source].split(", ")[-1])[0][0])
    assert {key: found[key] for key in bag} == bag


OUR_KEYS = ("__line", "__skip", "__file", "__row", "__key", "__code", "__marks", "__content", "_load_id", "filename", "v_at", "c_event")  # fmt: skip


def test_keys_that_the_warehouse_uses_itself_are_only_keys(lake, make):
    """Of records and of properties, whatever their values; a record cannot leave itself out or renumber itself."""
    events = [
        {**make.posthog(n), key: odd, "properties": {key: odd}}
        for n, (key, odd) in enumerate((k, o) for k in OUR_KEYS for o in (True, 7, "x", {"a": 1}))
    ]
    for name, data in {"lines.json": make.lines(*events), "array.json": json.dumps(events)}.items():
        report = lake.deliver(data, "posthog", name, name)
        assert (report.loaded, report.quarantined) == (len(events), 0)
    rows = lake.rows("posthog.events", "_line, properties")
    assert [row[0] for row in rows] == [*range(1, len(events) + 1)] * 2
    assert [json.loads(row[1]) for row in rows] == [event["properties"] for event in events] * 2


def test_case_055_json_in_a_text_and_html_entities_stay_text(lake, make):
    values = {
        "note": '{"a": 1, "a": [NaN, }',
        "html": "&lt;b&gt; &#x41;",
        "quoted": json.dumps(json.dumps({"a": 1})),
        "list": "[1, 2]",
    }
    events = {
        "mixpanel": make.mixpanel(1, **values),
        "posthog": make.posthog(1, properties=values),
        "amplitude": make.amplitude(1, event_properties=values),
        "events": {"event": "e", "user_id": "u", "time": "2024-03-05", **values},
    }
    for source, made in events.items():
        assert lake.deliver(make.lines(made), source).loaded == 1
        column = COLUMNS[source].split(", ")[-1]
        found = json.loads(lake.rows(f"{source}.events", column)[0][0])
        assert {name: found[name] for name in values} == values


XXE = b'<!DOCTYPE foo [<!ENTITY xxe SYSTEM "file:///etc/passwd">]><foo>&xxe;</foo>'


def workbook(*names: str) -> bytes:
    """A zip with these entries, each an XML document that asks for a file of the machine."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, b'<?xml version="1.0"?>' + XXE)
    return target.getvalue()


FOREIGN = {
    "xlsx": (workbook("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"), "a spreadsheet workbook"),
    "docx": (workbook("[Content_Types].xml", "word/document.xml"), "an Office document"),
    "ods": (workbook("mimetype", "content.xml"), "a spreadsheet workbook"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "an old Excel file"),
    "xml": (b'<?xml version="1.0"?>' + XXE, "an XML document"),
    "xml without a head": (XXE, "an XML document"),
    "xml with a mark": (b"\xef\xbb\xbf<?xml?><a/>", "an XML document"),
    "xml in utf-16": ("<?xml?><a/>".encode("utf-16"), "an XML document"),
    "a sheet of xml": (b"  <Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'/>", "an XML document"),
    "svg": (b"<svg onload='x'/>", "an XML document"),
    "html with a mark": (b"\xef\xbb\xbf\n<!DOCTYPE html><html>", "an HTML page"),
    "a table as xls": (b"<html><table><tr><td>1</td></tr></table>", "an HTML page"),
}  # fmt: skip


def test_case_056_what_may_hold_entities_or_macros_is_not_opened_and_is_named(lake):
    files = {f"{name}.csv": data for name, (data, _) in FOREIGN.items()}
    for report, (_, what) in zip(
        lake.deliver_all(files, "people").values(), FOREIGN.values(), strict=True
    ):
        assert (report.status, report.reason, report.records_seen) == (
            "rejected",
            "TYPE_MISMATCH",
            0,
        )
        assert what in report.message and "root:" not in report.message


def test_case_056_the_same_inside_gzip(lake):
    files = {f"{name}.csv.gz": gzip.compress(data) for name, (data, _) in FOREIGN.items()}
    for name, report in lake.deliver_all(files, "people").items():
        is_zip = FOREIGN[name.removesuffix(".csv.gz")][0].startswith(b"PK")
        assert report.reason == ("ZIP_LIMIT" if is_zip else "TYPE_MISMATCH"), report
