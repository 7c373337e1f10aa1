"""The closed list of reason codes, in words and complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ingestion
from ingestion.reasons import REASONS

CLOSED = [
    "INCOMPLETE_FILE",
    "GZ_TRUNCATED",
    "GZ_TRAILING_BYTES",
    "TYPE_MISMATCH",
    "ZIP_PATH",
    "ZIP_LIMIT",
    "ZIP_SYMLINK",
    "ZIP_ENCRYPTED",
    "ZIP_DUP_NAME",
    "ZIP_CRC",
    "UNKNOWN_SOURCE",
    "NOT_A_REGULAR_FILE",
    "CHANGED_WHILE_READING",
    "EMPTY_EXPORT",
    "FUTURE_EXPORT",
    "NAME_DATE_MISMATCH",
    "SHRINK",
    "DISK_FULL",
    "JSON_SYNTAX",
    "LINE_TOO_LONG",
    "CONTROL_CHAR",
    "BAD_UTF8",
    "BAD_UNICODE",
    "DUP_KEY",
    "NON_JSON_NUMBER",
    "TOO_DEEP",
    "SHAPE",
    "NOT_AN_OBJECT",
    "COLUMN_COUNT",
    "QUOTE",
    "HEADER",
    "EXCEL_MANGLED_ID",
    "NUMBER",
    "NO_ID",
    "ID_CONFLICT",
    "EXACT_DUP",
    "TOO_LATE",
    "FUTURE_EVENT",
    "TIME_UNIT",
    "TIME_FORMAT",
    "CLOCK_SKEW",
    "TZ_SHIFT",
    "TYPE",
    "NAME_COLLISION",
    "DISTRIBUTION",
    "SCORE_RANGE",
    "SCORE_FORMAT",
    "NEGATIVE_DURATION",
    "TOO_MANY_BAD",
    "PII_FOUND",
    "SUPPRESSED_USER",
]


def test_the_list_is_closed():
    assert set(REASONS) == set(CLOSED)


@pytest.mark.parametrize("code", CLOSED)
def test_every_code_says_what_why_and_what_to_do(code):
    reason = REASONS[code]
    for part in (reason.meaning, reason.cause, reason.what_to_do):
        assert part.endswith(".") and part[0].isupper()
    assert reason.example


def test_only_listed_codes_are_raised():
    root = Path(ingestion.__file__).parent
    pattern = re.compile(r"""(?:Reject|BadRecord|_Refused)\(\s*"([A-Z_]+)\"""")
    raised = {code for path in root.rglob("*.py") for code in pattern.findall(path.read_text())}
    assert raised and raised <= set(REASONS)
