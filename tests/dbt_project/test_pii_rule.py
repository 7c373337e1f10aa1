"""What counts as personal data in free text, on lists of what is and of what only looks like it (cases 168, 169)."""

from pathlib import Path

import duckdb
import jinja2
import pytest

MACROS = Path(__file__).resolve().parents[2] / "dbt_project" / "macros" / "pii.sql"
PERSONAL = {
    "email": ["ann@example.com", "mail to Ann.O'Neil+x@mail.example.co.uk!", "?q=bob%40example.com", "jörg@müller.example", "a@b.io and icon@2x.png"],
    "phone": ["+49 171 2345678", "call +1 (415) 555-2671 now", "+33.1.42.68.53.00", "(415) 555-2671", "415-555-2671"],
    "card": ["card 4111 1111 1111 1111", "4111-1111-1111-1111", "paid with 378282246310005.", "no 5555555555554444 please"],
    "iban": ["DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819", "to FR1420041010050500013M02606 by Friday", "MT84MALT011000012345MTLCAST001S"],
    "secret": ["Bearer abcdefghijklmnopqrstuvwx", "https://x.example/?token=abcdef1234567890", "AKIAIOSFODNN7EXAMPLE", "sk_" + "live_" + "abcdefghijklmnop12", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc"],
}  # fmt: skip
HARMLESS = [
    "550e8400-e29b-41d4-a716-446655440000", "d41d8cd98f00b204e9800998ecf8427e", "2025-03-04T10:00:00+02:00", "1709550000123", "384000123456",
    "1234567890.1709550000", "order 1234567890123456", "4111 1111 1111 1112", "DE89 3704 0044 0532 0130 01", "icon@2x.png", "react@18.2.0",
    "@babel/core", "git@github.com:a/b.git", "https://app.example.com/reports/400?tab=overview", "1.2.3-beta.4", "ISBN 978-3-16-148410-0", "a search for board reports 70000",
    "192.168.100.200", "SKU-123-456-7890", "pk_live_abcdefghijklmnop12", "token", "+1", "50.000+ users", "lat 52.520008, lon 13.404954", "AB12CDEF3456GHIJ7890",
    "0x1f2e3d4c5b6a79880123", "user_1234567890123", "Q1+Q2 2025", "me at example dot com", "3.141592653589793",
]  # fmt: skip


@pytest.fixture(scope="module")
def kinds():
    """The kind that the macros tell of each text, and whether the quick look at a bag lets it through."""
    macros = jinja2.Environment().from_string(MACROS.read_text()).module
    query = f"select t, {macros.pii_kind('t')}, {macros.may_hold_pii(chr(39) + chr(34) + chr(39) + ' || t || ' + chr(39) + chr(34) + chr(39))} from (select unnest(?::varchar[]) as t)"
    with duckdb.connect() as con:
        yield lambda texts: {t: told for t, *told in con.execute(query, [texts]).fetchall()}


@pytest.mark.parametrize("expected", PERSONAL)
def test_case_169_personal_data_in_a_text_is_found(kinds, expected):
    assert kinds(PERSONAL[expected]) == dict.fromkeys(PERSONAL[expected], [expected, True])


def test_ids_times_numbers_and_links_are_left_alone(kinds):
    told = {text: kind for text, (kind, _) in kinds(HARMLESS).items()}
    assert told == dict.fromkeys(HARMLESS)
