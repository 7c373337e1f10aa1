"""Traps of data-access tools: what goes in, and which rows or codes come out."""

from __future__ import annotations

import json

import pytest
from literal_exports.data_access import LOOKER_CSV, METABASE_RUNS, METABASE_USERS

from ingestion.spec import IngestSettings

OLD_RUN = "id,hash,started_at,running_time,result_rows,native,context,error,executor_id,card_id,dashboard_id,pulse_id,database_id\n"


def settings(source: str, **project) -> IngestSettings:
    return IngestSettings({source: {"projects": {"p": project}}})


# Metabase


@pytest.mark.parametrize(("written", "means"), [("t", True), ("true", True), ("TRUE", True), ("1", True), ("f", False), ("false", False), ("0", False), ("", None)])  # fmt: skip
def test_booleans_are_read_as_any_database_writes_them(lake, written, means):
    lake.deliver(f"{OLD_RUN}1,\\x5f,2024-03-04 22:10:07+00,1,1,{written},question,,17,,,,2\n", "metabase", "q.csv")  # fmt: skip
    assert lake.rows("metabase.query_execution", "is_native, is_cache_hit") == [(means, None)]


def test_installs_without_a_zone_are_utc_and_say_so(lake):
    lake.deliver(f"{OLD_RUN}1,,2024-03-04 22:10:07.5,1,1,t,question,,17,,,,2\n", "metabase", "q.csv")  # fmt: skip
    found = lake.rows("metabase.query_execution", "cast(started_at as varchar), zone")
    assert found == [("2024-03-04 22:10:07.5", "assumed")]


def test_the_declared_zone_of_an_install_is_used(lake):
    lake.settings = settings("metabase", timezone="Europe/Berlin")
    lake.deliver(f"{OLD_RUN}1,,2024-03-04 22:10:07,1,1,t,question,,17,,,,2\n", "metabase", "q.csv")
    found = lake.rows("metabase.query_execution", "cast(started_at as varchar), zone")
    assert found == [("2024-03-04 21:10:07", "declared")]


def test_contexts_of_versions_to_come_are_kept(lake):
    lake.deliver(f"{OLD_RUN}1,,2024-03-04 22:10:07+00,1,1,t,agent-chat,,17,,,,2\n", "metabase", "q.csv")  # fmt: skip
    assert lake.rows("metabase.query_execution", "context") == [("agent-chat",)]


def test_columns_of_newer_versions_are_kept_as_properties(lake):
    header = OLD_RUN.strip() + ",embedding_client,parameterized\n"
    lake.deliver(f"{header}1,,2024-03-04 22:10:07+00,1,1,t,question,,17,,,,2,react,t\n", "metabase", "q.csv")  # fmt: skip
    ((kept,),) = lake.rows("metabase.query_execution", "properties")
    assert json.loads(kept) == {"embedding_client": "react", "parameterized": "t"}


def test_passwords_salts_and_tokens_are_never_read(lake):
    lake.deliver(METABASE_USERS, "metabase", "core_user.csv")
    found = str(lake.rows("metabase.core_user"))
    assert "gone@example.com" in found
    assert "$2a$10" not in found
    assert "salt" not in found


def test_a_run_without_executor_is_kept(lake):
    lake.deliver(METABASE_RUNS, "metabase", "q.csv")
    assert lake.rows("metabase.query_execution", "executor_id")[2] == (None,)


def test_an_overlapping_export_repeats_runs_that_count_once(lake):
    first, *rest = METABASE_RUNS.splitlines(keepends=True)
    lake.deliver(METABASE_RUNS, "metabase", "march.csv")
    report = lake.deliver(first + rest[2], "metabase", "april.csv")
    assert (report.loaded, report.duplicate) == (0, 1)


def test_a_table_of_metabase_that_is_not_read_names_the_nearest(lake):
    report = lake.deliver("id,hash,started_at,card_id\n1,x,2024-03-04,3\n", "metabase", "x.csv")
    assert (report.status, report.reason) == ("rejected", "HEADER")
    assert "query_execution, needs running_time" in report.message


def test_labels_of_metabases_own_download_are_known(lake):
    data = "ID,Started At,Running Time,Executor ID\n1,2024-03-04T22:10:07Z,12,17\n"
    assert lake.deliver(data, "metabase", "q.csv").loaded == 1


def test_a_time_that_only_people_can_read_is_quarantined(lake):
    lake.deliver(f'{OLD_RUN}1,,"March 4, 2024, 10:10 PM",1,1,t,question,,17,,,,2\n', "metabase", "q.csv")  # fmt: skip
    assert lake.codes() == {2: "TIME_FORMAT"}


# Looker


def test_labels_and_names_are_the_same_fields(lake):
    named = [{"history.id": 88101, "history.created_time": "2024-03-04 22:10:07", "history.source": "dashboard"}]  # fmt: skip
    lake.deliver(LOOKER_CSV, "looker", "a.csv")
    report = lake.deliver(json.dumps(named), "looker", "b.json")
    assert (report.loaded, report.duplicate) == (0, 1)


def test_without_a_zone_utc_is_assumed_and_said(lake):
    lake.deliver(LOOKER_CSV, "looker", "h.csv")
    assert lake.rows("looker.history", "cast(created_at as varchar), zone")[0] == (
        "2024-03-04 22:10:07",
        "assumed",
    )


def test_a_download_that_counts_runs_is_refused(lake):
    data = "History Source,User Email,History Query Run Count\ndashboard,pm@example.com,40\n"
    report = lake.deliver(data, "looker", "h.csv")
    assert (report.status, report.reason) == ("rejected", "SHAPE")
    assert "History ID" in report.message


def test_counts_of_runs_are_refused_as_json_too(lake):
    data = [{"history.source": "dashboard", "user.email": "a@x", "history.query_run_count": 40}]
    report = lake.deliver(json.dumps(data), "looker", "h.json")
    assert (report.status, report.reason) == ("rejected", "SHAPE")


def test_customised_labels_are_mapped_by_the_company(lake):
    lake.settings = settings("looker", columns={"history_id": "Lauf", "created_at": "Gestartet"})
    data = "Lauf,Gestartet,Quelle\n1,2024-03-04 22:10:07,explore\n"
    assert lake.deliver(data, "looker", "h.csv").loaded == 1
    assert lake.rows("looker.history", "history_id, properties") == [("1", '{"Quelle": "explore"}')]


LOCALISED = "History ID,History Created Time\n1,04.03.2024 22:10\n"


def test_a_localised_time_without_a_declared_form_is_quarantined(lake):
    lake.deliver(LOCALISED, "looker", "h.csv")
    assert lake.codes() == {2: "TIME_FORMAT"}


def test_a_localised_time_is_read_in_its_declared_form(lake):
    lake.settings = settings("looker", date_format="dd.MM.yyyy HH:mm", timezone="Europe/Berlin")
    lake.deliver(LOCALISED, "looker", "h.csv")
    found = lake.rows("looker.history", "cast(created_at as varchar), zone")
    assert found == [("2024-03-04 21:10:00", "declared")]


def test_a_download_knows_how_many_rows_it_had(lake):
    rows = "".join(f"{n},2024-03-04 22:10:07\n" for n in range(500))
    lake.deliver("History ID,History Created Time\n" + rows, "looker", "h.csv")
    assert set(lake.rows("looker.history", "export_rows")) == {(500,)}


# Mode


def test_modes_tool_need_not_be_said(lake):
    data = "event_time,user_email,asset_id,action\n2024-03-04T22:10:07Z,pm@example.com,5f,view\n"
    assert lake.deliver(data, "mode", "m.csv").loaded == 1
    assert lake.rows("mode.events", "tool, action") == [("mode", "view")]


# Metabase's database as a dump

DUMP = r"""--
-- PostgreSQL database dump
--

CREATE TABLE public.query_execution (id integer NOT NULL);

COPY public.activity (id, topic, "timestamp", user_id, model, model_id, database_id, table_id, custom_id, details) FROM stdin;
1	card-create	2021-04-12 21:31:09.5-03	1	card	3	2	\N	\N	{"name":"A\\tB"}
\.

COPY public.collection (id, name) FROM stdin;
1	not read
\.

COPY public.query_execution (id, hash, started_at, running_time, result_rows, native, context, error, executor_id, card_id, dashboard_id, pulse_id, database_id, cache_hit) FROM stdin;
7	\\x5f3a	2021-04-12 21:31:09.123456-03	812	120	f	dashboard	\N	1	301	12	\N	2	f
8	\\x5f3b	2021-04-12 21:32:09-03	95	0	t	ad-hoc	line one\nline two	1	\N	\N	\N	2	f
9	short
\.


--
-- PostgreSQL database dump complete
--
"""


def test_the_tables_of_a_dump_are_read_and_nothing_else_of_it(lake):
    report = lake.deliver(DUMP, None, "metabase.sql")
    assert (report.source, report.records_seen, report.loaded) == ("metabase", 4, 3)
    assert lake.codes() == {18: "COLUMN_COUNT"}
    runs = "execution_id, query_hash, cast(started_at as varchar), zone, error, dashboard_id"
    assert lake.rows("metabase.query_execution", runs) == [
        ("7", "5f3a", "2021-04-13 00:31:09.123456", "given", None, "12"),
        ("8", "5f3b", "2021-04-13 00:32:09", "given", "line one\nline two", None),
    ]
    assert lake.rows("metabase.activity", "topic, details") == [("card-create", '{"name":"A\\tB"}')]


def test_a_dump_and_a_csv_of_the_same_runs_count_once(lake):
    lake.deliver(DUMP, "metabase", "metabase.sql")
    row = "7,\\x5f3a,2021-04-13 00:31:09.123456+00,812,120,f,dashboard,,1,301,12,,2\n"
    assert lake.deliver(OLD_RUN + row, "metabase", "q.csv").duplicate == 1


def test_a_dump_of_another_source_is_refused(lake):
    assert lake.deliver(DUMP, "looker", "metabase.sql").status == "rejected"
