"""Decides whether one line is a JSON object, strictly, and says why not.

Knows: JSON and the ways it breaks. Must not know: sources, files or tables. This is the one parser that owns the
truth; DuckDB is only trusted where it is at least as strict.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import orjson

from ingestion.spec import DEPTH_LIMIT, KEPT_OF_LONG_LINE, LINE_LIMIT

_LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_NOT_NUMBER = re.compile(rb"[\[:,]\s*-?(NaN|Infinity)\b")
# A text may be left open at the end; it is then taken to the end at once, never tried again from its middle.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.S)


class _Refused(ValueError):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def check_line(raw: bytes) -> tuple[str, str] | None:
    """(code, message) when the line is not one strict JSON object within the limits, else None."""
    return read_line(raw)[1]


def read_line(raw: bytes) -> tuple[dict[str, Any] | None, tuple[str, str] | None]:
    """The strict JSON object of the line, or the (code, message) that says why it is none."""
    if len(raw) > LINE_LIMIT:
        return None, (
            "LINE_TOO_LONG",
            f"the line has {len(raw)} bytes; at most {LINE_LIMIT} are read, the first {KEPT_OF_LONG_LINE} are kept",
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, bad_utf8(raw, error.start)
    if raw.count(b"{") + raw.count(b"[") > DEPTH_LIMIT and depth(raw) > DEPTH_LIMIT:
        return None, ("TOO_DEEP", f"values are nested more than {DEPTH_LIMIT} deep")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return None, _reason(raw, error)
    if not isinstance(value, dict):
        return None, (
            "NOT_AN_OBJECT",
            f"the line is {_kind(value)}, not an object such as {{...}}",
        )
    try:
        return load_strict(text), None
    except _Refused as refused:
        return None, (refused.code, refused.message)
    except ValueError:
        return None, ("JSON_SYNTAX", "the line is not JSON")


def bad_utf8(raw: bytes, start: int) -> tuple[str, str]:
    """The reason of a record whose byte at `start` is not UTF-8, with the byte and its hex."""
    return "BAD_UTF8", f"byte {start} (hex {raw[start : start + 4].hex()}) is not UTF-8"


def load_strict(text: str) -> Any:
    """The value of a JSON text; a ValueError with `code` and `message` for what JSON or we do not allow."""
    return json.loads(
        text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
    )


def depth(raw: bytes) -> int:
    """The deepest nesting of arrays and objects, texts left out."""
    deepest = level = 0
    for token in _TOKEN.finditer(raw):
        first = token.group()[:1]
        if first in b"[{":
            level += 1
            deepest = max(deepest, level)
        elif first in b"]}":
            level -= 1
    return deepest


def _reason(raw: bytes, error: orjson.JSONDecodeError) -> tuple[str, str]:
    position = len(raw.decode("utf-8")[: error.pos].encode("utf-8"))
    found = _CONTROL.search(raw)
    if found or "control character" in error.msg:
        at = found.start() if found else position
        return "CONTROL_CHAR", f"byte {at} is the raw control character 0x{raw[at]:02x}"
    try:
        load_strict(raw.decode("utf-8"))
    except _Refused as refused:
        return refused.code, refused.message
    except ValueError:
        pass
    if _LONE_SURROGATE.search(raw) and "surrogate" in error.msg:
        return "BAD_UNICODE", f"the escape at byte {position} is half of a character"
    if _NOT_NUMBER.search(raw):
        return "NON_JSON_NUMBER", "NaN and Infinity are not JSON numbers"
    if "infinity" in error.msg:
        return "NON_JSON_NUMBER", f"the number at byte {position} is too large for a number"
    return "JSON_SYNTAX", f"this is not JSON: {error.msg.split(': line ')[0]} (byte {position})"


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {list: "an array", str: "a text", bool: "true or false", int: "a number"}
    return names.get(type(value), "a number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Refused("DUP_KEY", f"the key {key[:80]!r} is given twice in one object")
            seen.add(key)
    return found


def _no_constant(name: str) -> Any:
    raise _Refused("NON_JSON_NUMBER", f"{name} is not a JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _Refused("NON_JSON_NUMBER", f"{text[:40]} is too large for a number")
    return value
