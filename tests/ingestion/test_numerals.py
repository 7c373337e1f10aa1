"""Numbers as locales write them (fault catalogue, case 54): read as declared, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.spec import Context
from ingestion.values.numerals import number_form, parse_number


def read(locale: str | None, written: object, delimiter: str = ",") -> float | None:
    """The number under the project's locale, in a CSV with this delimiter."""
    settings = {"locale": locale} if locale else {}
    context = Context("s", "p", settings, page={"delimiter": delimiter})
    return parse_number(written, number_form(context))


LOCALES = [
    ("de", "1.234,5", 1234.5), ("de", "1234", 1234), ("de_DE.UTF-8", "-1.234.567", -1234567), ("en", "1,234.5", 1234.5),
    ("en-US", "\u22125", -5), ("fr", "1\u202f234,5", 1234.5), ("fr-FR", "1 234", 1234), ("de-CH", "1'234.5", 1234.5),
    ("hi", "12,34,567.5", 1234567.5), ("ar", "\u0661\u066c\u0662\u0663\u0664\u066b\u0665", 1234.5), ("ar", "1234", 1234),
    ("en", "1e3", 1000),
]  # fmt: skip


@pytest.mark.parametrize(("locale", "written", "value"), LOCALES)
def test_case_054_a_number_is_read_by_its_locale(locale, written, value):
    assert read(locale, written) == value


@pytest.mark.parametrize(
    ("locale", "written"),
    [("de", "1,234.5"), ("de", "1.5"), ("de", "1.23,4"), ("de", "12.34.567"), ("en", "1.234,5"), ("en", "1,23"), ("en", "1,2345"),
     ("fr", "1.234,5"), ("fr", "1 234\u202f567"), ("en", "\u0663"), ("de", "5 €"), ("en", "$5"), ("en", "5%"), ("de", "1.234,5.6"), ("de", "NaN")],
)  # fmt: skip
def test_case_054_a_number_that_another_locale_writes_is_refused(locale, written):
    assert read(locale, written) is None


@pytest.mark.parametrize("written", ["1.234,5", "€5", "5%", "\u22125", "\u0663", "1 000", "NaN", "inf", "1e999", "0x10", "1,5", "--1", "1_0", ""])  # fmt: skip
def test_case_054_without_a_locale_only_plain_numbers_are_read(written):
    assert read(None, written) is None


@pytest.mark.parametrize(
    ("written", "value"),
    [("1,5", 1.5), ("0,125", 0.125), ("1234,567", 1234.567), ("1.5", 1.5), ("7", 7), ("1,234", None), ("12.345", None), ("1.234,5", None), ("1,2,3", None)],
)  # fmt: skip
def test_case_047_in_a_file_with_semicolons_a_comma_may_be_the_decimal_mark(written, value):
    assert read(None, written, ";") == value


@given(st.integers(-(10**12), 10**12), st.integers(0, 99), st.sampled_from(["de", "en", "fr", "de-CH", "ar", "hi"]))  # fmt: skip
def test_what_a_locale_writes_is_read_back(whole, cents, locale):
    form = number_form(Context("s", "p", {"locale": locale}))
    mark = form.thousands[:1]
    digits = f"{abs(whole):,}".replace(",", mark)
    if form.pairs:
        digits = str(abs(whole))
    written = f"{'-' if whole < 0 else ''}{digits}{form.decimal}{cents:02d}"
    zero = ord(form.zero)
    written = written.translate({ord(str(d)): chr(zero + d) for d in range(10)})
    assert parse_number(written, form) == float(
        f"{whole}.{cents:02d}" if whole else f"0.{cents:02d}"
    )
