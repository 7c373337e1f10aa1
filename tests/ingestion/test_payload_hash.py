"""The hash that says whether two records of one identity differ: it must not change with DuckDB."""

from __future__ import annotations

import duckdb


def test_duckdb_hashes_texts_as_it_did_when_the_raw_zone_was_written():
    query = "select to_hex(hash('abc')), to_hex(hash('a', null, 'b')), to_hex(hash(repeat('xy', 50), '{\"a\":1}'::json))"
    with duckdb.connect() as con:
        found = con.execute(query).fetchall()[0]
    assert found == ("1AB67E08D254D49C", "4FF7276867704D5", "2D4EBF360FCF0AC3"), (
        "a record delivered again would count as ID_CONFLICT: read the archive again, or keep the old hash"
    )


def test_a_null_and_an_empty_text_differ():
    with duckdb.connect() as con:
        query = "select hash('a', null) = hash('a', ''), hash('ab', 'c') = hash('a', 'bc')"
        assert con.execute(query).fetchall() == [(False, False)]
