"""Records that an export broke over lines: whatever the cuts, and wherever a slice ends, the same records come out."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from ingestion.formats.broken_lines import join_broken
from ingestion.formats.lines import Slice

RECORDS = [{"event": f"e{number}", "properties": {"text": "x{}" * number, "n": number}} for number in range(5)]  # fmt: skip
WHOLE = [json.dumps(record).encode() for record in RECORDS]


def in_slices(data: bytes, size: int) -> Iterator[Slice]:
    """The lines of the data in slices of at least so many bytes, as the reading cuts them."""
    lines = data.splitlines(keepends=True)
    first, offset, held = 1, 0, b""
    for number, line in enumerate(lines, 1):
        held += line
        if len(held) >= size or number == len(lines):
            yield Slice("", held, first, offset, number - first + 1)
            first, offset, held = number + 1, offset + len(held), b""


def joined(data: bytes, size: int) -> list[tuple[int, bytes]]:
    """(line number, line) of every line that is not blank."""
    found = []
    for piece in join_broken(in_slices(data, size)):
        assert data[piece.offset :].startswith(piece.data[:1])
        lines = piece.data.splitlines()
        assert piece.lines == len(lines)
        found += [
            (number, line.strip())
            for number, line in enumerate(lines, piece.first_line)
            if line.strip()
        ]
    return found


@given(
    which=st.integers(0, 4),
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=3, unique=True),
    ending=st.sampled_from([b"\n", b"\r\n"]),
)
def test_a_record_cut_anywhere_is_whole_again_and_the_others_keep_their_lines(which, cuts, ending):
    text = WHOLE[which]
    edges = [0, *sorted(cuts), len(text)]
    parts = [text[a:b] for a, b in zip(edges, edges[1:], strict=False)]
    data = ending.join([*WHOLE[:which], *parts, *WHOLE[which + 1 :]]) + ending
    found = joined(data, 1 << 20)
    assert [json.loads(line) for _, line in found] == RECORDS
    assert [number for number, _ in found] == [
        number + (len(parts) - 1 if number > which + 1 else 0) for number in range(1, 6)
    ]


@given(which=st.integers(0, 4), cut=st.integers(1, 30), size=st.integers(1, 400))
def test_a_slice_may_end_inside_of_a_broken_record(which, cut, size):
    broken = [WHOLE[which][:cut], WHOLE[which][cut:]]
    data = b"\n".join([*WHOLE[:which], *broken, *WHOLE[which + 1 :]]) + b"\n"
    assert [json.loads(line) for _, line in joined(data, size)] == RECORDS


@given(st.lists(st.text('{}a"1', max_size=12), max_size=8), st.integers(1, 60))
def test_no_byte_is_lost_and_what_makes_no_record_stays_on_its_line(lines, size):
    data = "".join(f"{line}\n" for line in lines).encode()
    found = joined(data, size)
    assert b"".join(line for _, line in found) == data.replace(b"\n", b"")
    for number, line in found:
        assert line == lines[number - 1].encode() or isinstance(json.loads(line), dict)
