"""Unpacks brotli, which has no magic bytes: a file is brotli because its name says so and its content is no text.

Knows: the stream and how it breaks. Must not know: what the bytes mean, or the limits that `spend` guards.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable
from typing import IO, Any

from ingestion.spec import Reject

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x0c\x0e-\x1f]")
_INPUT = 256 * 1024
_OUTPUT = 1 << 20


def is_brotli(name: str, head: bytes) -> bool:
    """True for a file called `.br` whose start is no text: browsers unpack, and keep the name."""
    return name.lower().endswith(".br") and not _is_text(head)


def _is_text(head: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return False
    return not _CONTROL.search(text)


class Unbrotli(io.RawIOBase):
    """One brotli stream; damage, a missing end and bytes after the end are a Reject, never the end of the data."""

    def __init__(self, inner: IO[bytes], spend: Callable[[int], None], what: str) -> None:
        import brotli

        self._inner, self._spend, self._what = inner, spend, what
        self._engine, self._error = brotli.Decompressor(), brotli.error
        self._held = b""
        self._offset = 0

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while not self._held and self._more():
            pass
        data, self._held = self._held[: len(target)], self._held[len(target) :]
        target[: len(data)] = data
        self._spend(len(data))
        return len(data)

    def _more(self) -> bool:
        """Unpacks a bounded piece; false at the end of the stream."""
        data = b""
        if self._engine.is_finished() or self._engine.can_accept_more_data():
            data = self._inner.read(_INPUT)
        self._offset += len(data)
        if self._engine.is_finished():
            if data:
                self._refuse("GZ_TRAILING_BYTES", "bytes after the end of the brotli data")
            return False
        if not data and self._engine.can_accept_more_data():
            self._refuse("INCOMPLETE_FILE", "the brotli data stops before its end; send it again")
        try:
            self._held = self._engine.process(data, output_buffer_limit=_OUTPUT)
        except self._error:
            self._refuse("TYPE_MISMATCH", "this is named .br and is not, or not only, brotli")
        return True

    def _refuse(self, code: str, message: str) -> None:
        raise Reject(code, f"{self._what}: {message} (near byte {self._offset})")
