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


def spine(warehouse):
    return warehouse.rows(
        "select split_part(event_id, '|', 3), user_id from staging.stg_amplitude__events order by all"
    )


def everything(warehouse):
    return warehouse.rows("select * from staging.stg_amplitude__event_records order by event_id")


@pytest.fixture(scope="module", params=[(1, 2, 3, 4), (4, 3, 2, 1)], ids=["in order", "backwards"])
def grown(request, tmp_path_factory, story):
    """A spine that met the loads one by one, in this order."""
    warehouse = type(story)(tmp_path_factory.mktemp("grown"))
    for number in request.param:
        warehouse.load("amplitude", "events", LOADS[number], load_id=number)
        warehouse.build(*MODELS)
    return warehouse


def test_loads_in_any_order_give_the_same_events_as_a_full_refresh(grown):
    assert spine(grown) == EXPECTED
    before = everything(grown)
    grown.build(*MODELS, "--full-refresh")
    assert everything(grown) == before
    # a replaced file: its rows go, and the rivals that it had beaten come back
    grown.supersede(3)
    grown.build(*MODELS)
    after = everything(grown)
    assert ("c", "between") in spine(grown) and ("tie", "small") in spine(grown)
    assert ("chain-3", "u") in spine(grown)
    grown.build(*MODELS, "--full-refresh")
    assert everything(grown) == after


def test_the_spine_counts_what_ingestion_counts(story):
    staged = story.rows("select count(*) from staging.stg_amplitude__events")
    assert staged == story.rows("select count(*) from marts.fct_events where source = 'amplitude'")
