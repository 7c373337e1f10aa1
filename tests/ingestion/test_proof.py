"""Lines that are proved without parsing: never a line that the strict parser refuses."""

from __future__ import annotations

import json
import random
from pathlib import Path

import duckdb
import pytest

from ingestion import quarantine
from ingestion.formats import proof
from ingestion.formats.proof import Proof
from ingestion.formats.strict import check_line

GOOD = [
    b'{"event":"view","properties":{"time":1709597998,"a":[1,2,{"b":null}],"c":"x"}}',
    b'{"event": "spaced" , "properties": {"time": 1709597998, "a": [1, 2], "s": ", ] } : nan"}}',
    b'{"event":"quotes \\" and \\\\","properties":{"time":1,"back\\\\":"\\\\\\"","k":"a,}b"}}',
    b'{"event":"numbers","properties":{"time":1,"e":1e5,"f":-1.5E-300,"g":1e+20,"h":0}}',
    b'{"event":"\xc3\xa9t\xc3\xa9","properties":{"time":1,"\xf0\x9f\x98\x80":true,"info":"inf NaN 1e999"}}',
    b'{"event":"deep","properties":{"time":1,"x":' + b"[" * 60 + b"]" * 60 + b"}}",
    b'{"event":"","properties":{"time":1,"":"","a":{},"b":[]}}',
    b'{"event":"again","properties":{"a":{"k":1},"b":{"k":2},"c":[{"k":1},{"k":2}]}}',
]
# The shapes of the public suites of broken JSON, each as one line.
BROKEN = [
    b'{"a":NaN}', b'{"a":[nan]}', b'{"a":-Infinity}', b'{"a":inf}', b'{"a":[1,Inf]}', b'{"a":+1}', b'{"a": NaN }',
    b'{"a":1,}', b'{"a":[1,]}', b'{"a":[1 , ]}', b'{"a":1 ,\t}', b'{"a":[,1]}', b'{"a":[1,,2]}', b'{,"a":1}',
    b'{"a":1e400}', b'{"a":-1E+400}', b'{"a":1' + b"0" * 400 + b".5}", b'{"a":' + b"9" * 320 + b'.0e1}', b'{"a":1e0400}',
    b'{"a":1,"a":2}', b'{"a":{"b":1,"b":2}}', b'{"a":[{"b":1},{"b":1,"b":2}]}', b'{"a":1,"\\u0061":2}', b'{"a" :1,"a":2}',
    b'{"a":1,"b":{"c":1},"a":2}', b'{"":1,"":2}', b'{"a\\"b":1,"a\\"b":2}', b'{"a}":1,"a}":2}', b'{"k":[{"x":["},{"],"x":2}]}',
    b'{"a":' + b"[" * 64 + b"]" * 64 + b"}", b'{"a":' + b'{"b":' * 70 + b"1" + b"}" * 71, b'{"a":' + b"[[1]," * 65 + b"1" + b"]" * 65 + b"}",
    b"[]", b"null", b'"x"', b"42", b"[{}]", b"true", b'{"a":1}{"b":2}', b'{"a":1},{"b":2}', b'{"a":1}]', b'{"a":1}}', b'[{"a":1}',
    b'{"a":1', b'{"a":"x', b'{"a', b"{", b"}", b'{"a":"x"y"}', b'{"a":"\\"}', b'{"a":"\\ud800"}', b'{"a":"\\x"}', b'{"a":"\x01"}',
    b'{"a":"\xff"}', b'{"a":"\xc0\xaf"}', b'{"a":"\xed\xa0\x80"}', b'{"a":01}', b'{"a":1.}', b'{"a":.5}', b'{"a":0x1}', b'{"a":1e}',
    b"{'a':1}", b'{a:1}', b'{"a" 1}', b'{"a":}', b'{"a":1 /* c */}', b'{"a":1}//', b'{"a":tru}', b'{"a":TRUE}', b'{"a":nul}',
    b'{"a":"\\u12"}', b'{"a":\x00}', b'\xef\xbb\xbf{"a":1}', b'{"a":1}\x0c', b'{"a":\xc2\xa01}', b'{"a":-}', b'{"a":--1}', b'{"a":"\t"}',
]  # fmt: skip


def read_by_duckdb(lines: list[bytes], folder: Path) -> list[bool]:
    """Which lines DuckDB reads as one object, each in a file of its own reader."""
    path = folder / "lines.json"
    path.write_bytes(b"\n".join(lines) + b"\n")
    query = f"select json is not null from read_ndjson_objects('{path}', ignore_errors = true)"
    with duckdb.connect(config={"threads": "1"}) as con:
        found = [row[0] for row in con.execute(query).fetchall()]
    assert len(found) == len(lines)
    return found


def assert_proved_lines_are_strict(
    lines: list[bytes], folder: Path, block: int, skip_blank: bool = True
) -> None:
    if skip_blank:
        lines = [line for line in lines if line.strip()]
    suspects = set(Proof().suspects(b"\n".join(lines) + b"\n", block=block, small=0))
    accepted = read_by_duckdb(lines, folder)
    for index, line in enumerate(lines):
        if index not in suspects and accepted[index]:
            assert check_line(line) is None, (line, check_line(line))


@pytest.mark.parametrize("block", [1, 200, 4096, 1 << 20])
def test_no_broken_line_is_proved(tmp_path, block):
    chance = random.Random(block)
    lines = [line for bad in BROKEN for line in (chance.choice(GOOD), bad)] + GOOD
    assert all(check_line(line) for line in BROKEN), [x for x in BROKEN if not check_line(x)]
    assert_proved_lines_are_strict(lines, tmp_path, block)


@pytest.mark.parametrize("bad", BROKEN)
def test_a_broken_line_between_good_ones_is_found(tmp_path, bad):
    assert_proved_lines_are_strict([*GOOD, bad, *GOOD], tmp_path, 1 << 20)


@pytest.mark.parametrize("seed", range(20))
def test_lines_changed_at_random_are_never_proved_wrongly(tmp_path, seed):
    chance = random.Random(seed)
    alphabet = [b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b" ", b"n", b"N", b"a", b"i", b"e", b"9", b"\t", b"\r", b'"a":1,', b"NaN", b"1e999", b'\\"']  # fmt: skip
    lines = []
    for _ in range(400):
        line = bytearray(chance.choice(GOOD + BROKEN))
        for _ in range(chance.randrange(4)):
            at = chance.randrange(len(line) + 1)
            line[at : at + chance.randrange(3)] = chance.choice(alphabet)
        lines.append(bytes(line))
    assert_proved_lines_are_strict(lines, tmp_path, chance.choice([64, 700, 1 << 20]))


def test_good_lines_of_a_known_outline_are_proved():
    data = b"\n".join(GOOD * 3) + b"\n"
    checked = Proof()
    first = checked.suspects(data, small=0)
    assert first == []
    assert checked.suspects(b"\r\n".join(GOOD) + b"\r\n", small=0) == []


@pytest.mark.parametrize("cut", [[0], [9], [40], [9, 10, 30], [0, 1, 2, 40, 41, 47]])
def test_a_line_that_ends_inside_of_a_text_is_set_aside(cut):
    lines = GOOD * 6
    for index in cut:
        lines[index] = b'{"event":"view","properties":{"time":17095'[: 12 + index % 4]
    found = Proof().suspects(b"\n".join(lines) + b"\n", small=0)
    assert found == cut if len(cut) <= proof._CUT_LINES else set(cut) <= set(found)


@pytest.mark.parametrize("blanks", [1, 70, 200])
@pytest.mark.parametrize(
    "text", [b'{"a":[1,%b]}', b'{"a":1,%b}', b'{"a":[[],%b2,%bNaN]}', b'{"a":1%be400}']
)
def test_blanks_hide_nothing(text, blanks):
    line = text.replace(b"%b", b" " * blanks)
    assert check_line(line)
    assert len(GOOD) in Proof().suspects(b"\n".join([*GOOD, line, *GOOD]) + b"\n", small=0)


def test_what_is_small_is_looked_at_line_by_line():
    assert Proof().suspects(b'{"a":1}\n\n{"a":2}') == [0, 1, 2]


def test_outlines_are_forgotten_before_they_fill_the_memory(monkeypatch):
    monkeypatch.setattr(proof, "_KNOWN", 10)
    checked = Proof()
    for number in range(50):
        assert checked.suspects(f'{{"k{number}":1}}\n'.encode(), small=0) == []
    assert len(checked._known) <= 12


@pytest.mark.parametrize("source", ["amplitude", "mixpanel", "posthog"])
def test_the_quick_and_the_safe_path_give_the_same_rows(lake, tmp_path_factory, make, source):
    chance = random.Random(source)
    lines: list[bytes] = []
    for number in range(400):
        event = getattr(make, source)(number)
        bag = event.get("event_properties") or event.get("properties")
        bag[f"key{chance.randrange(4)}"] = chance.choice([1, 1e20, "x", None, [1, {"a": 2}], 'a"b'])
        lines.append(json.dumps(event, separators=chance.choice([(",", ":"), (", ", ": ")])).encode())  # fmt: skip
        if chance.random() < 0.2:
            lines.append(chance.choice([*BROKEN, *GOOD, b"", b"  "]))
    data = b"\n".join(lines) + b"\n"
    quick = _ingested(type(lake)(tmp_path_factory.mktemp("quick")), data, source, _in_small_blocks)
    safe = _ingested(type(lake)(tmp_path_factory.mktemp("safe")), data, source, _every_line)
    assert quick == safe
    assert quick[0]
    assert {kept[2] for kept in quick[1]} >= {
        "JSON_SYNTAX",
        "DUP_KEY",
        "NON_JSON_NUMBER",
        "NOT_AN_OBJECT",
    }


_suspects = Proof.suspects


def _in_small_blocks(checked: Proof, data: bytes) -> list[int]:
    return _suspects(checked, data, 2000, 0)


def _every_line(checked: Proof, data: bytes) -> list[int]:
    return _suspects(checked, data, small=len(data))


def _ingested(lake, data, source, suspects):
    """Rows and quarantine of one delivery."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Proof, "suspects", suspects)
        lake.deliver(data, source)
    kept = [
        (k.line, k.offset, k.code, k.message, quarantine.show(lake.paths, k.id))
        for k in quarantine.list_records(lake.paths)
    ]
    return lake.rows(f"{source}.events"), kept
