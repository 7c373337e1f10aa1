"""Experiments of tools beside the registry, exposures under a tool's own keys, and what identity learns from vendors."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

MODELS = (
    "+fct_experiment_findings", "+dim_actor_persons",
    "+stg_posthog__person_ids", "+stg_mixpanel__people", "+stg_growthbook__results", "+stg_launchdarkly__flags",
    "+stg_accounts__accounts",
)  # fmt: skip


def at(text):
    return datetime.fromisoformat(text)


def millis(text):
    return int((at(text) - datetime(1970, 1, 1)).total_seconds() * 1000)


@pytest.fixture(scope="module")
def tools(story, tmp_path_factory):
    """The story is asked for so that the project is parsed once."""
    built = type(story)(tmp_path_factory.mktemp("tools"))
    built.declare("settings", [{"company": "Acme", "timezone": "Europe/Berlin", "identity_scope": "company"}])  # fmt: skip
    built.declare("people", [{"person_id": "pm-1", "name": "PM", "email": "PM1@acme.test", "role": "pm"}])  # fmt: skip
    built.declare("source_columns", [{"source": "mixpanel", "project": "renamed", "name": "experiment", "header": "AB test"}, {"source": "mixpanel", "project": "renamed", "name": "variant", "header": "Arm"}])  # fmt: skip
    _registry(built)
    built.load("exposures", "exposures", [{"experiment_id": "late", "user_id": "u", "variant": "a", "exposed_at": at("2024-03-01")}])  # fmt: skip
    _growthbook(built)
    _launchdarkly(built)
    _statsig(built)
    _posthog(built)
    _mixpanel(built)
    _amplitude(built)
    built.load("optimizely", "experiments", [{"experiment_id": "9", "name": "O", "status": "archived", "earliest_at": at("2024-03-01"), "latest_at": at("2024-03-09"), "variations": [{"variation_id": 1, "name": "Original", "weight": 5000}]}])  # fmt: skip
    built.load("accounts", "accounts", [{"account_id": "a", "plan": "pro", "revenue": 10.0}])
    built.build("--select", *MODELS)
    return built


def _registry(built):
    built.load(
        "experiments",
        "experiments",
        [
            {"experiment_id": "exp-12", "name": "Ours", "variants": [{"key": "0"}, {"key": "1"}], "flag_key": "new-exporter"},
            {"experiment_id": "banner", "name": "Banner", "variants": [{"key": "a"}], "status": "draft"},
            {"experiment_id": "odd", "name": "Odd", "owner": "pm-1", "hypothesis": "H", "primary_metric": "m", "status": "decided", "variants": [{"key": "a", "weight": 0.5}, {"key": "b", "weight": 0.4}], "start_date": at("2024-03-10"), "end_date": at("2024-03-05")},
            {"experiment_id": "fine", "name": "Fine", "owner": "pm-1", "hypothesis": "H", "primary_metric": "m", "status": "decided", "decision": "ship", "decision_date": at("2024-03-12"), "variants": [{"key": "a", "weight": 0.3334}, {"key": "b", "weight": 0.6667}], "start_date": at("2024-03-01"), "end_date": at("2024-03-10")},
            {"experiment_id": "late", "name": "Late", "owner": "pm-1", "hypothesis": "H", "primary_metric": "m", "status": "running", "variants": [{"key": "a"}], "start_date": at("2024-03-10")},
            {"experiment_id": "logged", "type": "result", "variants": []},
        ],
    )  # fmt: skip


def _growthbook(built):
    def phase(start, end):
        split = [{"variationId": "va", "weight": 0.5}, {"variationId": "vb", "weight": 0.5}]
        return {"dateStarted": start, "dateEnded": end, "trafficSplit": split}

    variations = [{"variationId": "va", "key": "0"}, {"variationId": "vb", "key": "1"}]
    common = {"type": "standard", "variations": variations, "is_archived": False}
    built.load(
        "growthbook",
        "experiments",
        [
            {**common, "experiment_id": "exp_1", "tracking_key": "new-exporter", "name": "Theirs", "status": "stopped", "result_status": "won", "hypothesis": "Filters raise exports", "owner_email": "pm1@acme.test", "linked_features": ["exporter-feature"], "phases": [phase("2024-02-29T23:30:00Z", "2024-03-05T00:00:00Z"), phase("2024-03-10T00:00:00Z", "2024-03-15T00:00:00Z")]},
            {**common, "experiment_id": "exp_2", "tracking_key": "pricing", "name": "Pricing", "status": "running", "phases": [phase("2024-03-01T00:00:00Z", "")]},
            {**common, "experiment_id": "exp_3", "tracking_key": "New_Exporter", "name": "Other", "status": "stopped", "result_status": "dnf", "phases": []},
            {**common, "experiment_id": "exp_4", "tracking_key": "all", "name": "Holdout", "type": "holdout", "status": "running", "phases": []},
        ],
    )  # fmt: skip
    built.load("growthbook", "results", [{"result_id": "s", "experiment_id": "exp_1", "results": []}])  # fmt: skip


def _launchdarkly(built):
    arms = [{"_id": "ta", "name": "Control", "baseline": True, "allocationPercent": "50"}, {"_id": "tb", "name": "Filters", "baseline": False, "allocationPercent": "50"}]  # fmt: skip

    def iteration(key, start, end=None, **more):
        return {"_id": key, "status": "stopped" if end else "running", "startedAt": millis(start), "endedAt": millis(end) if end else None, "treatments": arms, "flags": {"search-flag": {}}, **more}  # fmt: skip

    built.load(
        "launchdarkly",
        "experiments",
        [
            {"experiment_id": "ld1", "key": "search", "name": "Search", "environment_key": "production",
             "current_iteration": iteration("it2", "2024-04-01", hypothesis="Second"),
             "previous_iterations": [iteration("it1", "2024-02-01", "2024-02-20", winningTreatmentId="tb", hypothesis="First")]},
            {"experiment_id": "ld2", "key": "search", "name": "Search in test", "environment_key": "test", "current_iteration": iteration("it9", "2024-01-01")},
            {"experiment_id": "ld3", "key": "idea", "name": "Idea", "environment_key": "production", "draft_iteration": {"_id": "it7", "status": "not_started"}},
        ],
    )  # fmt: skip
    built.load("launchdarkly", "flags", [{"flag_key": "search-flag", "kind": "boolean"}])


def _statsig(built):
    groups = [{"name": "Control", "id": "g1", "size": 50}, {"name": "Test", "size": 50}]
    built.load(
        "statsig",
        "experiments",
        [
            {"experiment_id": "onboarding", "name": "onboarding", "status": "decision_made", "groups": groups, "launched_group_id": "g1", "start_at": at("2024-03-01"), "end_at": at("2024-03-15"), "decided_at": at("2024-03-15 23:30")},
            {"experiment_id": "new_exporter", "name": "new_exporter", "status": "setup", "groups": groups},
        ],
    )  # fmt: skip
    seen = {"unit_type": "userID", "rollout": "1", "exposed_at": at("2024-03-02")}
    built.load(
        "statsig",
        "exposures",
        [
            {**seen, "experiment_id": "onboarding", "variant": "Test", "unit_id": "u1", "exposure_type": "get_experiment"},
            {**seen, "experiment_id": "a_gate", "variant": "Pass", "unit_id": "u1", "exposure_type": "check_gate"},
        ],
    )  # fmt: skip


def _posthog(built):
    variants = {"feature_flag_variants": [{"key": "control", "rollout_percentage": 50}, {"key": "test", "rollout_percentage": 50}]}  # fmt: skip
    built.load(
        "posthog",
        "experiments",
        [
            {"experiment_id": "77", "feature_flag_key": "ph-flag", "name": "PH", "start_at": at("2024-03-01"), "parameters": variants},
            {"experiment_id": "78", "feature_flag_key": "gone", "name": "Gone", "is_deleted": True},
        ],
    )  # fmt: skip

    def called(user, flag, response, **more):
        return {"uuid": f"{user}/{flag}/{response}", "event": "$feature_flag_called", "distinct_id": user, "person_id": f"p-{user}", "timestamp_at": at("2024-03-05"), "created_at": at("2024-03-05"), "properties": {"$feature_flag": flag, "$feature_flag_response": response}, "person_properties": {}, **more}  # fmt: skip

    built.load(
        "posthog",
        "events",
        [
            called("v1", "ph-flag", "test"), called("v2", "ph-flag", "control"), called("v3", "ph-flag", False),
            called("v4", "simple", True), called("v5", "simple", False), called("v6", "simple", ""),
            called("before", "other", True, person_id="p-old"), called("after", "other", True, person_id="p-new"),
        ],
    )  # fmt: skip

    def version(distinct, person, number, **more):
        return {"team_id": "1", "distinct_id": distinct, "person_id": person, "person_distinct_id_version": number, "person_version": number, "is_deleted": False, "properties": {"v": number}, "inserted_at": at("2024-03-05"), **more}  # fmt: skip

    built.load(
        "posthog",
        "persons",
        [
            version("before", "p-old", 0), version("before", "p-new", 3, inserted_at=at("2024-03-01")),
            version("after", "p-new", 1), version("lost", "p-x", 0), version("lost", "p-x", 1, is_deleted=True),
        ],
    )  # fmt: skip


def _mixpanel(built):
    def event(name, user, time="2024-03-05", **properties):
        return {"_key": f"{name}/{user}/{time}", "event": name, "time_at": at(time), "received_at": at(time), "distinct_id": user, "user_id": user, "properties": properties}  # fmt: skip

    built.load(
        "mixpanel",
        "events",
        [
            event("$experiment_started", "m1", **{"Experiment name": "search-flag", "Variant name": "Filters"}, time="2024-02-10"),
            event("$experiment_started", "m1", **{"Experiment name": "search", "Variant name": "Filters"}, time="2024-04-02"),
            event("$experiment_started", "m2", Experiments=["exporter-feature:1", "pricing:0", "odd"]),
            event("$experiment_started", "m3", **{"pricing": "1", "plan": "pro"}),
            event("view", "old-id"), event("view", "new-id"),
        ],
    )  # fmt: skip
    renamed = [event("$experiment_started", "m9", **{"AB test": "banner", "Arm": "a"})]
    built.load("mixpanel", "events", renamed, project="renamed")
    built.load("mixpanel", "identity_mappings", [{"distinct_id": "old-id", "resolved_distinct_id": "new-id"}])  # fmt: skip
    built.load("mixpanel", "people", [{"distinct_id": "new-id", "properties": {"plan": "pro"}}])


def _amplitude(built):
    def event(number, **more):
        return {"uuid": str(number), "event_type": "view", "event_time": at("2024-03-05"), "server_upload_time": at("2024-03-05"), "event_properties": {}, "user_properties": {}, **more}  # fmt: skip

    def exposure(number, **properties):
        return event(number, event_type="[Experiment] Exposure", user_id=f"a{number}", event_properties={f"[Experiment] {name}": value for name, value in properties.items()})  # fmt: skip

    built.load(
        "amplitude",
        "events",
        [
            event(1, user_id="a1", groups={"org": "o1", "plan": ["x", "y", "x"]}),
            event(2, user_id="a2", groups={}),
            event(3, device_id="google-ad-17", amplitude_id="5"),
            exposure(4, **{"Flag Key": "exporter-feature", "Variant": "1"}),
            exposure(5, **{"Flag Key": "exporter-feature", "Variant": None}),
            exposure(6, **{"Flag Key": "exporter-feature", "Experiment Key": "new-exporter", "Variant": "0"}),
        ],
    )  # fmt: skip


def registered(tools, columns, experiment_id):
    return tools.rows(f"select {columns} from marts.dim_experiments where experiment_id = '{experiment_id}'")  # fmt: skip


def test_a_tool_fills_what_the_registry_leaves_empty_where_the_flag_key_is_the_same(tools):
    columns = (
        "name, source, status, hypothesis, owner, decision, start_date::varchar, end_date::varchar"
    )
    assert registered(tools, columns, "exp-12") == [("Ours", "experiments", "decided", "Filters raise exports", "pm-1", "ship", "2024-03-01", "2024-03-15")]  # fmt: skip
    assert registered(tools, "name", "new-exporter") == []


def test_keys_that_only_look_alike_are_other_experiments(tools):
    assert registered(tools, "name, status, decision", "New_Exporter") == [("Other", "abandoned", "none")]  # fmt: skip
    assert registered(tools, "source, status", "new_exporter") == [("statsig", "draft")]


def test_restarts_are_one_experiment_and_a_holdout_is_none(tools):
    assert registered(tools, "start_date::varchar, end_date, status", "pricing") == [("2024-03-01", None, "running")]  # fmt: skip
    assert registered(tools, "name", "all") == []


def test_variants_come_with_their_weights_and_the_control(tools):
    expected = [{"key": "0", "weight": 0.5}, {"key": "1", "weight": 0.5}]
    (row,) = registered(tools, "control, variants", "pricing")
    assert (row[0], json.loads(row[1])) == ("0", expected)
    (row,) = registered(tools, "control, variants", "ph-flag")
    assert (row[0], [arm["key"] for arm in json.loads(row[1])]) == ("control", ["control", "test"])


def test_each_iteration_is_an_experiment_and_production_counts(tools):
    columns = "experiment_id, name, hypothesis, status, decision, start_date::varchar"
    told = tools.rows(f"select {columns} from marts.dim_experiments where source = 'launchdarkly' order by 1")  # fmt: skip
    assert told == [
        ("idea", "Idea", None, "draft", None, None),
        ("search", "Search", "Second", "running", None, "2024-04-01"),
        ("search/it1", "Search", "First", "decided", "ship", "2024-02-01"),
    ]


def test_the_day_of_a_decision_is_told_or_stood_for_by_the_end(tools):
    columns = "decision, decided_on::varchar, is_decided_on_end"
    assert registered(tools, columns, "onboarding") == [("revert", "2024-03-16", False)]
    assert registered(tools, columns, "search/it1") == [("ship", "2024-02-20", True)]
    assert registered(tools, columns, "pricing") == [(None, None, False)]


def test_states_without_a_word_are_told_by_the_dates_and_deleted_ones_are_left_out(tools):
    assert registered(tools, "status, decision", "ph-flag") == [("running", None)]
    assert registered(tools, "name", "gone") == []
    assert registered(tools, "status, end_date::varchar", "9") == [("stopped", "2024-03-09")]


def exposed(tools, project="app"):
    return tools.rows(f"select experiment_id, unit_id, variant from marts.fct_exposures where project = '{project}' order by all")  # fmt: skip


def test_exposures_find_their_experiment_by_what_the_registry_and_tools_say(tools):
    told = exposed(tools)
    assert [row for row in told if row[0] in ("exp-12", "new-exporter", "exporter-feature")] == [
        ("exp-12", "a4", "1"),  # by the linked feature
        ("exp-12", "a6", "0"),  # by the tracking key; the one that left is no exposure
        ("exp-12", "m2", "1"),  # out of a list
    ]
    assert [row for row in told if row[0] == "pricing"] == [("pricing", "m2", "0"), ("pricing", "m3", "1")]  # fmt: skip


def test_an_exposure_belongs_to_the_iteration_that_ran_then(tools):
    assert [row for row in exposed(tools) if row[0].startswith("search")] == [
        ("search", "m1", "Filters"),
        ("search/it1", "m1", "Filters"),
    ]


def test_false_is_an_exposure_of_a_simple_flag_only(tools):
    told = exposed(tools)
    assert [row for row in told if row[0] == "ph-flag"] == [("ph-flag", "v1", "test"), ("ph-flag", "v2", "control")]  # fmt: skip
    assert [row for row in told if row[0] == "simple"] == [("simple", "v4", "true"), ("simple", "v5", "false")]  # fmt: skip


def test_a_project_may_call_the_two_properties_otherwise(tools):
    assert exposed(tools, "renamed") == [("banner", "m9", "a")]


def test_statsigs_gates_are_no_experiments(tools):
    assert ("onboarding", "u1", "Test") in exposed(tools)
    assert not [row for row in exposed(tools) if row[0] == "a_gate"]


def test_the_highest_version_decides_to_whom_an_id_belongs(tools):
    told = tools.rows("select distinct_id, person_id, is_deleted, properties ->> '$.v' from staging.stg_posthog__person_ids order by 1")  # fmt: skip
    assert told == [
        ("after", "p-new", False, "3"),
        ("before", "p-new", False, "3"),
        ("lost", "p-x", True, "1"),
    ]


def test_ids_that_a_vendor_calls_one_person_share_a_name(tools):
    told = tools.rows(
        "select split_part(node, ':', 2), root from intermediate.int_identity__members"
    )
    persons = dict(told)
    assert persons["before"] == persons["after"]
    assert persons["old-id"] == persons["new-id"]


def test_costs_of_advertising_are_nobodys_act(tools):
    told = tools.rows("select device_id, link_id from staging.stg_amplitude__events where event_id like '%|3'")  # fmt: skip
    assert told == [(None, None)]


def findings(tools, experiment_id):
    return [row[0] for row in tools.rows(f"select finding from marts.fct_experiment_findings where experiment_id = '{experiment_id}' order by 1")]  # fmt: skip


def test_what_an_entry_lacks_or_contradicts_is_reported(tools):
    assert findings(tools, "odd") == [
        "decided without a date or a reason",
        "decided without a decision",
        "ended before it started",
        "weights do not sum to 1",
    ]
    assert findings(tools, "fine") == []
    assert findings(tools, "late") == ["exposures outside of its dates"]
    assert findings(tools, "logged") == []
    assert findings(tools, "banner") == ["no hypothesis", "no owner", "no primary metric"]


@pytest.mark.parametrize(
    ("model", "grain"),
    [
        ("marts.dim_experiments", "project, experiment_id"),
        ("marts.fct_exposures", "project, experiment_id, unit_id, variant, exposed_at"),
        ("intermediate.int_experiments__tool_entries", "source, project, experiment_id"),
        ("intermediate.int_experiments__keys", "key, from_at"),
        ("marts.fct_experiment_findings", "project, experiment_id, finding"),
    ],
)
def test_every_model_keeps_its_grain(tools, model, grain):
    assert tools.rows(f"select {grain} from {model} group by all having count(*) > 1") == []
