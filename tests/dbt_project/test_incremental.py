"""The event spine grows load by load and always equals what a rebuild from raw gives."""

from datetime import datetime, timedelta

import pytest

MODELS = (
    "--select",
    "stg_amplitude__event_records",
    "stg_amplitude__events",
    "stg_mixpanel__event_records",
)
START = datetime(2025, 3, 1)


def event(uuid, day=0.0, insert=None, received=None, user="u", **more):
    """One raw event; `day` is the upload day, `insert` the second key."""
    uploaded = START + timedelta(days=day)
    return {
        "uuid": uuid, "event_type": "view", "event_time": START, "user_id": user, "device_id": "d",
        "server_upload_time": uploaded if received is None else START + timedelta(days=received),
        "_second": insert and f"app|d|{insert}", "_second_at": uploaded, **more,
    }  # fmt: skip


# Copies, conflicts that the later upload or the greater hash decides, chains of retries whose middle comes last.
LOADS = {
    1: [event("a"), event("b"), event("chain-1", 0, "i1"), event("chain-3", 12, "i1"), event("b")],
    2: [
        event("b"),
        event("c", user="old"),
        event("tie", _hash="1", user="small"),
        event("alone", 0, "i2"),
    ],
    3: [
        event("c", received=3, user="new"),
        event("tie", _hash="2", user="great"),
        event("chain-2", 6, "i1"),
    ],
    4: [event("c", received=1, user="between"), event("late", 8, "i2"), event("chain-4", 20, "i1")],
}
EXPECTED = [
    ("a", "u"), ("alone", "u"), ("b", "u"), ("c", "new"), ("chain-1", "u"), ("chain-4", "u"), ("late", "u"),
    ("tie", "great"),
]  # fmt: skip


# Each order of the loads, told in a project of its own.
ORDERS = {"in_order": (1, 2, 3, 4), "backwards": (4, 3, 2, 1)}


def number_of(project, load):
    return list(ORDERS).index(project) * 10 + load


def of_project(project, row):
    """The second key is scoped by project, like the first."""
    second = row["_second"] and f"{project}|{row['_second']}"
    return {**row, "_second": second}


def spine(warehouse, project):
    return warehouse.rows(
        "select split_part(event_id, '|', 3), user_id from staging.stg_amplitude__events"
        f" where project = '{project}' order by all"
    )


def everything(warehouse):
    return warehouse.rows("select * from staging.stg_amplitude__event_records order by event_id")


@pytest.fixture(scope="module")
def grown(tmp_path_factory, story):
    """A spine that met the loads one by one, in both orders."""
    warehouse = type(story)(tmp_path_factory.mktemp("grown"))
    for step in range(len(LOADS)):
        for project, order in ORDERS.items():
            rows = [of_project(project, row) for row in LOADS[order[step]]]
            number = number_of(project, order[step])
            warehouse.load("amplitude", "events", rows, project, load_id=number)
        warehouse.build(*MODELS)
    return warehouse


def test_loads_in_any_order_give_the_same_events_as_a_full_refresh(grown):
    for project in ORDERS:
        assert spine(grown, project) == EXPECTED, project
    before = everything(grown)
    grown.build(*MODELS, "--full-refresh")
    assert everything(grown) == before
    # a replaced file: its rows go, and the rivals that it had beaten come back
    for project in ORDERS:
        grown.supersede(number_of(project, 3))
    grown.build(*MODELS)
    after = everything(grown)
    for project in ORDERS:
        found = spine(grown, project)
        assert {("c", "between"), ("tie", "small"), ("chain-3", "u")} <= {*found}, project
    grown.build(*MODELS, "--full-refresh")
    assert everything(grown) == after


def test_the_spine_counts_what_ingestion_counts(story):
    staged = story.rows("select count(*) from staging.stg_amplitude__events")
    assert staged == story.rows("select count(*) from marts.fct_events where source = 'amplitude'")
