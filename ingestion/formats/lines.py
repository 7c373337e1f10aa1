"""Cuts a stream of lines into slices, each with its first line number and byte offset.

Knows: newlines, byte-order marks, encodings and the length of lines. Must not know: JSON, CSV or any source.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from ingestion.formats.containers import CHUNK
from ingestion.formats.counting import count_byte, count_lines
from ingestion.formats.prefetch import Prefetch
from ingestion.spec import CUT_BYTES, KEPT_OF_LONG_LINE, LINE_LIMIT, Bad, Reject

_LONE_CR = re.compile(rb"\r(?!\n)")


class Content:
    """A member's decompressed bytes as UTF-8 without byte-order mark, hashed as they are read.

    Within a `with`, large ones are unpacked and hashed ahead, by a thread of their own.
    """

    def __init__(self, stream: IO[bytes], hasher: Any) -> None:
        self._stream, self._hasher = stream, hasher
        self._prefetch: Prefetch | None = None
        self._ahead = b""
        self._decoder: codecs.IncrementalDecoder | None = None
        self.encoding = "utf-8"
        self.dialect: str | None = None  # of a CSV: its delimiter, once its rows are read
        self.start = 0  # bytes before the first, such as a byte-order mark
        self.tail = b""  # the last bytes that were read, for checks at the end
        first = self._raw()
        self._is_large = len(first) == CHUNK
        if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            self.encoding = "utf-16"
            # half a character becomes three bytes that are no UTF-8: its line is refused, not the file
            self._decoder = codecs.getincrementaldecoder("utf-16")("surrogatepass")
            first = self._decode(first)
        elif first.startswith(codecs.BOM_UTF8):
            self.encoding = "utf-8-sig"
            self.start = len(codecs.BOM_UTF8)
            first = first[self.start :]
        self._ahead = first

    def __enter__(self) -> Content:
        if self._is_large:
            self._prefetch = Prefetch(self._raw)
        return self

    def __exit__(self, *_: object) -> None:
        if self._prefetch is not None:
            self._prefetch.close()

    def peek(self, size: int) -> bytes:
        """Up to `size` bytes from here, without moving on."""
        while len(self._ahead) < size:
            more = self._next()
            if not more:
                break
            self._ahead += more
        return self._ahead[:size]

    def read(self) -> bytes:
        """The next piece; empty at the end."""
        if self._ahead:
            data, self._ahead = self._ahead, b""
        else:
            data = self._next()
        if data:
            self.tail = (self.tail + data[-256:])[-256:]
        return data

    def read_all(self, limit: int) -> bytes | None:
        """Everything that is left, or None when that is more than `limit`; then nothing is lost."""
        everything = self.peek(limit + 1)
        if len(everything) > limit:
            return None
        self.pass_over()
        return everything

    def pass_over(self) -> None:
        """Reads to the end for the sake of the hash and of what the container tells there."""
        while self.read():
            pass

    def _next(self) -> bytes:
        while True:
            raw = self._prefetch.next() if self._prefetch else self._raw()
            if self._decoder is None:
                return raw
            text = self._decode(raw)
            if text or not raw:
                return text

    def _decode(self, raw: bytes) -> bytes:
        assert self._decoder is not None
        try:
            return self._decoder.decode(raw, final=not raw).encode("utf-8", "surrogatepass")
        except UnicodeError:
            raise Reject(
                "INCOMPLETE_FILE",
                "the UTF-16 file ends in the middle of a character; send it again",
            ) from None

    def _raw(self) -> bytes:
        data = self._stream.read(CHUNK)
        self._hasher.update(data)
        return data


@dataclass
class Slice:
    """Whole lines of one member; only "\\n" ends a line, and every line but perhaps the last has it."""

    member: str
    data: bytes
    first_line: int
    offset: int
    lines: int
    numbered: bool = False  # the lines carry their own number in "__line"
    too_long: list[Bad] = field(default_factory=list)
    filtered: int = 0  # rows that are no records by a declared rule
    # Of numbered lines that SQL types: where each came from, as (line, offset, bytes as delivered).
    origins: list[tuple[int, int | None, bytes]] = field(default_factory=list)
    only_cr: bool = False  # every newline was a carriage return; here they are "\n"


def slices(
    content: Content, member: str, size: int = CUT_BYTES, *, keep_cr: bool = False
) -> Iterator[Slice]:
    """Walks the content; a line beyond the limit is cut out and reported with its first bytes.

    A carriage return alone ends a line too; with `keep_cr` it is left in place where the file has other newlines.
    """
    parts: list[bytes] = []
    held, line, offset = 0, 1, content.start
    too_long: list[Bad] = []
    only_cr: bool | None = None
    while True:
        piece = content.read()
        if piece:
            parts.append(piece)
            held += len(piece)
            if held < size:
                continue
        at = 0 if only_cr else piece.rfind(b"\n") + 1
        if at:  # the usual case: only the short rest behind the last newline is copied twice
            only_cr = False
            body, rest = b"".join([*parts[:-1], memoryview(piece)[:at]]), piece[at:]
        else:
            data = b"".join(parts)
            if only_cr is None and data and (not piece or held > LINE_LIMIT):
                only_cr = b"\n" not in data and b"\r" in data
            if only_cr:
                data = data.replace(b"\r", b"\n")
            cut = len(data) if not piece else data.rfind(b"\n") + 1
            if piece and not cut:
                if held <= LINE_LIMIT:
                    parts = [data]
                    continue
                bad, rest, skipped = _skip_line(content, data, member, line, offset, bool(only_cr))
                too_long.append(bad)
                line, offset, parts, held = line + 1, offset + skipped, [rest], len(rest)
                continue
            body, rest = data[:cut], data[cut:]
        taken = len(body)
        if not keep_cr and b"\r" in body and count_byte(body, b"\r") != body.count(b"\r\n"):
            body = _LONE_CR.sub(b"\n", body)
        count = count_lines(body)
        if body or too_long:
            yield Slice(member, body, line, offset, count, too_long=too_long, only_cr=bool(only_cr))
        too_long = []
        line, offset = line + count, offset + taken
        parts, held = [rest], len(rest)
        if not piece:
            return


def _skip_line(
    content: Content, data: bytes, member: str, line: int, offset: int, only_cr: bool
) -> tuple[Bad, bytes, int]:
    digest = hashlib.sha256(data)
    kept, size = data[:KEPT_OF_LONG_LINE], len(data)
    newline = b"\r" if only_cr else b"\n"
    rest = b""
    while piece := content.read():
        end = piece.find(newline)
        if end >= 0:
            digest.update(piece[:end])
            size += end
            rest = piece[end + 1 :]
            size_with_newline = size + 1
            break
        digest.update(piece)
        size += len(piece)
    else:
        size_with_newline = size
    message = f"the line has {size} bytes; at most {LINE_LIMIT} are read, the first {KEPT_OF_LONG_LINE} are kept"
    bad = Bad(member, line, offset, "LINE_TOO_LONG", message, kept, size, digest.hexdigest())
    return bad, rest, size_with_newline
