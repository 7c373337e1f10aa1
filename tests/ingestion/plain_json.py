"""A strict JSON parser in plain Python, written from RFC 8259 alone: the independent judge of the shapes.

Must not know: any parser of the product, nor a library's. It is slow and small on purpose.
"""

from __future__ import annotations

import re

_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_ESCAPES = {b"b": 8, b"f": 12, b"n": 10, b"r": 13, b"t": 9, b"/": 47, b"\\": 92, b'"': 34}
_LARGEST = 1.7976931348623157e308
DEEPEST = 64


class NotStrict(Exception):
    """The text is not strict JSON; the argument says why in a word."""


def is_strict_object(raw: bytes) -> bool:
    """True for one JSON object, UTF-8, no key twice, finite numbers, whole characters, at most 64 deep."""
    return why_not(raw) is None


def why_not(raw: bytes) -> str | None:
    """None for a strict object, else the reason in a word."""
    try:
        at = _blank(raw, 0)
        if raw[at : at + 1] != b"{":
            _value(raw, at, 1)
            return "kind"
        at = _blank(raw, _object(raw, at, 1))
        return None if at == len(raw) else "after"
    except NotStrict as problem:
        return str(problem)


def _blank(raw: bytes, at: int) -> int:
    while raw[at : at + 1] in (b" ", b"\t", b"\n", b"\r") and at < len(raw):
        at += 1
    return at


def _value(raw: bytes, at: int, depth: int) -> int:
    first = raw[at : at + 1]
    if first == b"{":
        return _object(raw, at, depth)
    if first == b"[":
        return _array(raw, at, depth)
    if first == b'"':
        return _text(raw, at)[1]
    for word in (b"true", b"false", b"null"):
        if raw.startswith(word, at):
            return at + len(word)
    number = _NUMBER.match(raw, at)
    if not number:
        raise NotStrict("value")
    if abs(float(number[0])) > _LARGEST:
        raise NotStrict("number")
    return number.end()


def _object(raw: bytes, at: int, depth: int) -> int:
    if depth > DEEPEST:
        raise NotStrict("deep")
    seen: set[str] = set()
    at = _blank(raw, at + 1)
    if raw[at : at + 1] == b"}":
        return at + 1
    while True:
        if raw[at : at + 1] != b'"':
            raise NotStrict("key")
        key, at = _text(raw, at)
        if key in seen:
            raise NotStrict("twice")
        seen.add(key)
        at = _blank(raw, at)
        if raw[at : at + 1] != b":":
            raise NotStrict("colon")
        at = _blank(raw, _value(raw, _blank(raw, at + 1), depth + 1))
        if raw[at : at + 1] == b"}":
            return at + 1
        if raw[at : at + 1] != b",":
            raise NotStrict("comma")
        at = _blank(raw, at + 1)


def _array(raw: bytes, at: int, depth: int) -> int:
    if depth > DEEPEST:
        raise NotStrict("deep")
    at = _blank(raw, at + 1)
    if raw[at : at + 1] == b"]":
        return at + 1
    while True:
        at = _blank(raw, _value(raw, at, depth + 1))
        if raw[at : at + 1] == b"]":
            return at + 1
        if raw[at : at + 1] != b",":
            raise NotStrict("comma")
        at = _blank(raw, at + 1)


def _text(raw: bytes, at: int) -> tuple[str, int]:
    """The text that begins at a quote, and the place after it."""
    units: list[str] = []
    at += 1
    while True:
        byte = raw[at : at + 1]
        if byte == b'"':
            return "".join(units), at + 1
        if not byte or byte[0] < 0x20:
            raise NotStrict("text")
        if byte == b"\\":
            char, at = _escape(raw, at)
        else:
            char, at = _utf8(raw, at)
        units.append(char)


def _escape(raw: bytes, at: int) -> tuple[str, int]:
    letter = raw[at + 1 : at + 2]
    if letter in _ESCAPES:
        return chr(_ESCAPES[letter]), at + 2
    unit = _hex(raw, at)
    if 0xDC00 <= unit <= 0xDFFF:
        raise NotStrict("surrogate")
    if 0xD800 <= unit <= 0xDBFF:
        low = _hex(raw, at + 6)
        if not 0xDC00 <= low <= 0xDFFF:
            raise NotStrict("surrogate")
        return chr(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)), at + 12
    return chr(unit), at + 6


def _hex(raw: bytes, at: int) -> int:
    digits = raw[at : at + 6]
    if not re.fullmatch(rb"\\u[0-9a-fA-F]{4}", digits):
        raise NotStrict("escape")
    return int(digits[2:], 16)


def _utf8(raw: bytes, at: int) -> tuple[str, int]:
    """One character by the table of RFC 3629: no overlong form, no surrogate, nothing beyond U+10FFFF."""
    first = raw[at]
    if first < 0x80:
        return chr(first), at + 1
    for size, low, high, least in ((2, 0xC2, 0xDF, 0x80), (3, 0xE0, 0xEF, 0x800), (4, 0xF0, 0xF4, 0x10000)):  # fmt: skip
        if low <= first <= high:
            rest = raw[at + 1 : at + size]
            if len(rest) < size - 1 or any(not 0x80 <= byte <= 0xBF for byte in rest):
                raise NotStrict("utf-8")
            point = first & (0x7F >> size)
            for byte in rest:
                point = point << 6 | (byte & 0x3F)
            if point < least or point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
                raise NotStrict("utf-8")
            return chr(point), at + size
    raise NotStrict("utf-8")
