"""The text of a PDF as typst writes it, page by page: enough of the format to read our own papers back.

Knows objects, streams and the map from glyphs to letters. Must not know what a paper says.
"""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(?:^|\s)(\d+) 0 obj\b(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_PAIR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_RANGE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_PART = rb"\\.|[^\\()]"
# brackets that come in pairs need no backslash, also inside each other
_STRING = rb"\(((?:%b|\((?:%b|\((?:%b)*\))*\))*)\)" % (_PART, _PART, _PART)
_SHOWN = re.compile(
    rb"/ActualText\s*" + _STRING + rb"|/(\w+)\s+[\d.]+\s+Tf|" + _STRING + rb"|\b(Tm)\b", re.DOTALL
)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages(pdf: bytes) -> list[str]:
    """The text of each page, a line for each piece that is placed."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    found = []
    for body in objects.values():
        if re.search(rb"/Type\s*/Page\b(?!s)", body):
            fonts = {name: _letters(objects, int(ref)) for name, ref in _fonts(objects, body)}
            contents = re.search(rb"/Contents\s+(\d+)\s+0\s+R", body)
            assert contents, "a page without contents"
            found.append(_text(_stream(objects[int(contents[1])]), fonts))
    return found


def _fonts(objects: dict[int, bytes], page: bytes) -> list[tuple[bytes, bytes]]:
    resources = re.search(rb"/Resources\s+(\d+)\s+0\s+R", page)
    where = objects[int(resources[1])] if resources else page
    listed = re.search(rb"/Font\s*<<(.*?)>>", where, re.DOTALL)
    return re.findall(rb"/(\w+)\s+(\d+)\s+0\s+R", listed[1]) if listed else []


def _letters(objects: dict[int, bytes], font: int) -> dict[int, str]:
    map_ref = re.search(rb"/ToUnicode\s+(\d+)\s+0\s+R", objects[font])
    if not map_ref:
        return {}
    text = _stream(objects[int(map_ref[1])])
    letters: dict[int, str] = {}
    for part in re.findall(rb"beginbfchar(.*?)endbfchar", text, re.DOTALL):
        for glyph, letter in _PAIR.findall(part):
            letters[int(glyph, 16)] = bytes.fromhex(letter.decode()).decode("utf-16-be")
    for part in re.findall(rb"beginbfrange(.*?)endbfrange", text, re.DOTALL):
        for first, last, letter in _RANGE.findall(part):
            start = int(letter, 16)
            for step, glyph in enumerate(range(int(first, 16), int(last, 16) + 1)):
                letters[glyph] = chr(start + step)
    return letters


def _text(content: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    letters: dict[int, str] = {}
    parts = []
    for _, font, written, moved in _SHOWN.findall(content):
        if font:
            letters = fonts.get(font, {})
        elif moved:
            parts.append("\n")
        else:
            glyphs = _ESCAPE.sub(_unescaped, written)
            parts += [
                letters.get(int.from_bytes(glyphs[n : n + 2], "big"), "")
                for n in range(0, len(glyphs), 2)
            ]
    return "".join(parts)


def _unescaped(found: re.Match[bytes]) -> bytes:
    said = found[1]
    return bytes([int(said, 8) & 255]) if said[:1].isdigit() else _NAMED.get(said, said)


def _stream(body: bytes) -> bytes:
    found = _STREAM.search(body)
    assert found, "an object without a stream"
    return zlib.decompress(found[1]) if b"/FlateDecode" in body else found[1]
