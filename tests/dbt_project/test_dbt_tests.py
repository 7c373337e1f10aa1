"""The project's own tests: they hold on the told story, and each kind can fail."""

import pytest


def test_data_and_unit_tests_hold_on_the_story(story):
    assert story.dbt("test")


@pytest.fixture(scope="module")
def broken(story, tmp_path_factory):
    """Declarations that no compiler would let through."""
    warehouse = type(story)(tmp_path_factory.mktemp("broken"))
    settings = {"company": "Acme", "timezone": "UTC", "week_start": 9}
    warehouse.declare("settings", [settings, settings])
    warehouse.declare("plan_events", [{"event_name": "view"}, {"event_name": "view"}])
    warehouse.build("--select", "stg_company__settings", "stg_company__plan_events", "dim_settings")
    return warehouse


@pytest.mark.parametrize(
    "name",
    [
        "unique_grain_stg_company__plan_events_event_name",
        "one_row_stg_company__settings_",
        "between_dim_settings_1__7__week_start",
    ],
)
def test_a_broken_rule_fails_its_test(broken, name):
    assert not broken.dbt("test", "--select", name)


def test_an_untouched_rule_passes_beside_it(broken):
    assert broken.dbt("test", "--select", "between_dim_settings_1__minimum_group_size")
