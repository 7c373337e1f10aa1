"""Rules of the house that the manifest can prove: layers, names, owners, grains, contracts, no clock."""

import re

import pytest

from orchestration.selection import LOADS, fed_by

ALLOWED_PARENTS = {
    "staging": {"source", "staging"},
    "intermediate": {"staging", "intermediate", "marts"},
    "marts": {"staging", "intermediate", "marts"},
    "kpis": {"marts", "kpis"},
}
NAMES = {
    "staging": r"stg_[a-z]+(_[a-z]+)*__[a-z_]+",
    "intermediate": r"int_[a-z]+__[a-z_]+",
    "marts": r"(fct|dim)_[a-z_]+",
    "kpis": r"kpi_[a-z_]+",
}
# The settings that every mart reads; intermediate models take them from staging.
CLOCK = r"\b(current_date|current_timestamp|now\(\)|get_current_time|today\(\)|localtimestamp)"


@pytest.fixture(scope="module")
def nodes(story):
    return story.manifest()["nodes"]


@pytest.fixture(scope="module")
def models(nodes):
    return [node for node in nodes.values() if node["resource_type"] == "model"]


@pytest.fixture(scope="module")
def data_tests(nodes):
    return [node for node in nodes.values() if node["resource_type"] == "test"]


def layer(unique_id, nodes):
    return "source" if unique_id.startswith("source.") else nodes[unique_id]["fqn"][1]


def test_models_only_look_upstream(models, nodes):
    wrong = [
        f"{child['name']} -> {parent}"
        for child in models
        for parent in child["depends_on"]["nodes"]
        if layer(parent, nodes) not in ALLOWED_PARENTS[child["fqn"][1]]
    ]
    assert not wrong, "edges that skip or reverse a layer:\n" + "\n".join(wrong)


def test_names_say_the_layer(models):
    wrong = [m["name"] for m in models if not re.fullmatch(NAMES[m["fqn"][1]], m["name"])]
    assert not wrong


def test_layers_are_schemas(models):
    assert {(m["fqn"][1], m["schema"]) for m in models} == {(name, name) for name in NAMES}


def test_every_model_has_an_owner_and_says_what_it_means(models):
    wrong = [
        m["name"]
        for m in models
        if not m["config"]["meta"].get("owner") or len(m["description"]) < 15
    ]
    assert not wrong


def test_every_model_is_held_to_its_grain(models, data_tests):
    held = {
        test["attached_node"]
        for test in data_tests
        if test["test_metadata"]["name"] in ("unique_grain", "one_row")
    }
    assert {m["unique_id"] for m in models} == held


def test_the_first_line_of_a_model_is_its_grain(models):
    wrong = [m["name"] for m in models if not m["raw_code"].startswith("-- grain: ")]
    assert not wrong


def test_marts_and_kpis_are_contracts_with_classified_columns(models):
    published = [m for m in models if m["fqn"][1] in ("marts", "kpis")]
    assert published
    for model in published:
        assert model["contract"]["enforced"], model["name"]
        assert model["config"]["meta"]["published"], model["name"]
        for column in model["columns"].values():
            assert column["description"], f"{model['name']}.{column['name']} has no description"
            meta = column["config"]["meta"]
            assert meta["class"] in ("none", "pseudonym", "personal", "sensitive", "free_text")


def test_only_staging_reads_sources_and_nothing_reads_the_clock(models):
    wrong = [m["name"] for m in models if re.search(CLOCK, m["raw_code"], re.IGNORECASE)]
    assert not wrong


def test_kpis_have_the_same_columns(models):
    columns = {tuple(m["columns"]) for m in models if m["fqn"][1] == "kpis"}
    assert len(columns) == 1


def test_the_two_selections_of_a_build_are_all_models_once(models):
    staging = [m for m in models if m["fqn"][1] == "staging"]
    rest = [m for m in models if m["fqn"][1] in ("intermediate", "marts", "kpis")]
    assert len(staging) + len(rest) == len(models)
    assert all(m["original_file_path"].startswith("models/staging/") for m in staging)


# Macros of macros/live_rows.sql, with the source and the table (events, unless named) whose live loads they read.
LIVE = r"(?:live_loads|live_rows|live_event_ctes|forget_replaced_rows|remember_loads)\('(\w+)'(?:,\s*'(\w+)')?"


def test_a_model_reads_only_the_loads_of_tables_that_it_reads(models):
    """A run builds what the tables with news feed (orchestration/selection.py); a load read aside would be overlooked."""
    assert [m["name"] for m in models if "'_ingestion'" in m["raw_code"]] == [
        "stg_ingestion__loads"
    ]
    found = 0
    for model in models:
        reads = {tuple(i.split(".")[-2:]) for i in model["depends_on"]["nodes"] if "source." in i}
        named = {(name, table or "events") for name, table in re.findall(LIVE, model["raw_code"])}
        found += len(named)
        assert named <= reads, model["name"]
    assert found > 60


def test_news_of_the_question_log_do_not_reach_the_events(story, models):
    fed = fed_by(story.manifest(), {("question_log", "entries"), LOADS})
    names = {m["name"] for m in models if m["unique_id"] in fed}
    assert {"stg_question_log__entries", "fct_question_episodes", "fct_loads"} <= names
    assert not {"fct_events", "dim_persons"} & names and len(names) < len(models) / 6
