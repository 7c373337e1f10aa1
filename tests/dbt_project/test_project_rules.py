"""Rules of the house that the manifest can prove: layers, names, owners, grains, contracts, no clock."""

import re

import pytest

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
