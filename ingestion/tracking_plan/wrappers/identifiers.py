"""Identifiers for names that may be anything: reserved words, quotes, emoji, other scripts, ten thousand letters.

Knows: what is safe to write in source code. Must not know: a plan, or any one language beyond its reserved words.
"""

from __future__ import annotations

import builtins
import hashlib
import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable

from ingestion.tracking_plan.naming import words

MAX_LENGTH = 64
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
RESERVED_PYTHON = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "send"})
RESERVED_TYPESCRIPT = frozenset(
    {
        "abstract", "any", "arguments", "as", "async", "await", "boolean", "break", "case", "catch", "class", "const",
        "constructor", "continue", "debugger", "declare", "default", "delete", "do", "else", "enum", "eval", "export",
        "extends", "false", "finally", "for", "from", "function", "get", "global", "if", "implements", "import", "in",
        "infer", "instanceof", "interface", "is", "keyof", "let", "module", "namespace", "never", "new", "null", "number",
        "object", "of", "package", "private", "properties", "protected", "prototype", "public", "readonly", "require",
        "return", "satisfies", "send", "set", "static", "string", "super", "switch", "symbol", "this", "throw", "true",
        "try", "type", "typeof", "undefined", "unique", "unknown", "using", "var", "void", "while", "with", "yield",
    }
)  # fmt: skip


class NameCollision(Exception):
    """Two names that would become one identifier; nothing is written, for one of them would be lost."""

    def __init__(self, identifier: str, first: str, second: str, what: str) -> None:
        self.identifier, self.first, self.second, self.what = identifier, first, second, what
        super().__init__(f"{what} `{first}` and `{second}` would both be `{identifier}`")


def snake(name: str, reserved: Collection[str]) -> str:
    """The name in lower case with underscores: `Report Published` is report_published."""
    return _free("_".join(_parts(name)), reserved)


def camel(name: str, reserved: Collection[str]) -> str:
    """The name in camel case: `Report Published` is reportPublished."""
    first, *others = _parts(name)
    written = first
    for part in others:
        # a_1 and a1 stay apart.
        written += f"_{part}" if part[0].isdigit() else part[:1].upper() + part[1:]
    return _free(written, reserved)


def kept(name: str, reserved: Collection[str]) -> str:
    """The name as it is where that is an identifier, else in lower case with underscores."""
    if PLAIN.fullmatch(name) and len(name) <= MAX_LENGTH:
        return _free(name, reserved)
    return snake(name, reserved)


def unique(names: Iterable[tuple[str, str]], what: str) -> None:
    """Raises NameCollision where two of the (name, identifier) pairs share an identifier."""
    held: dict[str, str] = {}
    for name, identifier in names:
        first = held.setdefault(identifier, name)
        if first != name:
            raise NameCollision(identifier, first, name, what)


def _parts(name: str) -> list[str]:
    return words("".join(_spelled(letter) for letter in name)) or ["unnamed"]


def _spelled(letter: str) -> str:
    """A letter that a reader sees in source code as it is; else its code point, as a word of its own."""
    if letter.isascii() or unicodedata.category(letter) in ("Cf", "Zs"):
        return letter
    normal = unicodedata.normalize("NFKC", letter)
    # Letters that run from right to left would turn the line around them.
    if f"a{normal}".isidentifier() and unicodedata.bidirectional(normal[0]) not in ("R", "AL"):
        return letter
    return f"_u{ord(letter):x}_"


def _free(identifier: str, reserved: Collection[str]) -> str:
    if len(identifier) > MAX_LENGTH:
        digest = hashlib.sha256(identifier.encode()).hexdigest()[:8]
        identifier = f"{identifier[: MAX_LENGTH - 9]}_{digest}"
    if not identifier.isidentifier():
        identifier = f"n{identifier}"
    return f"{identifier}_" if identifier in reserved else identifier
