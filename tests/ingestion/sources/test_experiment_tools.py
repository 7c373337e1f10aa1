"""Traps of experiment tools, of the registry's files and of the list of accounts."""

from __future__ import annotations

import json

from literal_exports.experiment_tools import GROWTHBOOK, LAUNCHDARKLY, STATSIG, STATSIG_REPORT

from ingestion.spec import IngestSettings


def test_growthbook_results_come_with_or_without_their_wrapper(lake):
    bare = {"id": "snp_2", "experimentId": "exp_1", "phase": "0", "dateEnd": "2024-03-16T00:00:00Z", "results": []}  # fmt: skip
    report = lake.deliver(json.dumps(bare), None, "result.json")
    assert (report.source, report.loaded) == ("growthbook", 1)
    assert lake.rows("growthbook.results", "result_id, experiment_id") == [("snp_2", "exp_1")]


def test_growthbook_phases_and_an_unfinished_phase_are_kept_as_they_are(lake):
    page = json.loads(GROWTHBOOK)
    page["experiments"][0]["phases"].append({"name": "Again", "dateStarted": "2024-04-01T00:00:00.000Z", "dateEnded": ""})  # fmt: skip
    lake.deliver(json.dumps(page), "growthbook")
    phases = json.loads(lake.rows("growthbook.experiments", "phases")[0][0])
    assert [phase["dateEnded"] for phase in phases] == ["2024-03-15T00:00:00.000Z", ""]


def test_the_last_change_of_an_experiment_wins(lake):
    page = json.loads(GROWTHBOOK)
    lake.deliver(json.dumps(page), "growthbook", "monday.json")
    page["experiments"][0].update(status="running", dateUpdated="2024-03-10T09:00:00.000Z")
    report = lake.deliver(json.dumps(page), "growthbook", "older.json")
    assert (report.loaded, report.duplicate) == (0, 1)


def test_an_empty_page_is_an_empty_export(lake):
    for source, page in (("growthbook", '{"experiments":[],"total":0}'), ("launchdarkly", '{"items":[],"total_count":0}'), ("statsig", '{"message":"ok","data":[]}')):  # fmt: skip
        report = lake.deliver(page, source, f"{source}.json")
        assert (report.status, report.records_seen) == ("empty", 0)


def test_launchdarkly_keeps_every_iteration_and_tells_the_last_change(lake):
    page = json.loads(LAUNCHDARKLY)
    current = page["items"][0]["currentIteration"]
    previous = {**current, "_id": "it0", "endedAt": 1709000000000}
    page["items"][0]["previousIterations"] = [previous]
    page["items"][0]["currentIteration"] = {"_id": "it2", "status": "running", "startedAt": 1711929600000}  # fmt: skip
    lake.deliver(json.dumps(page), "launchdarkly")
    changed, iterations = lake.rows("launchdarkly.experiments", "cast(changed_at as varchar), previous_iterations")[0]  # fmt: skip
    assert (changed, len(json.loads(iterations))) == ("2024-04-01 00:00:00", 1)


def test_one_key_in_two_environments_is_two_experiments(lake):
    page = json.loads(LAUNCHDARKLY)
    page["items"].append({**page["items"][0], "_id": "34cd", "environmentKey": "test"})
    assert lake.deliver(json.dumps(page), "launchdarkly").loaded == 2


def test_a_statsig_experiment_asked_for_alone_stands_under_data(lake):
    single = {"message": "ok", "data": json.loads(STATSIG)["data"][0]}
    report = lake.deliver(json.dumps(single), None, "one.json")
    assert (report.source, report.loaded) == ("statsig", 1)


def test_times_may_be_milliseconds_or_text(lake):
    page = json.loads(STATSIG)
    page["data"][0].update(startTime="2024-03-01T00:00:00Z", endTime=None)
    lake.deliver(json.dumps(page), "statsig")
    assert lake.rows("statsig.experiments", "cast(start_at as varchar), end_at, cast(decided_at as varchar)") == [("2024-03-01 00:00:00", None, "2024-03-15 00:00:00")]  # fmt: skip


def test_a_daily_report_brings_the_same_exposures_again(lake):
    lake.deliver(STATSIG_REPORT, "statsig", "first.csv")
    again = STATSIG_REPORT.replace("2024-03-06,50", "2024-03-07,50")
    report = lake.deliver(again, "statsig", "second.csv")
    assert (report.loaded, report.duplicate) == (0, 1)
    assert "ID_CONFLICT" not in report.warnings


def test_a_report_with_other_names_is_mapped_by_the_settings_or_refused(lake):
    data = STATSIG_REPORT.replace("first_exposure_utc", "first seen")
    refused = lake.deliver(data, "statsig", "report.csv")
    assert (refused.status, refused.reason) == ("rejected", "HEADER")
    columns = {"first_exposure_utc": "first seen"}
    lake.settings = IngestSettings({"statsig": {"projects": {"p": {"columns": columns}}}})
    assert lake.deliver(data, "statsig", "report.csv").loaded == 1


def test_optimizely_numbers_keep_their_digits_and_anything_may_be_missing(lake):
    report = lake.deliver('[{"id":9300000000000000123,"status":"archived"}]', "optimizely")
    assert report.loaded == 1
    assert lake.rows("optimizely.experiments", "experiment_id, key, variations") == [("9300000000000000123", None, None)]  # fmt: skip


def test_words_of_yaml_stay_words_in_the_registry(lake):
    data = "- {experiment_id: on, variants: [{key: off}, {key: yes}], flag_key: 1.10, start_date: 2024-03-01}\n"
    lake.deliver(data, "experiments", "x.yml")
    assert lake.rows("experiments.experiments", "experiment_id, flag_key, variants") == [("on", "1.10", '[{"key": "off", "weight": null}, {"key": "yes", "weight": null}]')]  # fmt: skip


def test_a_time_without_zone_in_the_registry_is_the_companys(lake):
    lake.settings = IngestSettings({}, timezone="Europe/Berlin")
    data = "- {experiment_id: x, variants: [a, b], hypothesis_written_at: 2024-03-01}\n"
    lake.deliver(data, "experiments", "x.yml")
    assert lake.rows("experiments.experiments", "cast(hypothesis_written_at as varchar)") == [("2024-02-29 23:00:00",)]  # fmt: skip


def test_a_registry_reports_what_is_missing_by_leaving_it_empty(lake):
    report = lake.deliver("experiment_key,variants\nx,a;b\n", "experiments", "x.csv")
    assert (report.loaded, report.quarantined) == (1, 0)


def test_a_newer_list_of_accounts_replaces_the_older(lake):
    lake.deliver("account_id,plan,revenue\na,pro,10\nb,pro,20\n", "accounts", "accounts.csv")
    report = lake.deliver("account_id,plan,revenue\na,free,\n", "accounts", "accounts.csv")
    assert report.loaded == 1
    assert lake.rows("accounts.accounts", "account_id, plan, revenue") == [("a", "free", None)]


def test_an_amount_that_is_not_plain_is_never_guessed(lake):
    data = 'account_id,plan,revenue\na,pro,"1.234,50"\nb,pro,1200 €\nc,pro,12.5\n'
    report = lake.deliver(data, "accounts", "accounts.csv")
    assert (report.loaded, lake.codes()) == (1, {2: "NUMBER", 3: "NUMBER"})


def test_an_amount_is_read_by_the_declared_locale(lake):
    lake.settings = IngestSettings({"accounts": {"projects": {"p": {"locale": "de"}}}})
    lake.deliver("account_id;plan;revenue\na;pro;1.234,50\n", "accounts", "accounts.csv")
    assert lake.rows("accounts.accounts", "revenue") == [(1234.5,)]


def test_an_account_id_that_a_spreadsheet_rounded_is_kept_aside(lake):
    report = lake.deliver("account_id,plan\n1.23457E+12,pro\n", "accounts", "accounts.csv")
    assert report.reason == "EXCEL_MANGLED_ID"
