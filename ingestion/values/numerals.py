"""Reads numbers as the people of a place write them: decimal mark, thousands, digits of their script.

Knows: locales. Must not know: any source. A mark that could mean two things is refused, never guessed: without a
declared locale only plain numbers are read, and in a file with semicolons a comma that can only be a decimal mark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ingestion.spec import Context, Reject

_SPACES = " \u00a0\u202f\u2009"
_COMMA_LANGUAGES = "de es it nl pt da el id is ro hr sl sr tr vi ca gl eu mk az"
_SPACE_LANGUAGES = "fr pl cs sk sv nb nn no fi ru uk bg hu et lv lt be ka kk"
_POINT_LANGUAGES = "en ja zh ko th he ms tl cy ga"
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_UNSURE = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)


@dataclass(frozen=True)
class NumberForm:
    """How numbers are written. `thousands` are the marks that may group digits, `zero` the script's own zero."""

    decimal: str = "."
    thousands: str = ""
    zero: str = "0"
    pairs: bool = False  # above the thousands, digits are grouped by two
    declared: bool = False
    semicolons: bool = False  # no locale, but a file whose delimiter leaves the comma to numbers


PLAIN = NumberForm()
_AS_IN_INDIA = NumberForm(".", ",", pairs=True, declared=True)
_FORMS: Mapping[str, NumberForm] = {
    **{name: NumberForm(",", ".", declared=True) for name in _COMMA_LANGUAGES.split()},
    **{name: NumberForm(",", _SPACES, declared=True) for name in _SPACE_LANGUAGES.split()},
    **{name: NumberForm(".", ",", declared=True) for name in _POINT_LANGUAGES.split()},
    **dict.fromkeys(("en-in", "hi", "ta", "te", "ml"), _AS_IN_INDIA),
    **dict.fromkeys(("de-ch", "it-ch", "de-li"), NumberForm(".", "'\u2019", declared=True)),
    "de-at": NumberForm(",", "." + _SPACES, declared=True),
    "es-mx": NumberForm(".", ",", declared=True),
    "en-za": NumberForm(",", _SPACES, declared=True),
    "ar": NumberForm("\u066b", "\u066c", "\u0660", declared=True),
    "fa": NumberForm("\u066b", "\u066c", "\u06f0", declared=True),
}


def number_form(context: Context | None) -> NumberForm:
    """The form that the project's `locale` declares; Reject where no such locale is known."""
    if context is None:
        return PLAIN
    declared = context.settings.get("locale")
    if declared:
        return _declared(str(declared))
    if context.page.get("delimiter") == ";":
        return NumberForm(semicolons=True)
    return PLAIN


@lru_cache(maxsize=64)
def _declared(locale: str) -> NumberForm:
    name = locale.split(".")[0].replace("_", "-").casefold()
    form = _FORMS.get(name) or _FORMS.get(name.split("-")[0])
    if form is None:
        raise Reject(
            "NUMBER",
            f"the settings say locale: {locale}, which is not known; write a language such as en, de or fr-FR",
        )
    return form


def parse_number(written: Any, form: NumberForm = PLAIN) -> float | None:
    """The number, or None when the value is none, or could be two."""
    if isinstance(written, (int, float)):
        return _finite(float(written))
    text = str(written).strip()
    if form.declared:
        text = _as_plain(text, form)
    elif form.semicolons:
        if _UNSURE.fullmatch(text):
            return None
        if _COMMA.fullmatch(text):
            text = text.replace(",", ".")
    return _finite(float(text)) if _PLAIN.fullmatch(text) else None


def _as_plain(text: str, form: NumberForm) -> str:
    """The number without thousands, with a point; an empty text where its groups are no thousands."""
    text = text.replace("\u2212", "-")
    if form.zero != "0":
        zero = ord(form.zero)
        text = text.translate({zero + digit: str(digit) for digit in range(10)})
    whole, mark, rest = text.partition(form.decimal)
    sign, digits = (whole[0], whole[1:]) if whole[:1] in ("+", "-") else ("", whole)
    used = {char for char in digits if char in form.thousands}
    if used:
        group = r"\d{1,2}(G\d{2})*G\d{3}" if form.pairs else r"\d{1,3}(G\d{3})+"
        if len(used) > 1 or not re.fullmatch(
            group.replace("G", re.escape(used.pop())), digits, re.ASCII
        ):
            return ""
        digits = "".join(char for char in digits if char not in form.thousands)
    if "." in digits or "." in rest:
        return ""
    return f"{sign}{digits}{'.' if mark else ''}{rest}"


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None
