"""The reader is locked (SEC-11), and no text of a person becomes SQL (SEC-10)."""

from __future__ import annotations

import duckdb
import pytest

from dashboards.answer import UsageError
from dashboards.published import NoVersion, QueryTooLong, open_version

HOSTILE = [
    "copy (select 1) to '{folder}/out.csv'",
    "copy (select 1) to '{folder}/v1/warehouse.duckdb'",
    "copy (select 1) to '/tmp/productops-out.parquet' (format parquet)",
    "select * from read_text('/etc/passwd')",
    "select * from read_csv('/etc/passwd')",
    "select * from read_blob('{folder}/CURRENT')",
    "select * from read_json('{folder}/v1/definitions.json')",
    "select * from read_parquet('{folder}/*.parquet')",
    "select * from glob('/etc/*')",
    "select * from '/etc/passwd'",
    "attach '{folder}/new.duckdb' as other",
    "attach '/tmp/productops-new.duckdb' as other",
    "attach ':memory:' as other; copy (select 1) to '{folder}/x.csv'",
    "install httpfs",
    "load httpfs",
    "install spatial from community",
    "force install json",
    "load '/tmp/evil.duckdb_extension'",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "set memory_limit = '64GB'",
    "set threads = 64",
    "set allowed_directories = ['/']",
    "set allowed_paths = ['/etc/passwd']",
    "set autoload_known_extensions = true",
    "set allow_community_extensions = true",
    "set allow_unsigned_extensions = true",
    "set temp_directory = '/tmp'",
    "set secret_directory = '/tmp'",
    "set extension_directory = '/tmp'",
    "set custom_extension_repository = 'http://127.0.0.1'",
    "reset memory_limit",
    "pragma memory_limit = '64GB'",
    "pragma enable_profiling = 'json'; pragma profiling_output = '/tmp/x.json'",
    "insert into warehouse.marts.dim_features values ('x', 'x', 'x', 'x', 'x')",
    "update warehouse.marts.fct_events set project = 'x'",
    "delete from warehouse.marts.fct_events",
    "drop table warehouse.marts.fct_events",
    "truncate warehouse.marts.fct_events",
    "alter table warehouse.marts.fct_events add column x integer",
    "create table warehouse.marts.evil (x integer)",
    "create schema warehouse.evil",
    "create view warehouse.marts.evil as select 1",
    "export database '{folder}/dump'",
    "import database '{folder}/dump'",
    "create secret s (type s3)",
    "call pragma_database_size(); copy (select 1) to '{folder}/y'",
]  # fmt: skip


@pytest.mark.parametrize("statement", HOSTILE)
def test_a_hostile_statement_does_nothing(locked, statement):
    published, folder = locked
    before = sorted(path.name for path in folder.rglob("*"))
    with pytest.raises(duckdb.Error):
        published.query(statement.format(folder=folder))
    assert sorted(path.name for path in folder.rglob("*")) == before
    assert published.query("select count(*) as n from marts.fct_events")["n"][0] == 1


@pytest.fixture(scope="module")
def locked(tmp_path_factory, publish_world):
    folder = publish_world(
        tmp_path_factory.mktemp("locked"),
        events=[("a", "open", "2024-05-01T10:00", {"plan": "pro"})],
    )
    with open_version(folder) as published:
        yield published, folder


PAYLOADS = [
    template.format(body)
    for template in ("{}", "'{}", '"{}', "x' {}", 'x" {}', "x') {}", "x')) {}", "/{}", "$.{}", "$.\"{}", "{}--", "/* {} */", ";{}", "x\\' {}")
    for body in (
        "drop table warehouse.marts.fct_events",
        "or 1=1",
        "or '1'='1",
        "union select * from duckdb_settings()",
        "; copy (select 1) to '/tmp/x'",
        "; select * from read_text('/etc/passwd')",
        "and (select count(*) from marts.dim_settings) > 0",
        "); attach '/tmp/x.db'; --",
        "; set lock_configuration = false",
        "%s ? $1 $name {{ }}",
        "$as_of",
        "?",
        "\x00",
        "‘’“”",
        "${{jndi}}",
    )
]  # fmt: skip


def test_two_hundred_payloads_as_values_and_names_find_nothing_and_break_nothing(locked):
    from dashboards.ask import ask

    published, _ = locked
    assert len(PAYLOADS) >= 200
    day = {"from": "2024-05-01", "to": "2024-05-02"}
    for n, text in enumerate(PAYLOADS):
        condition = {
            "property": "plan",
            "op": ("eq", "contains", "in", "gt")[n % 4],
            "value": [text] if n % 4 == 2 else text,
        }
        if n % 2:
            condition = {"property": text, "op": "set"}
        if condition["op"] != "gt":
            # A funnel of one step reads events by the same conditions as any question, in the fewest statements.
            asked = {**day, "steps": ["open"], "where": [condition]}
            assert ask(published, "funnel", asked, "2024-05-02").rows[0]["reached"] == 0
        # One parameter each, in turn: every one meets more than forty of them.
        name = ("event", "project", "source", "period", "from")[n % 5]
        with pytest.raises(UsageError):
            ask(published, "active_users", {**day, name: text}, "2024-05-02")
    rows = ask(
        published,
        "funnel",
        {**day, "steps": ["open"], "breakdown": PAYLOADS[0], "hold_constant": "plan"},
        "2024-05-02",
    ).rows
    assert [row["breakdown"] for row in rows] == ["(none)"]
    assert published.query("select count(*) as n from marts.fct_events")["n"][0] == 1


def test_nothing_published_yet_is_said(tmp_path):
    with pytest.raises(NoVersion, match="productops run"), open_version(tmp_path):
        pass
    (tmp_path / "CURRENT").write_text("v9")
    with pytest.raises(NoVersion, match="v9"), open_version(tmp_path):
        pass
    with pytest.raises(NoVersion), open_version(tmp_path, "../elsewhere"):
        pass


def test_a_query_past_its_limit_is_stopped(tmp_path, publish_world):
    folder = publish_world(tmp_path, events=[])
    with (
        open_version(folder, time_limit_seconds=0.2) as published,
        pytest.raises(QueryTooLong, match="0.2 s"),
    ):
        published.query(
            "select count(*) from range(1000000) a, range(1000000) b where a.range * b.range % 7 = 3"
        )


def test_a_reader_keeps_its_version_while_another_is_published(tmp_path, publish_world):
    folder = publish_world(tmp_path, events=[("a", "open", "2024-05-01T10:00")], version="v1")
    with open_version(folder) as first:
        publish_world(tmp_path, events=[], version="v2")
        assert first.query("select count(*) as n from marts.fct_events")["n"][0] == 1
        with open_version(folder) as second:
            assert second.version == "v2"
            assert second.query("select count(*) as n from marts.fct_events")["n"][0] == 0
