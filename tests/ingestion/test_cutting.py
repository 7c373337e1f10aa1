"""Lines that are cut without a parser of JSON: never one that the strict parser refuses, always what DuckDB reads."""

from __future__ import annotations

import gc
import json
import random
import shutil
from pathlib import Path

import duckdb
import pytest

from ingestion import quarantine
from ingestion.formats import counting, cutting
from ingestion.formats.cutting import Cutter, can_cut
from ingestion.formats.strict import check_line
from ingestion.stage import quoted

COLUMNS = {"event": "VARCHAR", "properties": "JSON", "$id": "VARCHAR", "größe": "VARCHAR"}

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


@pytest.fixture(scope="session")
def cutter():
    if not can_cut():
        pytest.skip("the clone was set up without a C compiler")
    return Cutter(COLUMNS)


def test_the_compiled_part_is_there_wherever_there_is_a_compiler():
    assert can_cut() or not shutil.which("cc"), "make setup could not build ingestion/formats/c"


def cut(cutter, lines: list[bytes], newline: bytes = b"\n"):
    """The lines, cut, and the indexes of those that were not."""
    found = cutter.cut([(0, newline.join(lines) + newline, len(lines))])
    return found, found.suspects[0]


def values(found) -> list[tuple]:
    """The rows as DuckDB sees them, each with its line."""
    columns = ", ".join(f"{found.column(name, type_)}" for name, type_ in COLUMNS.items())
    with duckdb.connect(config={"threads": "1"}) as con:
        con.register("cut", found.stream())
        return con.execute(f"select __row - 1, {columns} from cut").fetchall()


def read(lines: list[bytes], folder) -> list[tuple]:
    """The same columns as DuckDB's reader of JSON gives them."""
    path = folder / "lines.json"
    path.write_bytes(b"\n".join(lines) + b"\n")
    spec = ", ".join(f"'{name}': '{type_}'" for name, type_ in COLUMNS.items())
    names = ", ".join(quoted(name) for name in COLUMNS)
    with duckdb.connect(config={"threads": "1"}) as con:
        return con.execute(
            f"select row_number() over () - 1, {names} from read_json('{path}', format = 'newline_delimited', columns = {{{spec}}})"
        ).fetchall()


@pytest.mark.parametrize("bad", BROKEN)
def test_a_broken_line_between_good_ones_is_named(cutter, bad):
    assert check_line(bad)
    assert len(GOOD) in cut(cutter, [*GOOD, bad, *GOOD])[1]


@pytest.mark.parametrize("seed", range(20))
def test_lines_changed_at_random_are_never_cut_wrongly(cutter, seed):
    chance = random.Random(seed)
    alphabet = [b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b" ", b"n", b"N", b"a", b"i", b"e", b"9", b"\t", b"\r", b'"a":1,', b"NaN", b"1e999", b'\\"', b"\xc3", b"\xa9", b"\xed\xa0\x80", b"\\u0000", b"\\ud800"]  # fmt: skip
    lines = []
    for _ in range(2000):
        line = bytearray(chance.choice(GOOD + BROKEN))
        for _ in range(chance.randrange(4)):
            at = chance.randrange(len(line) + 1)
            line[at : at + chance.randrange(3)] = chance.choice(alphabet)
        lines.append(bytes(line))
    _, suspects = cut(cutter, lines)
    for index in set(range(len(lines))) - set(suspects):
        assert check_line(lines[index]) is None, (lines[index], check_line(lines[index]))
    good = [index for index, line in enumerate(lines) if check_line(line) is None]
    assert len(set(good) & set(suspects)) < len(good) / 2  # it is no way out to cut nothing


def test_good_lines_are_cut_whatever_their_blanks(cutter):
    plain = [line for line in GOOD if b"back" not in line]  # one has a key with escapes
    assert cut(cutter, plain)[1] == []
    assert cut(cutter, plain, b" \r\n")[1] == []


VALUES = [
    "x", "", "a longer text than fits a view", "zwölf Zeichen", "é" * 6, "e" * 12, "e" * 13, 'with "quotes"', "line\nbreak", "\U0001f600", "tab\t",
    0, 7, -1, -0.0, 1.5, 1e20, 1e-7, 123456789012345678, 1234567890123456789012, True, False, None,
    {}, [], {"a": 1}, [1, "b", None], {"k": {"deep": [1.10, {"x": "\u00e9"}]}}, {"n": 1e300, "t": "</script>"},
]  # fmt: skip


def some_lines(chance: random.Random, many: int) -> list[bytes]:
    """Objects with wanted and other keys in any order, written in the ways that exporters have."""
    lines = []
    for _ in range(many):
        names = chance.sample(
            [*COLUMNS, "other", "Event", "event ", "properties.x", "$i"], chance.randrange(1, 7)
        )
        record = {name: chance.choice(VALUES) for name in names}
        text = json.dumps(record, ensure_ascii=chance.random() < 0.5, separators=chance.choice([(",", ":"), (", ", ": "), (" ,", " : ")]))  # fmt: skip
        lines.append(text.encode())
    return lines


@pytest.mark.parametrize("seed", range(12))
def test_what_is_cut_is_what_duckdb_reads(cutter, tmp_path, seed):
    lines = some_lines(random.Random(seed), 1500)
    found, suspects = cut(cutter, lines)
    rows = values(found)
    expected = {row[0]: row for row in read(lines, tmp_path)}
    assert rows == [expected[row[0]] for row in rows]
    assert sorted([row[0] for row in rows] + suspects) == list(range(len(lines)))
    assert len(rows) > 300


def test_rows_of_many_pieces_and_drafts_are_numbered_through(cutter):
    pieces = [(0, b'{"event":"a"}\n\n{"event":"b"}\n', 3), (0, b'{"event":"a text of its own, c"}\nno\n', 2), (1, b'{"event":"a text of its own, d"}', 1)]  # fmt: skip
    found = cutter.cut(pieces)
    assert found.suspects == [[1], [1], []]
    with duckdb.connect() as con:
        con.register("cut", found.stream())
        rows = con.execute("select event, __row, __draft from cut").fetchall()
    assert rows == [
        ("a", 1, 0),
        ("b", 3, 0),
        ("a text of its own, c", 4, 0),
        ("a text of its own, d", 6, 1),
    ]


def test_a_line_of_very_many_keys_is_left_to_the_parser(cutter):
    def line(keys: int) -> bytes:
        return json.dumps({f"k{number}": number for number in range(keys)}).encode()

    assert cut(cutter, [line(1000), line(1100)])[1] == [1]


def test_a_key_of_the_same_hash_slot_is_another_key(cutter):
    """Names are told apart by their bytes, not by their hash alone: more keys than there are slots for names."""
    wanted = {f"k{number}": "VARCHAR" for number in range(0, 1000, 5)}
    lines = [
        json.dumps({f"k{number}": number for number in range(first, first + 900)}).encode()
        for first in (0, 50, 900)
    ]
    found, suspects = cut(type(cutter)(wanted), lines)
    assert suspects == []
    with duckdb.connect() as con:
        con.register("cut", found.stream())
        rows = con.execute(f"select {', '.join(wanted)} from cut").fetchall()
    assert rows == [
        tuple(str(n) if first <= n < first + 900 else None for n in range(0, 1000, 5))
        for first in (0, 50, 900)
    ]


def test_texts_come_without_their_escapes(cutter):
    texts = ["\U0001f600 \u00e9\u4e2d", '"\\/\b\f\n\r\t', "é" * 7 + "\n", "\U0001f600" * 3, "\n"]
    lines = [json.dumps({"event": text}).encode() for text in texts]
    lines.append(b'{"event":"\\/\\u00E9\\uD83D\\uDE00"}')
    found, suspects = cut(cutter, lines)
    assert suspects == []
    assert [row[1] for row in values(found)] == [*texts, "/é\U0001f600"]
    halves = [b'{"event":"%s"}' % half for half in (b"\\uD83D", b"\\uDE00", b"\\uD83D\\u0041", b"\\uD83Dx", b"\\u0000")]  # fmt: skip
    assert cut(cutter, halves)[1] == [0, 1, 2, 3, 4]


def test_rows_live_as_long_as_somebody_reads_them(cutter):
    lines = [b'{"event":"a text longer than a view holds, %d"}' % n for n in range(5000)]
    stream = cut(cutter, lines)[0].stream()  # nobody holds the rows any more
    gc.collect()
    with duckdb.connect() as con:
        con.register("cut", stream)
        told = con.execute(
            "select count(distinct event), min(event), max(__row) from cut"
        ).fetchone()
    assert told == (5000, "a text longer than a view holds, 0", 5000)
    found, _ = cut(cutter, lines)
    found.stream()  # never read
    assert values(found) == values(found)  # a stream each


def test_memory_is_given_back(cutter):
    data = b'{"event":"a \\u00e9 longer than a view holds"}\n' * 50_000

    def used() -> int:
        with duckdb.connect() as con:
            con.register("cut", cutter.cut([(0, data, 50_000)]).stream())
            assert con.execute("select count(event) from cut").fetchone() == (50_000,)
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    first = [used() for _ in range(4)][-1]
    last = [used() for _ in range(20)][-1]
    assert last - first < 3 * len(data)  # each round makes more than that


@pytest.mark.parametrize(
    "pieces",
    [
        [(0, b'{"event":"a"}\n', 2)],
        [(0, b'{"event":"a"}\n{"event":"b"}\n', 1)],
        [(0, b'{"event":"a"}\n', 0)],
        [(0, "text", 1)],
    ],
)
def test_a_piece_that_is_not_what_it_says_is_refused(cutter, pieces):
    with pytest.raises((ValueError, TypeError)):
        cutter.cut(pieces)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 64, 1000, 100_003])
def test_bytes_are_counted(cutter, size):
    data = bytes(random.Random(size).choices(b'}\n"x', k=size))
    for wanted in (b"\n", b"}", b'}\n"', b'"\n}'):
        assert counting.count(data, wanted) == data.count(wanted)
    with pytest.raises(ValueError, match="one byte or three"):
        counting.count(data, b"ab")


@pytest.mark.parametrize("source", ["amplitude", "mixpanel", "posthog"])
def test_the_quick_and_the_safe_path_give_the_same_rows(lake, tmp_path_factory, make, source):
    chance = random.Random(source)
    lines: list[bytes] = []
    for number in range(400):
        event = getattr(make, source)(number)
        bag = event.get("event_properties") or event.get("properties")
        bag[f"key{chance.randrange(4)}"] = chance.choice(
            [1, 1e20, 0.1, "x", "é", None, [1, {"a": 2}], 'a"b']
        )
        lines.append(json.dumps(event, separators=chance.choice([(",", ":"), (", ", ": ")])).encode())  # fmt: skip
        if chance.random() < 0.2:
            broken = [line for line in BROKEN if check_line(line)]
            lines.append(chance.choice([*broken, b"", b"  "]))
    data = b"\n".join(lines) + b"\n"
    quick = _ingested(type(lake)(tmp_path_factory.mktemp("quick")), data, source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "_cutter", None)  # as where it could not be built
        safe = _ingested(type(lake)(tmp_path_factory.mktemp("safe")), data, source)
    assert quick == safe
    assert quick[0]
    assert {kept[2] for kept in quick[1]} >= {
        "JSON_SYNTAX",
        "DUP_KEY",
        "NON_JSON_NUMBER",
        "NOT_AN_OBJECT",
    }


def test_where_a_good_line_cannot_be_cut_its_part_is_read_as_it_was(lake, tmp_path_factory, make):
    """A decimal where a text is wanted, an escape in a key: the same rows as without the compiled part."""
    lines = [json.dumps(make.amplitude(number)).encode() for number in range(50)]
    lines[7] = json.dumps({**json.loads(lines[7]), "platform": 1.50}).encode()
    lines[9] = lines[9].replace(b'"event_type"', b'"event\\u005ftype"')
    data = b"\n".join(lines) + b"\n"
    quick = _ingested(type(lake)(tmp_path_factory.mktemp("quick")), data, "amplitude")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "_cutter", None)
        safe = _ingested(type(lake)(tmp_path_factory.mktemp("safe")), data, "amplitude")
    assert quick == safe
    assert (len(quick[0]), quick[1]) == (50, [])


def _ingested(lake, data, source):
    """Rows and quarantine of one delivery."""
    lake.deliver(data, source)
    kept = [
        (k.line, k.offset, k.code, k.message, quarantine.show(lake.paths, k.id))
        for k in quarantine.list_records(lake.paths)
    ]
    return lake.rows(f"{source}.events"), kept
