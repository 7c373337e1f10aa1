"""Pieces that are unpacked ahead: in order, with what went wrong in its place, and no thread that stays."""

from __future__ import annotations

import hashlib
import io
import threading

import pytest

from ingestion.formats.containers import CHUNK
from ingestion.formats.lines import Content
from ingestion.formats.prefetch import Prefetch
from ingestion.spec import Reject


def giving(*pieces):
    """Gives the pieces one by one, or raises what is among them."""
    left = iter(pieces)

    def read() -> bytes:
        piece = next(left)
        if isinstance(piece, Exception):
            raise piece
        return piece

    return read


def unpackers() -> int:
    return sum(thread.name == "unpack" for thread in threading.enumerate())


def test_pieces_come_in_order_and_the_end_stays_the_end():
    pieces = [bytes([number]) for number in range(20)]
    ahead = Prefetch(giving(*pieces, b""))
    assert [ahead.next() for _ in range(22)] == [*pieces, b"", b""]
    ahead.close()


def test_what_goes_wrong_is_raised_behind_the_pieces_before_it():
    ahead = Prefetch(giving(b"one", b"two", Reject("GZ_TRUNCATED", "it stops")))
    assert [ahead.next(), ahead.next()] == [b"one", b"two"]
    with pytest.raises(Reject, match="it stops"):
        ahead.next()
    assert ahead.next() == b""
    ahead.close()


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_a_reader_that_stops_leaves_no_thread(taken):
    ahead = Prefetch(giving(*[b"x"] * 1000, b""))
    for _ in range(taken):
        ahead.next()
    ahead.close()
    assert unpackers() == 0


def test_large_content_is_read_and_hashed_whole():
    data = b"".join(b"%d\n" % number for number in range(600_000))
    digest = hashlib.sha256()
    assert len(data) > 3 * CHUNK
    with Content(io.BytesIO(data), digest) as content:
        read = content.peek(10), b"".join(iter(content.read, b""))
    assert read == (data[:10], data)
    assert digest.digest() == hashlib.sha256(data).digest()
    assert unpackers() == 0
