"""Reads scores strictly: a whole number on its scale, as a number or with the label of a scale's end beside it.

Knows: scales and how survey tools write an answer on them. Must not know: any source. A score is never clamped.
"""

from __future__ import annotations

import re
from typing import Any

from ingestion.spec import BadRecord
from ingestion.values.fields import parse_number

NPS = (0, 10)
_LEADING = re.compile(r"^([0-9]{1,3})\s*[\s\-–—:=(.]\s*[^\W\d_]\D*$")
_TRAILING = re.compile(r"^[^\W\d_]\D*[\s:=(]([0-9]{1,3})\)?$")


def score(value: Any, scale: tuple[int, int] = NPS, what: str = "nps") -> int | None:
    """The whole number on the scale; blank is no answer. SCORE_FORMAT or SCORE_RANGE for anything else."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool):
        raise BadRecord("SCORE_FORMAT", "the score is true or false, not a number")
    number = parse_number(str(value))
    if number is None:
        raise BadRecord("SCORE_FORMAT", "the score is not a number")
    if number != int(number):
        raise BadRecord("SCORE_FORMAT", "the score is not a whole number")
    low, high = scale
    if not low <= number <= high:
        raise BadRecord("SCORE_RANGE", f"the score is outside {low} to {high} of {what}")
    return int(number)


def labelled_score(value: Any, scale: tuple[int, int] = NPS, what: str = "nps") -> int | None:
    """As `score`; the ends of the scale may carry a label: `10 - Extremely likely`, `Not at all likely - 0`."""
    if isinstance(value, str):
        written = " ".join(value.split())
        found = _LEADING.match(written) or _TRAILING.match(written)
        if found:
            value = found.group(1)
    return score(value, scale, what)
