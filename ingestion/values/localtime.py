"""Reads times and days as people and tools write them for themselves: without a zone, by pattern, day or month first.

Knows: zones, month names of languages and the order of day and month. Must not know: any source. Nothing is guessed:
what zone, pattern or order holds must be declared, or be proven by the file.

Local times that do not exist (the clock jumps forward) move forward by the jump; local times that exist twice (the
clock goes back) mean the first. So each local time has exactly one instant, whatever machine reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from ingestion.spec import BadRecord, Reject

_CENTURY_TURNS = 70  # two-digit years: 70 to 99 are of the last century
_PARTS = re.compile(r"^(\d{1,4})\s?([/.\- ])\s?(\d{1,2})\s?\2\s?(\d{1,4})$")
_ORDER_WORDS = {"dmy": "day/month/year", "mdy": "month/day/year", "ymd": "year-month-day"}


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name; Reject where the settings name one that does not exist."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Reject(
            "TIME_FORMAT",
            f"timezone {name!r} is not known; write an IANA name such as Europe/Berlin in the source's settings",
        ) from None


def to_utc(naive: datetime, zone: str) -> datetime:
    """The instant of a local time, as UTC without a zone."""
    try:
        aware = naive.replace(tzinfo=zone_of(zone), fold=0)
        return aware.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise BadRecord("TIME_FORMAT", f"{naive.isoformat()} is beyond the calendar") from None


def parse_local(text: str, zone: str, forms: Sequence[str], name: str) -> str:
    """The instant, as ISO text in UTC, of a local time in one of the strptime forms; the first that fits counts."""
    written = _one_line(text)
    for form in forms:
        try:
            found = datetime.strptime(written, form)
        except ValueError:
            continue
        return _as_utc(found, zone).isoformat(sep=" ")
    examples = " or ".join(datetime(2024, 3, 31, 22, 10, 5).strftime(form) for form in forms)
    raise BadRecord("TIME_FORMAT", f"{name} is not a time written as {examples}")


def parse_pattern(text: str, pattern: str, locale: str, zone: str, name: str) -> str:
    """The instant, as ISO text in UTC, of a local time in a pattern such as `dd/MMM/yy h:mm a`."""
    compiled = _compiled(pattern, locale)
    found = compiled.read(text)
    if found is None:
        raise BadRecord("TIME_FORMAT", f"{name} is not a time written as {pattern} ({locale})")
    return _as_utc(found, zone).isoformat(sep=" ")


def parse_declared(
    text: str, settings: Mapping[str, Any], zone: str, forms: Sequence[str], name: str
) -> str:
    """As `parse_local`, in the settings' own `date_format` where they have one, else in one of the vendor's forms."""
    pattern = settings.get("date_format")
    if pattern:
        locale = str(settings.get("date_locale") or "en")
        return parse_pattern(text, str(pattern), locale, zone, name)
    return parse_local(text, zone, forms, name)


def parse_pattern_day(text: str, pattern: str, locale: str, name: str) -> str:
    """The day, as ISO text, of a text in the pattern, or in the part of it that names the day."""
    for form in (pattern, day_part(pattern)):
        found = _compiled(form, locale).read(text)
        if found is not None:
            return found.date().isoformat()
    raise BadRecord("TIME_FORMAT", f"{name} is not a day written as {day_part(pattern)} ({locale})")


def day_part(pattern: str) -> str:
    """The pattern from its first to its last letter that names year, month or day."""
    letters = [
        at for at, letter, _, quoted in _letters(pattern) if letter in "yudML" and not quoted
    ]
    if not letters:
        raise Reject("TIME_FORMAT", f"date_format {pattern!r} names no day; write d, M and y")
    width = next(w for at, _, w, _ in _letters(pattern) if at == letters[-1])
    return pattern[letters[0] : letters[-1] + width]


def parse_day(text: str, order: str, name: str) -> str:
    """A day as ISO text; `order` (dmy, mdy or ymd) says what stands first. Four digits first are always the year."""
    try:
        year, month, day = _day_parts(_one_line(text), order)
        return date(_year(year), int(month), int(day)).isoformat()
    except ValueError:
        message = f"{name} is not a day written as {_ORDER_WORDS[order]}"
        raise BadRecord("TIME_FORMAT", message) from None


def _day_parts(written: str, order: str) -> tuple[str, str, str]:
    """Year, month and day as written; ValueError where the text cannot be of this order."""
    found = _PARTS.match(written)
    if found is None:
        raise ValueError("no three numbers")
    first, second, third = found.group(1), found.group(3), found.group(4)
    if len(third) <= 2 and (len(first) == 4 or (order == "ymd" and len(first) == 2)):
        return first, second, third
    if order == "ymd" or len(first) > 2:
        raise ValueError("the year does not stand where it should")
    return (third, second, first) if order == "dmy" else (third, first, second)


def day_order(texts: Iterable[str], declared: str | None, what: str) -> str:
    """dmy, mdy or ymd for all days of one file: declared, or proven by the file itself; else Reject.

    A first number above 12 proves that the day stands first, a second one above 12 that the month does.
    """
    day_first, month_first, ambiguous, neutral = "", "", False, False
    for text in texts:
        found = _PARTS.match(_one_line(text))
        if found is None or len(found.group(1)) > 2:
            continue
        first, second = int(found.group(1)), int(found.group(3))
        if first > 12 and second > 12:
            continue  # no day in any order: it costs its own row
        neutral = neutral or first == second  # 05/05/2024 is the same day in both orders
        ambiguous = ambiguous or first != second
        if first > 12:
            day_first = day_first or text.strip()
        if second > 12:
            month_first = month_first or text.strip()
    if day_first and month_first:
        raise Reject(
            "TIME_FORMAT",
            f"{what} are written in two orders: {day_first} has the day first, {month_first} the month; "
            "export the file again with one date format",
        )
    proven = "dmy" if day_first else "mdy" if month_first else None
    if declared:
        if proven and declared != proven:
            raise Reject(
                "TIME_FORMAT",
                f"the settings say date_order: {declared}, but {day_first or month_first} of {what} "
                f"can only be {_ORDER_WORDS[proven]}; correct date_order",
            )
        return declared
    if proven:
        return proven
    if not ambiguous:
        return "mdy" if neutral else "ymd"
    raise Reject(
        "TIME_FORMAT",
        f"day and month of {what} cannot be told apart in this file; "
        "write date_order: dmy (or mdy) for the project in settings.yml",
    )


def _as_utc(found: datetime, zone: str) -> datetime:
    if found.tzinfo is not None:
        return found.astimezone(UTC).replace(tzinfo=None)
    return to_utc(found, zone)


def _one_line(text: str) -> str:
    """Without blanks around it and with plain blanks inside; some tools write narrow ones before AM and PM."""
    return " ".join(text.replace("\u200e", "").replace("\u200f", "").split())


def _year(written: str) -> int:
    if len(written) == 4:
        return int(written)
    if len(written) != 2:
        raise ValueError("a year has two or four digits")
    number = int(written)
    return number + (1900 if number >= _CENTURY_TURNS else 2000)


@dataclass(frozen=True)
class _Pattern:
    """A pattern made ready: what it matches, which part each group is, and the words of its language."""

    expression: re.Pattern[str]
    groups: tuple[str, ...]
    months: Mapping[str, int]
    halves: Mapping[str, int]

    def read(self, text: str) -> datetime | None:
        """The time, or None where the text does not fit."""
        found = self.expression.fullmatch(_one_line(text))
        if found is None:
            return None
        at = dict(zip(self.groups, found.groups(), strict=True))
        try:
            month = at.get("month") or str(self.months[_word(at["month_name"])])
            made = datetime(
                _year(at["year"]),
                int(month),
                int(at["day"]),
                self._hour(at),
                int(at.get("minute") or 0),
                int(at.get("second") or 0),
                int((at.get("fraction") or "0").ljust(6, "0")[:6]),
            )
        except (KeyError, ValueError):
            return None
        offset = at.get("offset")
        if offset is None:
            return made
        return datetime.fromisoformat(made.isoformat() + _offset(offset))

    def _hour(self, at: Mapping[str, str]) -> int:
        if "hour" in at:
            return int(at["hour"])
        if "hour_to_24" in at:
            return int(at["hour_to_24"]) % 24
        half = self.halves[_word(at["half"])] if "half" in at else 0
        if "hour_to_12" in at:
            hour = int(at["hour_to_12"])
            if not 1 <= hour <= 12:
                raise ValueError("a half day has the hours 1 to 12")
            return hour % 12 + 12 * half
        return int(at["hour_to_11"]) + 12 * half if "hour_to_11" in at else 0


_NUMBERS = {"d": "day", "H": "hour", "k": "hour_to_24", "h": "hour_to_12", "K": "hour_to_11", "m": "minute", "s": "second"}  # fmt: skip


def _group(letter: str, width: int) -> tuple[str, str]:
    """(what it is, what it matches) of one run of a pattern letter."""
    if letter in "yu":
        return "year", r"(\d{2}|\d{4})" if width <= 2 else r"(\d{4})"
    if letter in "ML":
        return ("month", r"(\d{1,2})") if width <= 2 else ("month_name", r"([^\W\d_]+\.?)")
    if letter in _NUMBERS:
        return _NUMBERS[letter], r"(\d{1,2})"
    if letter == "S":
        return "fraction", r"(\d{1,9})"
    if letter == "a":
        return "half", r"([^\W\d_](?:[^\W\d_]|\. ?)*)"
    if letter in "ZX":
        return "offset", r"(Z|[+-]\d{2}:?\d{2}|[+-]\d{2})"
    if letter == "E":
        return "weekday", r"([^\W\d_]+\.?)"
    raise KeyError(letter)


@lru_cache(maxsize=64)
def _compiled(pattern: str, locale: str) -> _Pattern:
    expression, groups = "", []
    for _, letter, width, quoted in _letters(" ".join(pattern.split())):
        if quoted or not letter.isalpha():
            expression += r"\ ?" if letter == " " else re.escape(letter) * width
            continue
        try:
            name, piece = _group(letter, width)
        except KeyError:
            raise Reject(
                "TIME_FORMAT",
                f"date_format {pattern!r}: the letter {letter!r} is not known; use d M y H h m s a, "
                "for example dd/MMM/yy h:mm a",
            ) from None
        groups.append(name)
        expression += piece
    if len(set(groups)) < len(groups) or not {"year", "day"} <= set(groups) or not {"month", "month_name"} & set(groups):  # fmt: skip
        raise Reject(
            "TIME_FORMAT",
            f"date_format {pattern!r} must name day, month and year once, for example dd/MMM/yy h:mm a",
        )
    needs_words = {"month_name", "half"} & set(groups)
    months, halves = _words(locale) if needs_words else ({}, {})
    return _Pattern(re.compile(expression, re.I), tuple(groups), months, halves)


def _letters(pattern: str) -> list[tuple[int, str, int, bool]]:
    """(position, letter, how often, whether it stands in quotes) of each run of a pattern."""
    runs: list[tuple[int, str, int, bool]] = []
    quoted, at = False, 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "'":
            if pattern[at : at + 2] == "''":
                runs.append((at, "'", 1, True))
                at += 2
                continue
            quoted, at = not quoted, at + 1
            continue
        width = 1
        while not quoted and letter.isalpha() and pattern[at + width : at + width + 1] == letter:
            width += 1
        runs.append((at, letter, width, quoted))
        at += width
    return runs


# How older exporters shorten months where the Unicode tables of today write otherwise.
_OLD_MONTHS: Mapping[str, Mapping[str, int]] = {
    "de": {"mrz": 3, "jän": 1},
    "en": {"sept": 9},
    "es": {"set": 9},
    "fr": {"fev": 2, "aou": 8, "dec": 12},
}
_OLD_HALVES: Mapping[str, Mapping[str, int]] = {"de": {"vorm": 0, "nachm": 1}}


@lru_cache(maxsize=64)
def _words(locale: str) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Month names and the halves of a day of a language, as words without a dot and case."""
    from babel import Locale, UnknownLocaleError

    try:
        language = Locale.parse(locale.strip().replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        raise Reject(
            "TIME_FORMAT", f"date_locale {locale!r} is not known; write a language such as en or de"
        ) from None
    exact: dict[str, int] = dict(_OLD_MONTHS.get(language.language, {}))
    shortened: dict[str, set[int]] = {}
    for context in ("format", "stand-alone"):
        for width in ("abbreviated", "wide"):
            for number, name in language.months[context][width].items():
                exact[_word(name)] = number
                for length in range(3, len(name)):
                    shortened.setdefault(_word(name[:length]), set()).add(number)
    months = {name: min(numbers) for name, numbers in shortened.items() if len(numbers) == 1}
    halves = {"am": 0, "pm": 1, "a": 0, "p": 1, **_OLD_HALVES.get(language.language, {})}
    for context in language.day_periods.values():
        for names in context.values():
            halves.update(
                {_word(names[key]): half for half, key in enumerate(("am", "pm")) if key in names}
            )
    return {**months, **exact}, halves


def _word(text: str) -> str:
    return re.sub(r"[.\s]", "", text).casefold()


def _offset(written: str) -> str:
    if written.upper() == "Z":
        return "+00:00"
    digits = written[1:].replace(":", "").ljust(4, "0")
    return f"{written[0]}{digits[:2]}:{digits[2:]}"


def utc_text(at: datetime) -> str:
    """An instant as the raw tables hold it: ISO text in UTC without a zone."""
    if at.tzinfo is not None:
        at = at.astimezone(UTC).replace(tzinfo=None)
    return at.isoformat(sep=" ")
